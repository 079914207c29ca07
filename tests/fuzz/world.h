/* SPDX-License-Identifier: BSD-3-Clause */
/* The environment of a fuzzed arena: a clock and random bytes that are the same in every run,
 * shared mappings between inaccessible pages, and a count of steps. */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <stdint.h>

enum { WORLD_STEPS_MAX = 4000000 }; /* limit of one call */

/* Resets time, random bytes and steps, at the start of an execution. */
void world_reset(void);

/* Advances all clocks. */
void world_advance(uint64_t seconds);

/* Starts counting the steps of a call; too many are a failure. */
void world_call(const char *name);

/* called after every step; NULL: nothing is called */
extern void (*world_after_step)(void);

/* Prints the fault and aborts, so that libFuzzer keeps the input. */
__attribute__((noreturn, format(printf, 1, 2))) void world_fail(const char *format, ...);

#endif
