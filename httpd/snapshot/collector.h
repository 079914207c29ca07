/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The collector: one thread that walks the arena while there are waiters, serializes the changed
 * records, and publishes an immutable list snapshot. Without waiters it sleeps.
 */
#ifndef HTTPD_COLLECTOR_H
#define HTTPD_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/list_snapshot.h"

int collector_start(void); /* 0 or a negative errno */
void collector_stop(void); /* after waiters_stop(), when the server threads have ended */

/*
 * The newest snapshot, when its walk began at since_ns (monotonic) or later; with a
 * reference, to be dropped by list_snapshot_put().  NULL: not yet; suspend the connection until
 * it is.
 */
struct list_snapshot *collector_latest(int64_t since_ns);

/* The newest snapshot, without a reference, inside a read-side section of the caller's; may be
 * NULL. */
struct list_snapshot *collector_current(void);

/* A waiter needs a walk that began at since_ns or later: do not wait for the next period. */
void collector_request(int64_t since_ns);

struct collector_stats {
	uint64_t walks;       /* so far */
	uint64_t loops;       /* rises after each wake-up while the thread works */
	int64_t last_walk_ns; /* how long the last walk took */
	int64_t total_walk_ns;
	uint64_t serialized; /* records whose JSON was written */
};

void collector_stats(struct collector_stats *);

/* A random number for this run of the program: change numbers are valid with it only. */
extern uint64_t collector_epoch;

#endif
