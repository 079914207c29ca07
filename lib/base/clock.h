/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which clock for what:
 *
 *   wall        what is shown: stored when it happens, never computed again, so that a step of the clock
 *               moves nothing that is past
 *   boot        what is judged: age, and which is the oldest.  Counts suspended time; steps do not move it.
 *               A time namespace may shift it: see hw__clock_is_shared()
 *   monotonic   what this process waits for or remembers
 */
#ifndef HW_CLOCK_H
#define HW_CLOCK_H

#include "base/private.h"

#include <stdint.h>
#include <time.h>

static inline uint64_t hw__clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The coarse clocks: a few ns to read, one to four ms behind. */
static inline uint64_t hw__now_coarse_ns(void)
{
	return hw__clock_ns(CLOCK_MONOTONIC_COARSE);
}

static inline uint64_t hw__wall_coarse_ns(void)
{
	return hw__clock_ns(CLOCK_REALTIME_COARSE);
}

static inline uint64_t hw__now_ns(void)
{
	return hw__clock_ns(CLOCK_MONOTONIC);
}

static inline uint64_t hw__boot_ns(void)
{
	return hw__clock_ns(CLOCK_BOOTTIME);
}

/* Boot clock minus monotonic clock: how long the machine was suspended. */
static inline uint64_t hw__suspended_ns(void)
{
	uint64_t monotonic = hw__now_ns();

	return hw__boot_ns() - monotonic;
}

#endif
