/* SPDX-License-Identifier: BSD-3-Clause */
/* Counts answers by the first digit of their status and by duration. */
#ifndef HTTPD_LATENCY_H
#define HTTPD_LATENCY_H

#include <stdbool.h>
#include <stdint.h>

enum { LATENCY_CLASSES = 6, LATENCY_BUCKETS = 13 };

/* Upper bounds of the buckets in nanoseconds; the last is INT64_MAX. */
extern const int64_t latency_bounds[LATENCY_BUCKETS];

/* Counts an answer. Any thread. timed: false for one that waited for a change: it is counted, but
 * not in a bucket. */
void latency_count(unsigned status, int64_t took_ns, bool timed);

struct latency {
	uint64_t answers;                  /* all */
	uint64_t buckets[LATENCY_BUCKETS]; /* of timed answers; not cumulative */
	int64_t sum_ns;
};

/* Gets the counts of the answers with a status of this class: 2 for 2xx. */
void latency_get(unsigned status_class, struct latency *);

#endif
