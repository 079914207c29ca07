/* SPDX-License-Identifier: BSD-3-Clause */
/* A process of chaos: its threads make all calls at random, and sometimes fork, exec, close all
 * descriptors, or exit. Every result must be one that headway.h documents for the situation. */
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
	char **again; /* arguments for exec */
	struct headway_arena *arena;
	struct hand common;
	pthread_rwlock_t use; /* read lock: calls on common; write lock: its release */
	pthread_rwlock_t add; /* read lock: adds to common; write lock: close of arena */
};

/* Opens the arena; make: creates it if there is none. NULL on failure, which is reported unless the
 * failure is expected. */
struct headway_arena *worker_open(const char *path, bool make);

/* Runs the threads until the parent sets stop. */
void worker_run(struct worker *w);

#endif
