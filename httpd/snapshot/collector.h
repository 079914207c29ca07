/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The collector: one thread that walks the arena while somebody waits for news, serializes what
 * changed, and publishes the result as an immutable generation.  Without anybody waiting it sleeps.
 */
#ifndef HTTPD_COLLECTOR_H
#define HTTPD_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/list_snapshot.h"

int collector_start(void); /* 0 or a negative errno */
void collector_stop(void); /* after park_stop(), once nobody is served any more */

/*
 * The newest generation, when it shows the arena as it was at since_ns (monotonic) or later; with a
 * reference, to be dropped by generation_put().  NULL: not yet; park until it is.
 */
struct generation *collector_latest(int64_t since_ns);

/* The newest there is, for a look inside a read-side section of the caller's; may be NULL. */
struct generation *collector_peek(void);

/* Somebody parked until the arena was looked at since then: do not wait for the next period. */
void collector_want(int64_t since_ns);

struct collector_stats {
	uint64_t walks;       /* so far */
	uint64_t turns;       /* of its loop: it is alive when they rise after a wake-up */
	int64_t last_walk_ns; /* how long the last walk took */
	int64_t total_walk_ns;
	uint64_t serialized; /* records whose JSON was written */
};

void collector_stats(struct collector_stats *);

/* Of this run of the program: numbers of changes mean nothing in another one. */
extern uint64_t collector_epoch;

#endif
