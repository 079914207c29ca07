/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The world a fuzzed arena lives in: a clock and random bytes that are the same in every run, shared
 * mappings with a page behind and before them that nobody may touch, and steps that are counted.
 */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include <stdint.h>

enum { WORLD_STEPS_MAX = 4000000 }; /* of one call */

/* Start of one execution: time, random bytes and steps as ever. */
void world_reset(void);

/* Time goes on. */
void world_advance(uint64_t seconds);

/* Steps of the call that begins now; too many are a failure. */
void world_call(const char *name);

/* Called after every step; NULL: nothing happens. */
extern void (*world_after_step)(void);

/* Says what was wrong and dies, for libFuzzer to keep the input. */
__attribute__((noreturn, format(printf, 1, 2))) void world_fail(const char *format, ...);

#endif
