/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A simulated memory that is as weak as the orders of lib/shm_atomic.h allow, and threads that use
 * it.
 *
 * Every word has the history of its stores. A thread has a view: for each word the oldest store
 * that it may still see. A load returns a random store that is not older, so loads may be stale,
 * and two stores may be seen in either order. Only ordered operations change views: a store after a
 * store fence, or a release store, carries the view of its thread; a thread that loads it gets that
 * view at its next load fence, or at once with an acquire load. A full operation does both, sees
 * the newest store, and joins its view with one that all full operations share. These are the views
 * of Kang, Hur, Lahav, Vafeiadis and Dreyer ("A promising semantics for relaxed-memory
 * concurrency", 2017) without promises: a load is never later than a store behind it in program
 * order.
 *
 * Threads are contexts of one system thread; one of them runs, and the next may be chosen at any
 * access. So a seed reproduces a run, as with Relacy. The library's thread-local state is switched
 * with the thread; a thread that finds a mutex locked yields to another.
 *
 * Outside of weak_run() all accesses are ordinary.
 */
#ifndef TESTS_MEMORY_H
#define TESTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEAK_THREADS = 4 };

/* Sets the address of the arena; accesses to other memory are ordinary. */
void weak_arena(const void *at, size_t bytes);

/* Seeds the random numbers of a run, and those drawn before it. */
void weak_seed(uint64_t seed);
uint64_t weak_random(void);
bool weak_happens(unsigned of_65536);

/* Adds a thread to the next run, at most WEAK_THREADS. */
void weak_thread(void (*run)(void *argument), void *argument);

/* Runs the threads to their ends and removes them. */
void weak_run(uint64_t seed);

/* Counts over all runs: accesses, and loads that returned an older store than the newest. */
void weak_counts(uint64_t *accesses, uint64_t *looked_back);

#endif
