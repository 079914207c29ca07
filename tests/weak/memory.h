/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A memory that is as weak as the orders of lib/shm_atomic.h allow, and the threads that use it.
 *
 * Every word has the history of what was stored in it.  A thread has a view: for each word the oldest
 * store that it may still see.  A load takes any store that is not older, by chance; so a load may see what
 * is stale, and two stores may be seen in either order.  Only the orders move views: a store that comes
 * after a store fence, or that releases, carries the view of who stored it; who loads it gets that view at
 * his next load fence, or at once when he acquires.  A full operation does both, sees the newest store,
 * and passes through one view that all full operations share.  These are the views of Kang, Hur, Lahav,
 * Vafeiadis and Dreyer ("A promising semantics for relaxed-memory concurrency", 2017) without promises:
 * a load is never later than a store behind it.
 *
 * Threads are contexts of one thread of the system, one of them runs, and at any access another may be next.
 * So a run is repeated by its seed, as with Relacy.  What the library keeps for a thread is exchanged with
 * it; a mutex that is held makes another thread go on.
 *
 * Outside of weak_run() an access is what it is.
 */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEAK_THREADS = 4 };

/* Where the arena is mapped: words of other memory are what they are. */
void weak_arena(const void *at, size_t bytes);

/* Random numbers of a run; those before a run are drawn from the same seed. */
void weak_seed(uint64_t seed);
uint64_t weak_random(void);
bool weak_happens(unsigned of_65536);

/* One more thread for the next run, at most WEAK_THREADS. */
void weak_thread(void (*run)(void *argument), void *argument);

/* Runs the threads to their ends; afterwards there is none. */
void weak_run(uint64_t seed);

/* Of all runs so far: accesses, and loads that took an older store than the newest. */
void weak_counts(uint64_t *accesses, uint64_t *looked_back);

#endif
