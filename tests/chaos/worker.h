/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process of chaos: threads that make any call at random, and now and then fork, exec, close all
 * descriptors, or end.  Every result must be one that the header allows there.
 */
#ifndef TESTS_WORKER_H
#define TESTS_WORKER_H

#include "events.h"

#include <pthread.h>

struct hand {
	struct headway_record *record;
	struct headway_id id;
	uint64_t token;
	bool setter;
};

struct worker {
	const char *path;
	struct board *board;
	uint64_t seed;
	unsigned threads;
	char **again; /* arguments to exec with */
	struct headway_arena *arena;
	struct hand common;
	pthread_rwlock_t use; /* read: calls on common; write: its release */
	pthread_rwlock_t add; /* read: adds to common; write: close of arena */
};

/* NULL: it could not be opened, which is told when it is a fault.  make: when there is none, make it. */
struct headway_arena *worker_open(const char *path, bool make);

/* Runs threads until the board says stop. */
void worker_run(struct worker *w);

#endif
