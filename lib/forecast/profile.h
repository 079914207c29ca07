/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The profile of earlier runs, and the forecast of the time left from it.
 *
 * A profile has the share of the work that was done after each 32nd of the duration. It is an entry of a
 * record from its start on, and never changes, so every reader computes the same forecast from a snapshot
 * alone.
 */
#ifndef HW_PROFILE_H
#define HW_PROFILE_H

#include "base/private.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HW__PROFILE_POINTS = 32, HW__PROFILE_WHOLE = 65535, HW__PROFILE_RUNS = 8 };

/* One earlier run. */
struct hw__run {
	int64_t ended_ns; /* wall clock */
	uint64_t duration_ns;
	uint64_t total; /* the final value of done; 0: nothing was counted */
	/* share done after (i + 1)/32 of the duration, of HW__PROFILE_WHOLE; never falls */
	uint16_t points[HW__PROFILE_POINTS];
};

/* Several runs merged; stored in arenas. */
struct hw__profile {
	uint64_t duration_ns; /* the median */
	uint64_t total;       /* of the latest run */
	uint32_t spread;      /* of the durations around the median, in millionths of it */
	uint32_t runs;
	uint16_t points[HW__PROFILE_POINTS];
};

_Static_assert(sizeof(struct hw__run) == 88, "a run in a file");
_Static_assert(sizeof(struct hw__profile) == 88, "a profile in an arena");

/* In seconds: what is left, and the band in which it is expected. */
struct hw__forecast {
	double left, low, high;
};

bool hw__run_is_valid(const struct hw__run *run);

/* Merges runs, the latest first: those whose totals are within a factor of two of total, or all if there are
 * none such or total is 0. False: count is 0. */
bool hw__profile_make(const struct hw__run *runs, size_t count, uint64_t total,
		      struct hw__profile *profile);

/* value: a struct hw__profile from an arena, unaligned and not checked. False: no forecast. */
bool hw__forecast(const void *value, uint64_t done, uint64_t total, double elapsed,
		  struct hw__forecast *forecast);

#endif
