/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include <stdio.h>
#include <string.h>

/* 1/x; low and high change places. */
static struct bench_figure inverse(struct bench_figure f)
{
	return (struct bench_figure){1 / f.median, 1 / f.high, 1 / f.low};
}

/* Three significant digits. */
static const char *number_text(char text[32], double value)
{
	if (value >= 100)
		snprintf(text, 32, "%.0f", value);
	else if (value >= 10)
		snprintf(text, 32, "%.1f", value);
	else if (value >= 1 || value == 0)
		snprintf(text, 32, "%.2f", value);
	else
		snprintf(text, 32, "%.3g", value);
	return text;
}

static void say_number(const char *key, double value)
{
	char text[32];

	printf(" %s=%s", key, number_text(text, value));
}

static void say_spread(struct bench_figure f)
{
	char low[32], high[32];

	printf(" spread=%s..%s", number_text(low, f.low), number_text(high, f.high));
}

static bool is_met(const struct bench_line *l)
{
	switch (l->target.kind) {
	case BENCH_RATIO_AT_MOST:
		return l->ratio.median <= l->target.limit;
	case BENCH_FASTER_AT_LEAST:
		return inverse(l->ratio).median >= l->target.limit;
	case BENCH_VALUE_AT_MOST:
		return l->value.median <= l->target.limit;
	case BENCH_VALUE_AT_LEAST:
		return l->value.median >= l->target.limit;
	case BENCH_NO_TARGET:
		break;
	}
	return true;
}

static void say_target(const struct bench_line *l)
{
	static const char *const words[] = {
		[BENCH_RATIO_AT_MOST] = "times<=",
		[BENCH_FASTER_AT_LEAST] = "faster>=",
		[BENCH_VALUE_AT_MOST] = "<=",
		[BENCH_VALUE_AT_LEAST] = ">=",
	};

	if (l->target.kind == BENCH_NO_TARGET) {
		printf(" target=- met=-");
		return;
	}
	printf(" target=%s%g met=%s", words[l->target.kind], l->target.limit,
	       bench_is_smoke() ? "smoke"
	       : is_met(l)      ? "yes"
				: "NO");
}

/* "times" is Headway's figure divided by the other's; "faster" the other's divided by Headway's. */
static void say_other(const struct bench_line *l)
{
	bool faster = l->target.kind == BENCH_FASTER_AT_LEAST ||
		      (l->target.kind == BENCH_NO_TARGET && l->ratio.median < 0.7);
	struct bench_figure ratio = faster ? inverse(l->ratio) : l->ratio;

	printf(" other=%s", l->other);
	say_number("other_value", l->other_value.median);
	say_number("ratio", ratio.median);
	printf(" sense=%s", faster ? "faster" : "times");
	say_spread(ratio);
}

void bench_say(const struct bench_line *l)
{
	printf("RESULT case=%s what=%s unit=%s", l->number, l->what, l->unit);
	say_number("headway", l->value.median);
	if (l->other) {
		say_other(l);
	} else {
		printf(" other=- other_value=- ratio=- sense=-");
		say_spread(l->value);
	}
	say_target(l);
	printf(" rounds=%u disturbed=%u\n", bench_rounds(), l->disturbed);
	fflush(stdout);
}

void bench_say_pair(const char *number, const char *what, const struct bench_result *headway,
		    const char *other, const struct bench_result *other_result,
		    struct bench_target target)
{
	struct bench_line line = {.number = number, .what = what, .unit = "ns", .other = other};

	line.value = bench_figure(headway);
	line.other_value = bench_figure(other_result);
	line.ratio = bench_figure_ratio(headway, other_result);
	line.target = target;
	line.disturbed = headway->disturbed + other_result->disturbed;
	bench_say(&line);
}

void bench_say_alone(const char *number, const char *what, const struct bench_result *headway,
		     struct bench_target target)
{
	struct bench_line line = {.number = number, .what = what, .unit = "ns", .target = target};

	line.value = bench_figure(headway);
	line.disturbed = headway->disturbed;
	bench_say(&line);
}

void bench_say_value(const char *number, const char *what, const char *unit, double value,
		     struct bench_target target)
{
	struct bench_line line = {.number = number, .what = what, .unit = unit, .target = target};

	line.value = (struct bench_figure){value, value, value};
	bench_say(&line);
}
