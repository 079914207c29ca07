/* SPDX-License-Identifier: BSD-3-Clause */
/* Rate and remaining time, and that the JSON views report the same numbers. */
#include "headway.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define START  (INT64_C(1687780800) * SECOND)

static struct headway_snapshot after(int64_t seconds, uint64_t done, uint64_t total)
{
	return (struct headway_snapshot){.status = HEADWAY_RUNNING,
					 .name = "",
					 .unit = "",
					 .url = "/u",
					 .owner_command = "",
					 .done = done,
					 .total = total,
					 .started_ns = START,
					 .updated_ns = START,
					 .read_ns = START + seconds * SECOND};
}

static double in_json(const struct headway_snapshot *s, const char *member)
{
	char text[1024], key[64];
	const char *at;

	cr_assert_lt(headway_json_full(s, text, sizeof text), (int)sizeof text);
	snprintf(key, sizeof key, "\"%s\":", member);
	at = strstr(text, key);
	cr_assert_not_null(at);
	at += strlen(key);
	return strncmp(at, "null", 4) == 0 ? -1 : strtod(at, NULL);
}

static void is_estimated(const struct headway_snapshot *s, double elapsed, double rate, double eta)
{
	struct headway_estimate e = {.size = sizeof e};

	cr_assert_eq(headway_estimate(s, &e), 0);
	cr_expect_float_eq(e.elapsed_seconds, elapsed, 1e-6);
	cr_expect_float_eq(e.rate, rate, 1e-6);
	cr_expect_float_eq(e.eta_seconds, eta, 1e-6);
	cr_expect_float_eq(in_json(s, "elapsed_seconds"), elapsed, 1e-6);
	cr_expect_float_eq(in_json(s, "rate"), rate, 1e-6);
	cr_expect_float_eq(in_json(s, "eta_seconds"), eta, 1e-6);
}

Test(estimate, is_the_mean_rate_and_the_remaining_time_at_that_rate)
{
	struct headway_snapshot s = after(10, 25, 100);

	is_estimated(&s, 10, 2.5, 30);
	s = after(20, 25, 100); /* no progress since then */
	is_estimated(&s, 20, 1.25, 60);
}

Test(estimate, is_unknown_before_the_first_unit_or_without_a_total)
{
	struct headway_snapshot s = after(10, 0, 100);

	is_estimated(&s, 10, -1, -1);
	s = after(10, 5, 0);
	is_estimated(&s, 10, 0.5, -1);
	s = after(0, 5, 10);
	is_estimated(&s, 0, -1, -1);
}

Test(estimate, beyond_the_total_is_no_time_left)
{
	struct headway_snapshot s = after(10, 150, 100);

	is_estimated(&s, 10, 15, 0);
}

Test(estimate, of_an_ended_record_is_its_mean_rate)
{
	struct headway_snapshot s = after(100, 50, 100);

	s.status = HEADWAY_ERROR;
	s.finished_ns = s.updated_ns = START + 10 * SECOND;
	is_estimated(&s, 10, 5, -1);
}

Test(estimate, fills_only_the_caller_s_size)
{
	struct headway_snapshot s = after(10, 25, 100);
	struct headway_estimate e = {.size = offsetof(struct headway_estimate, eta_seconds),
				     .eta_seconds = 7};

	cr_assert_eq(headway_estimate(&s, &e), 0);
	cr_expect_float_eq(e.rate, 2.5, 1e-9);
	cr_expect_eq(e.eta_seconds, 7);
	cr_expect_eq(e.size, offsetof(struct headway_estimate, eta_seconds));
	e.size = 0;
	cr_assert_eq(headway_estimate(&s, &e), 0);
	cr_expect_float_eq(e.eta_seconds, 30, 1e-9);
	e.size = 1;
	cr_expect_eq(headway_estimate(&s, &e), -EINVAL);
	e.size = 1 << 20;
	cr_expect_eq(headway_estimate(&s, &e), -EINVAL);
	cr_expect_eq(headway_estimate(NULL, &e), -EINVAL);
	cr_expect_eq(headway_estimate(&s, NULL), -EINVAL);
}

Test(estimate, is_rounded_to_the_nearest_millionth)
{
	struct headway_estimate e = {.size = sizeof e};
	struct headway_snapshot s = after(3, 2, 100);

	cr_assert_eq(headway_estimate(&s, &e), 0);
	cr_expect_float_eq(e.rate, 0.666667, 1e-9);
}

Test(estimate, of_large_counts_and_long_times_does_not_overflow)
{
	struct headway_snapshot s = after(1000, UINT64_C(1) << 62, UINT64_C(1) << 63);

	is_estimated(&s, 1000, 4611686018427387.904, 1000);
}

Test(estimate, with_nothing_left_is_known_at_once)
{
	struct headway_snapshot s = after(0, 100, 100);

	is_estimated(&s, 0, -1, 0);
}

Test(estimate, of_an_ended_record_without_a_time_of_its_end_uses_its_last_change)
{
	struct headway_snapshot s = after(100, 50, 100);

	s.status = HEADWAY_FINISHED;
	s.updated_ns = START + 10 * SECOND;
	is_estimated(&s, 10, 5, -1);
}

/* A caller that was built with a newer header. */
Test(estimate, leaves_what_it_does_not_know_of_a_larger_struct)
{
	struct {
		struct headway_estimate known;
		unsigned char newer[64];
	} e;
	struct headway_snapshot s = after(10, 25, 100);

	memset(&e, 0x77, sizeof e);
	e.known.size = sizeof e;
	cr_assert_eq(headway_estimate(&s, &e.known), 0);
	cr_expect_float_eq(e.known.rate, 2.5, 1e-9);
	cr_expect_eq(e.known.size, sizeof e);
	for (size_t i = 0; i < sizeof e.newer; i++)
		cr_assert_eq(e.newer[i], 0x77);
}
