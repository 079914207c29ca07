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

/* The newest snapshot if its walk began at since_ns (monotonic) or later; with a reference, which
 * the caller drops with list_snapshot_put(). NULL: suspend the connection until there is one. */
struct list_snapshot *collector_latest(int64_t since_ns);

/* The newest snapshot without a reference, to be called inside a section of the caller; may be
 * NULL. */
struct list_snapshot *collector_current(void);

/* Requests a walk that begins at since_ns or later without waiting for the next period. */
void collector_request(int64_t since_ns);

struct collector_stats {
	uint64_t walks;       /* so far */
	uint64_t loops;       /* counts the wake-ups of the thread */
	int64_t last_walk_ns; /* how long the last walk took */
	int64_t total_walk_ns;
	uint64_t serialized; /* records serialized */
};

void collector_stats(struct collector_stats *);

/* A random number for this run of the program: change numbers are valid only together with it. */
extern uint64_t collector_epoch;

#endif
