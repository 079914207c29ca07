/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The relay's state.  Only the main thread uses it; the thread that answers /metrics reads the counts
 * too.
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
	uint64_t skipped;   /* states that were superseded before they were written */
	uint64_t conflicts; /* writes refused because the key had another sequence number */
	uint64_t refused;   /* writes refused for other reasons */
	uint64_t timeouts;  /* writes that were not answered */
	uint64_t too_large; /* states larger than the servers accept */
	uint64_t walks;
	uint64_t records, pending, in_flight;
	int64_t behind_ns;    /* how long the oldest pending state has waited */
	int64_t last_walk_ns; /* how long the last walk took */
	int64_t total_walk_ns;
	uint64_t up;    /* connected, the bucket is there and the name is ours */
	uint64_t ready; /* the bucket has been equal to the arena once */
};

extern struct relay_counts relay_counts;

#define COUNT(field)       CMM_STORE_SHARED(relay_counts.field, relay_counts.field + 1)
#define SHOW(field, value) CMM_STORE_SHARED(relay_counts.field, value)

struct relay {
	struct link link;
	struct bucket_state bucket;
	struct table table;
	char run[17];      /* random, for each start: tells its heartbeats from another relay's */
	uint64_t connects; /* number of the connection that the writes under way were sent on */
	bool must_start_over; /* the bucket was lost or not found: connect, list the keys, write all */
	bool is_refused;      /* another relay has the name */
};

#endif
