/* SPDX-License-Identifier: BSD-3-Clause */
/* RESULT lines, one per case: key=value pairs, with '_' for a space in a value. table.awk formats
 * them. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "harness.h"

enum bench_target_kind {
	BENCH_NO_TARGET,
	BENCH_RATIO_AT_MOST,   /* Headway's figure divided by the other's */
	BENCH_FASTER_AT_LEAST, /* the other's divided by Headway's */
	BENCH_VALUE_AT_MOST,
	BENCH_VALUE_AT_LEAST
};

struct bench_target {
	enum bench_target_kind kind;
	double limit;
};

#define NO_TARGET              ((struct bench_target){BENCH_NO_TARGET, 0})
#define RATIO_AT_MOST(limit)   ((struct bench_target){BENCH_RATIO_AT_MOST, limit})
#define FASTER_AT_LEAST(limit) ((struct bench_target){BENCH_FASTER_AT_LEAST, limit})
#define VALUE_AT_MOST(limit)   ((struct bench_target){BENCH_VALUE_AT_MOST, limit})
#define VALUE_AT_LEAST(limit)  ((struct bench_target){BENCH_VALUE_AT_LEAST, limit})

/* Content of a RESULT line. */
struct bench_line {
	const char *number, *what, *unit;
	const char *other; /* the peer, or the floor; NULL: none */
	struct bench_figure value, other_value;
	struct bench_figure ratio; /* Headway's figure divided by the other's, over the rounds */
	struct bench_target target;
	unsigned disturbed; /* rounds */
};

void bench_say(const struct bench_line *line);

/* Times in ns per operation: compared with another side, and alone. */
void bench_say_pair(const char *number, const char *what, const struct bench_result *headway,
		    const char *other, const struct bench_result *other_result,
		    struct bench_target target);
void bench_say_alone(const char *number, const char *what, const struct bench_result *headway,
		     struct bench_target target);

/* A single number. */
void bench_say_value(const char *number, const char *what, const char *unit, double value,
		     struct bench_target target);

#endif
