/* SPDX-License-Identifier: BSD-3-Clause */
/* The bucket: a stream of JetStream that keeps the last value of each key until it expires. */
#ifndef FLEET_BUCKET_H
#define FLEET_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/link.h"
#include "shared/wire.h"

struct bucket_state {
	int64_t age_ns;       /* a value not written again for so long expires; 0: never */
	int64_t created_ns;   /* differs when the stream was deleted and made again */
	uint64_t keys;        /* keys with a value or a delete marker */
	uint64_t first, last; /* sequence numbers of the oldest and of the newest value */
};

enum bucket_answer { BUCKET_IS, BUCKET_IS_NOT, BUCKET_FAILED };

/* BUCKET_FAILED: fault says why. */
enum bucket_answer bucket_look(struct link *, const char *bucket, struct bucket_state *,
			       char *fault, size_t size);

/* Make the bucket when there is none; age_ns and replicas are for that case. */
bool bucket_make(struct link *, const char *bucket, int64_t age_ns, uint32_t replicas,
		 struct bucket_state *, char *fault, size_t size);

/* Call fn for each record's key of a host, also for keys that have only a delete marker. */
bool bucket_each_key(struct link *, const char *bucket, const char *host,
		     void (*fn)(const struct headway_id *, void *), void *argument, char *fault,
		     size_t size);

/* Read the host's heartbeat and its sequence number.  BUCKET_IS_NOT: it has none; *sequence is that of what
 * the key has instead, or 0. */
enum bucket_answer bucket_heartbeat(struct link *, const char *bucket, const char *host,
				    struct heartbeat *, uint64_t *sequence, char *fault,
				    size_t size);

#endif
