/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Benchmarks: times operations that do the same work, in turns, in one set of processes.
 *
 * A COMPARISON has SIDES: Headway, and its peers or the floor. In each ROUND every side has one
 * TURN, in order; a turn consists of SLICES of fixed length. A slice during which a worker was
 * preempted is left out, and a turn lasts until there are enough undisturbed slices. The figure of
 * a turn is the median of its slices, that of a side the median of its turns. Ratios are taken
 * within a round, so that a slow phase of the machine affects both sides.
 *
 * Workers are processes, each pinned to one processor; worker 0 is the calling process.
 *
 * Environment: BENCH_ROUNDS (25), BENCH_SLICES (24), BENCH_SLICE_US (1000), BENCH_REPEATS (8: how
 * often a turn is repeated at most), BENCH_SMOKE (1: only check that everything works), BENCH_DIR
 * (folder for files, instead of a temporary one under /dev/shm).
 */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BENCH_WORKERS = 2, BENCH_SIDES = 12, BENCH_ROUNDS_MAX = 64, BENCH_SLICES_MAX = 256 };

/* Work of one worker in one slice. */
struct bench_slice {
	uint64_t ops, ns;
	bool disturbed; /* the worker was preempted: the slice does not count */
};

/* What the figure of a side measures. */
enum bench_measure {
	BENCH_OWN,  /* ns per operation of worker 0 */
	BENCH_TOTAL /* ns per operation of all workers together: the inverse of their joint rate */
};

struct bench_side {
	const char *name;
	unsigned workers; /* processes that take part; 0 means 1 */
	enum bench_measure measure;
	uint64_t batch; /* operations between two clock readings; 0: determined by the harness */
	void *argument;

	/* Called in each worker process before the first turn; returns the context for run(). NULL:
	 * argument is the context. */
	void *(*join)(void *argument, unsigned worker);
	/* Does the operation count times. */
	void (*run)(void *context, uint64_t count);
	/* Instead of run(), for sides that measure themselves. */
	void (*slice)(void *context, uint64_t ns, struct bench_slice *slice);
	/* Called by worker 0 after each turn to verify the work. ops[w] is the number of operations
	 * of worker w since join(). Calls bench_fail() if something is wrong. */
	void (*check)(void *context, const uint64_t ops[BENCH_WORKERS]);
};

/* Figures of a side, one for each round. */
struct bench_result {
	unsigned rounds;
	unsigned disturbed; /* rounds without enough undisturbed slices */
	double ns[BENCH_ROUNDS_MAX];
};

struct bench_figure {
	double median, low, high;
};

/* Runs a comparison; results[i] belongs to sides[i]. Returns false, after a message, when there are
 * too few processors. */
bool bench_compare(const char *title, const struct bench_side *sides, unsigned count,
		   struct bench_result *results);

/* Median, lowest and highest over the rounds: of one, and of a's to b's. */
struct bench_figure bench_figure(const struct bench_result *result);
struct bench_figure bench_figure_ratio(const struct bench_result *a, const struct bench_result *b);
struct bench_figure bench_figure_of(const double *values, unsigned count);
struct bench_figure bench_figure_scaled(struct bench_figure figure, double factor);

bool bench_is_smoke(void);
unsigned bench_rounds(void);

/* A number from the environment, 1 to most; else what is usual, or enough for a smoke run. */
uint64_t bench_setting(const char *name, uint64_t usual, uint64_t smoke, uint64_t most);

uint64_t bench_now_ns(void);
void bench_pin(unsigned worker);
void bench_unpin(void);
unsigned bench_processors(void);

/* True if this thread was preempted since the last call. */
bool bench_was_preempted(void);

/* A folder for files in /dev/shm, removed at exit. */
const char *bench_dir(void);

/* Prints the message, ends all workers and exits with 1. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Fails unless error, the result of a Headway call, is 0 or more. Returns it. */
int bench_must(int error, const char *what);

/* Compiler barrier: the value is used, and memory may have changed. */
static inline void bench_keep(const void *pointer)
{
	__asm__ volatile("" : : "r"(pointer) : "memory");
}

/* The C library's memcpy.  For a size that it knows gcc puts string instructions in its place, which take
 * several times as long as a floor that is worth the name. */
static inline void bench_copy(void *to, const void *from, size_t bytes)
{
	__asm__("" : "+r"(bytes));
	memcpy(to, from, bytes);
}

#endif
