/* SPDX-License-Identifier: BSD-3-Clause */
/* Forecasts: what earlier runs let expect, and what is not to be expected of damaged ones. */
#include "forecast/trace.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

/* A run of 100 units: slow to begin with, then fast, then a long wait before the last one. */
static uint64_t done_after(double seconds)
{
	if (seconds < 40)
		return (uint64_t)(seconds / 2);
	if (seconds < 60)
		return 20 + (uint64_t)((seconds - 40) * 3.95);
	return seconds < 100 ? 99 : 100;
}

static struct hw__run recorded(double pace)
{
	struct hw__trace *t = hw__trace_make("work", 5 * SECOND);
	struct hw__run run;

	for (double now = 0.25; now < 100; now += 0.25)
		hw__trace_add(t, 5 * SECOND + (uint64_t)(now * pace * 1e9), done_after(now), 100);
	cr_assert(hw__trace_end(t, 5 * SECOND + (uint64_t)(100 * pace * 1e9), 100, 100, &run));
	free(t);
	return run;
}

static struct hw__profile profile_of(const struct hw__run *runs, size_t count)
{
	struct hw__profile p;

	cr_assert(hw__profile_make(runs, count, 100, &p));
	return p;
}

Test(profile, of_the_same_work_foresees_its_end)
{
	struct hw__run run = recorded(1);
	struct hw__profile p = profile_of(&run, 1);
	struct hw__forecast f;

	for (double now = 0.5; now < 99; now += 0.5) {
		cr_assert(hw__forecast(&p, done_after(now), 100, now, &f));
		cr_expect_float_eq(f.left, 100 - now, 3.2, "after %g: %g left", now, f.left);
		cr_expect(f.low <= 100 - now && 100 - now <= f.high);
		cr_expect(0 <= f.low && f.low <= f.left && f.left <= f.high);
	}
}

/* By how much forecasts rise above an earlier one in a run that is slower than the recorded one by a factor. */
static double rise_at(double pace)
{
	struct hw__run run = recorded(1);
	struct hw__profile p = profile_of(&run, 1);
	double least = 1e9, rise = 0;
	struct hw__forecast f;

	for (double now = 0; now < 100 * pace; now += 0.05) {
		cr_assert(hw__forecast(&p, done_after(now / pace), 100, now, &f));
		least = f.left < least ? f.left : least;
		rise = f.left - least > rise ? f.left - least : rise;
	}
	return rise;
}

/* The limits are seconds, in runs of about 100. */
Test(profile, does_not_rise_in_a_run_that_goes_as_the_one_before)
{
	cr_expect_lt(rise_at(1), 0.05, "%g", rise_at(1));
	cr_expect_lt(rise_at(0.95), 1, "%g", rise_at(0.95));
	cr_expect_lt(rise_at(1.15), 0.3, "%g", rise_at(1.15));
}

/* Ten units of 10 s: no unit is late before the next one was due. */
Test(profile, of_few_units_falls_with_every_second)
{
	struct hw__run run = {.duration_ns = 100 * SECOND, .total = 10};
	double before = 1e9;
	struct hw__forecast f;
	struct hw__profile p;

	for (int i = 0; i < HW__PROFILE_POINTS; i++)
		run.points[i] = (uint16_t)((i + 1) * HW__PROFILE_WHOLE / HW__PROFILE_POINTS);
	p = profile_of(&run, 1);
	for (double now = 0; now < 100; now++) {
		cr_assert(hw__forecast(&p, (uint64_t)(now / 10), 10, now, &f));
		cr_expect_float_eq(f.left, 100 - now, 0.1, "after %g: %g", now, f.left);
		cr_expect_lt(f.left, before);
		before = f.left;
	}
}

Test(profile, follows_a_run_that_is_slower_throughout)
{
	struct hw__run run = recorded(1);
	struct hw__profile p = profile_of(&run, 1);
	struct hw__forecast f;

	cr_assert(hw__forecast(&p, done_after(50), 100, 100, &f));
	cr_expect_gt(f.left, 60, "%g", f.left);
	cr_expect_lt(f.left, 105);
}

Test(profile, of_other_work_is_given_up)
{
	struct hw__run run = recorded(0.01);
	struct hw__profile p = profile_of(&run, 1); /* a second in all */
	struct hw__forecast f;

	cr_assert(hw__forecast(&p, 80, 100, 80, &f));
	cr_expect_gt(f.left, 10);
	cr_expect_lt(f.left, 60);
}

/* Work of 80 s under a name whose earlier runs took 240 s, as evenly. */
Test(profile, of_work_of_another_length_is_given_up_early)
{
	struct hw__run run = {.duration_ns = 240 * SECOND, .total = 100};
	struct hw__forecast f;
	struct hw__profile p;

	for (int i = 0; i < HW__PROFILE_POINTS; i++)
		run.points[i] = (uint16_t)((i + 1) * HW__PROFILE_WHOLE / HW__PROFILE_POINTS);
	p = profile_of(&run, 1);
	cr_assert(hw__forecast(&p, 15, 100, 12, &f));
	cr_expect_float_eq(f.left, 68, 15, "%g", f.left);
	cr_assert(hw__forecast(&p, 30, 100, 24, &f));
	cr_expect_float_eq(f.left, 56, 6, "%g", f.left);
}

