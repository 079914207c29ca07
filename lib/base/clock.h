/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The clocks and their uses:
 *
 *   wall        times that are shown. They are stored when the event happens and never recomputed, so a
 *               step of the clock does not change the past
 *   boot        age and order. It includes suspension, and steps do not affect it. A time namespace may shift
 *               it: see hw__clock_is_shared()
 *   monotonic   waits and caches of this process
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

/* The coarse clocks take a few ns to read and lag one to four ms. */
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

/* Boot clock minus monotonic clock: the total time of suspension, in ns. */
static inline uint64_t hw__suspended_ns(void)
{
	uint64_t monotonic = hw__now_ns();

	return hw__boot_ns() - monotonic;
}

#endif
