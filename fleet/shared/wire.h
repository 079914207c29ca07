/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys and values of the bucket.
 *
 *	HOST.ID    the record's full view and status view, a line each, as the library writes them
 *	HOST       the heartbeat: {"host":…,"arena":…,"boot_id":…,"time":…,"period_seconds":…,"records":…,
 *	           "run":…,"pid":…,"pid_namespace":…,"stopped":…,"version":…}
 *
 * HOST may have dots; ID is a UUID, and no host's name ends in one.
 */
#ifndef FLEET_WIRE_H
#define FLEET_WIRE_H

#include <headway.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define WIRE_HOST_BYTES    256 /* with its NUL */
#define WIRE_BUCKET_BYTES  64
#define WIRE_SUBJECT_BYTES (sizeof("$KV..") + WIRE_BUCKET_BYTES + WIRE_HOST_BYTES + HEADWAY_ID_TEXT)

/* NULL: the name is valid; else what is wrong with it. */
const char *wire_host_fault(const char *host);
const char *wire_bucket_fault(const char *bucket);

/* "$KV.BUCKET.HOST.ID"; id NULL: "$KV.BUCKET.HOST", of the heartbeat. */
void wire_subject(char subject[WIRE_SUBJECT_BYTES], const char *bucket, const char *host,
		  const struct headway_id *id);

/* Parse a subject: its host, and the id when it is a record's.  false: it is not valid. */
bool wire_key(const char *subject, const char *bucket, char host[WIRE_HOST_BYTES],
	      struct headway_id *id, bool *is_record);

/* Append both views of a record; without memory the text is marked as failed. */
void wire_record(struct text *text, const struct headway_snapshot *);

struct heartbeat {
	char host[WIRE_HOST_BYTES];
	char arena[HEADWAY_ID_TEXT]; /* "": there is none */
	char boot_id[HEADWAY_ID_TEXT];
	int64_t time_ns, period_ns;
	uint64_t records;
	char run[17]; /* random, for each start of a relay */
	uint64_t pid, pid_namespace;
	bool stopped; /* the relay ended in order */
};

void wire_heartbeat(struct text *text, const struct heartbeat *);
bool wire_heartbeat_parse(const char *data, size_t length, struct heartbeat *);

#endif
