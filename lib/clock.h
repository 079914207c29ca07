/* SPDX-License-Identifier: BSD-3-Clause */
/* The clocks: CLOCK_MONOTONIC nanoseconds inside the arena, wall clock at its edge. */
#ifndef HW_CLOCK_H
#define HW_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t hw__clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A few ns to read, one to four ms behind. */
static inline uint64_t hw__now_coarse_ns(void)
{
	return hw__clock_ns(CLOCK_MONOTONIC_COARSE);
}

static inline uint64_t hw__now_ns(void)
{
	return hw__clock_ns(CLOCK_MONOTONIC);
}

/* Wall clock minus monotonic clock.  Both coarse clocks are set at the same tick, so that two equal
 * readings around the other give the same difference every time. */
static inline int64_t hw__wall_offset_ns(void)
{
	uint64_t before, wall, after;
	int tries = 0;

	do {
		before = hw__clock_ns(CLOCK_MONOTONIC_COARSE);
		wall = hw__clock_ns(CLOCK_REALTIME_COARSE);
		after = hw__clock_ns(CLOCK_MONOTONIC_COARSE);
	} while (before != after && ++tries < 8);
	return (int64_t)(wall - before);
}

#endif
