/* SPDX-License-Identifier: BSD-3-Clause */
/* The bucket: a stream of JetStream that keeps the last value of each key for a time. */
#ifndef FLEET_BUCKET_H
#define FLEET_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/link.h"
#include "shared/wire.h"

struct bucket_state {
	int64_t age_ns;       /* after which a value goes that was not written again; 0: never */
	int64_t created_ns;   /* another stream of the same name has another time */
	uint64_t keys;        /* values and marks of deletion */
	uint64_t first, last; /* numbers of the oldest and of the newest value */
};

enum bucket_answer { BUCKET_IS, BUCKET_IS_NOT, BUCKET_FAILED };

/* BUCKET_FAILED: fault says why. */
enum bucket_answer bucket_look(struct link *, const char *bucket, struct bucket_state *,
			       char *fault, size_t size);

/* Make it when there is none.  age_ns, replicas: of a new one. */
bool bucket_make(struct link *, const char *bucket, int64_t age_ns, uint32_t replicas,
		 struct bucket_state *, char *fault, size_t size);

/* Call fn for each record's key of a host, those that were deleted a while ago included. */
bool bucket_each_key(struct link *, const char *bucket, const char *host,
		     void (*fn)(const struct headway_id *, void *), void *argument, char *fault,
		     size_t size);

/* The host's heartbeat and its number in the stream.  BUCKET_IS_NOT: there is none. */
enum bucket_answer bucket_heartbeat(struct link *, const char *bucket, const char *host,
				    struct heartbeat *, uint64_t *revision, char *fault,
				    size_t size);

#endif
