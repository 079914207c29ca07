/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The relay at work: one thread has all of this.  The counts are read by the one that answers
 * /metrics, too.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/table.h"
#include "shared/bucket.h"
#include "shared/link.h"

struct relay_counts {
	uint64_t published, deleted, refreshed, heartbeats; /* confirmed writes */
	uint64_t skipped;   /* states that a newer one took the place of before they were written */
	uint64_t conflicts; /* writes refused because the key was not as it was known */
	uint64_t refused;   /* writes refused for other reasons */
	uint64_t timeouts;  /* writes that were not answered */
	uint64_t too_large; /* states larger than the servers take */
	uint64_t walks;
	uint64_t records, pending, in_flight;
	int64_t behind_ns;    /* how long the oldest pending state waits */
	int64_t last_walk_ns; /* how long the last walk took */
	int64_t total_walk_ns;
	uint64_t up;    /* connected, the bucket is there and the name is ours */
	uint64_t ready; /* the bucket is as the arena was, once */
};

extern struct relay_counts relay_counts;

#define COUNT(field)       CMM_STORE_SHARED(relay_counts.field, relay_counts.field + 1)
#define SHOW(field, value) CMM_STORE_SHARED(relay_counts.field, value)

struct relay {
	struct link link;
	struct bucket_state bucket;
	struct table table;
	char run[17];         /* of this start */
	uint64_t connects;    /* the connection that the writes under way went through */
	bool must_start_over; /* the bucket is not what was known: look, and write all again */
	bool is_refused;      /* another relay has the name */
};

#endif