Test(profile, with_another_total_is_scaled)
{
	struct hw__run run = recorded(1);
	struct hw__profile p = profile_of(&run, 1);
	struct hw__forecast f;

	cr_assert(hw__forecast(&p, 0, 300, 0, &f));
	cr_expect_float_eq(f.left, 300, 1);
}

Test(profile, without_a_count_is_the_time_that_it_took)
{
	struct hw__trace *t = hw__trace_make("work", 0);
	struct hw__profile p;
	struct hw__forecast f;
	struct hw__run run;

	cr_assert(hw__trace_end(t, 60 * SECOND, 0, 0, &run));
	free(t);
	cr_assert_eq(run.total, 0);
	cr_assert(hw__profile_make(&run, 1, 0, &p));
	cr_assert(hw__forecast(&p, 0, 0, 20, &f));
	cr_expect_float_eq(f.left, 40, 1e-6);
	cr_expect_not(hw__forecast(&p, 0, 0, 61, &f), "late: nothing is known any more");
}

Test(profile, lends_its_total_to_a_run_that_knows_none)
{
	struct hw__run run = recorded(1);
	struct hw__profile p = profile_of(&run, 1);
	struct hw__forecast f;

	cr_assert(hw__forecast(&p, 10, 0, 20, &f));
	cr_expect_float_eq(f.left, 80, 4);
	cr_expect_not(hw__forecast(&p, 101, 0, 20, &f), "more than there ever was");
}

Test(profile, of_several_runs_is_their_median_and_their_spread)
{
	struct hw__run runs[] = {recorded(1), recorded(1.2), recorded(0.9)};
	struct hw__profile p = profile_of(runs, 3);

	cr_expect_eq(p.runs, 3);
	cr_expect_float_eq((double)p.duration_ns / 1e9, 100, 1e-6);
	cr_expect_float_eq(p.spread, 200000, 2);
}

Test(profile, prefers_runs_of_about_the_same_size)
{
	struct hw__run runs[] = {recorded(0.1), recorded(1)};
	struct hw__profile p;

	runs[0].total = 5;
	cr_assert(hw__profile_make(runs, 2, 90, &p));
	cr_expect_eq(p.runs, 1);
	cr_expect_float_eq((double)p.duration_ns / 1e9, 100, 1e-6);
	cr_assert(hw__profile_make(runs, 2, 1000000, &p), "if there is none, all of them");
	cr_expect_eq(p.runs, 2);
}

Test(profile, is_not_made_of_a_moment)
{
	struct hw__trace *t = hw__trace_make("work", 0);
	struct hw__run run;

	cr_expect_not(hw__trace_end(t, SECOND / 10, 5, 5, &run));
	free(t);
}

/* An arena may hold anything. */
Test(profile, of_any_bytes_gives_numbers_or_nothing)
{
	unsigned char bytes[sizeof(struct hw__profile) + 1];
	const uint64_t counts[] = {0, 1, 50, 100, UINT64_MAX};
	unsigned state = 12345;

	for (int k = 0; k < 20000; k++) {
		struct hw__forecast f;
		struct hw__profile p;

		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = (unsigned char)((state = state * 1103515245 + 12345) >> 16);
		memcpy(&p, bytes + 1, sizeof p);
		if (k % 4)
			for (int i = 0; i < HW__PROFILE_POINTS; i++)
				p.points[i] = (uint16_t)(i * (k % 2000));
		if (k % 3)
			p.duration_ns %= 100000 * SECOND;
		memcpy(bytes + 1, &p, sizeof p);
		if (!hw__forecast(bytes + 1, counts[k % 5], counts[k / 5 % 5], k % 1000, &f))
			continue;
		cr_assert(isfinite(f.left) && isfinite(f.high) && f.low >= 0 && f.low <= f.left &&
				  f.left <= f.high,
			  "%g %g %g", f.low, f.left, f.high);
	}
}

Test(profile, of_a_run_that_falls_back_is_not_valid)
{
	struct hw__run run = recorded(1);

	cr_expect(hw__run_is_valid(&run));
	run.points[10] = 0;
	cr_expect_not(hw__run_is_valid(&run));
	run = recorded(1);
	run.duration_ns = 0;
	cr_expect_not(hw__run_is_valid(&run));
	run.duration_ns = UINT64_MAX;
	cr_expect_not(hw__run_is_valid(&run));
}

/* More samples than there is space for. */
Test(profile, of_a_long_run_keeps_its_form)
{
	struct hw__trace *t = hw__trace_make("work", 0);
	struct hw__run run;

	for (uint64_t i = 1; i <= 1000000; i++)
		hw__trace_add(t, i * 100000000, i, 1000000);
	cr_assert(hw__trace_end(t, 1000000 * UINT64_C(100000000), 1000000, 1000000, &run));
	free(t);
	for (int i = 0; i < HW__PROFILE_POINTS; i++)
		cr_expect_float_eq(run.points[i], (i + 1) / 32.0 * HW__PROFILE_WHOLE, 700);
}
