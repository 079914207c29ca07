/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Benchmarks: time things that do the same, in turns, in one set of processes.
 *
 * A COMPARISON has SIDES: Headway, and its peers or the floor.  Each ROUND gives every side one TURN, in
 * order; a turn is a number of SLICES of fixed time.  A slice during which a worker was preempted is left
 * out, a turn lasts until there are enough of the others, its figure is their median, and the side's figure
 * is the median of its turns.
 * Ratios are taken within a round, so that what slows the machine down for a while slows both down.
 *
 * Workers are processes, pinned to one processor each; worker 0 is the caller.
 *
 * Environment: BENCH_ROUNDS (9), BENCH_SLICES (24), BENCH_SLICE_US (1000), BENCH_REPEATS (8: how often a
 * turn is made again at most), BENCH_SMOKE (1: only see that
 * everything works), BENCH_DIR (folder for files, in place of one of its own under /dev/shm).
 */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_WORKERS = 2, BENCH_SIDES = 12, BENCH_ROUNDS_MAX = 64, BENCH_SLICES_MAX = 256 };

/* What one worker did in one slice. */
struct bench_slice {
	uint64_t ops, ns;
	bool disturbed; /* preempted: not what we want to know */
};

/* Which figure a side is about. */
enum bench_measure {
	BENCH_OWN,  /* ns an operation of worker 0, whatever the others do */
	BENCH_TOTAL /* ns an operation of all workers together: one over their rate */
};

struct bench_side {
	const char *name;
	unsigned workers; /* processes that take part; 0 is read as 1 */
	enum bench_measure measure;
	uint64_t batch; /* operations between two looks at the clock; 0: found out */
	void *argument;

	/* In each of its processes, before the first turn: what run gets.  NULL: argument. */
	void *(*join)(void *argument, unsigned worker);
	/* Do it count times. */
	void (*run)(void *context, uint64_t count);
	/* In place of run, for what measures itself. */
	void (*slice)(void *context, uint64_t ns, struct bench_slice *slice);
	/* Worker 0, after each turn: is what was timed right?  ops[w] is what worker w has done since
	 * join.  Ends with bench_fail() when it is not. */
	void (*check)(void *context, const uint64_t ops[BENCH_WORKERS]);
};

/* A side's figure in each round. */
struct bench_result {
	unsigned rounds;
	unsigned disturbed; /* rounds without enough undisturbed slices: the machine was busy */
	double ns[BENCH_ROUNDS_MAX];
};

struct bench_figure {
	double median, low, high;
};

/* Run a comparison; results[i] is of sides[i].  False, with a word, when there are too few processors. */
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

/* Whether this thread was preempted since the last call. */
bool bench_was_preempted(void);

/* A folder in /dev/shm for files; removed at exit. */
const char *bench_dir(void);

/* Print what is wrong and exit with 1; ends the other workers too. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* error from a Headway call: fail unless it is 0 or more. */
int bench_must(int error, const char *what);

/* Keep the compiler from dropping a value, or from assuming what memory holds. */
static inline void bench_keep(const void *pointer)
{
	__asm__ volatile("" : : "r"(pointer) : "memory");
}

#endif
