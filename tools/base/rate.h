/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rate of a counter that is sampled at irregular times.
 *
 * The amounts of all steps and the seconds they took are summed with the same exponential decay,
 * and the rate is the ratio of the two sums, so that steps of any size and distance are averaged
 * correctly.  A sample without an advance adds nothing.  When the last advance is longer ago than
 * the last step took, the excess is added to the seconds, so that the rate of a stalled counter
 * sinks.
 */
#ifndef TOOLS_RATE_H
#define TOOLS_RATE_H

#include <stdint.h>

struct rate {
	double amount, seconds; /* decayed sums */
	uint64_t last;          /* done at the last advance */
	int64_t at_ns;          /* monotonic time of the last advance */
	double step_seconds;    /* how long the last step took */
};

/* Start with the average over the time before now, which gets a small weight. */
void rate_start(struct rate *rate, uint64_t done, double elapsed_seconds, int64_t now_ns);

/* Add a sample.  Returns 1 when done changed; a smaller value than before restarts the average. */
int rate_sample(struct rate *rate, uint64_t done, int64_t now_ns);

double rate_per_second(const struct rate *rate, int64_t now_ns); /* below 0: unknown */

/* Seconds until done reaches total at this rate; below 0: unknown. */
double rate_eta(double per_second, uint64_t done, uint64_t total);

#endif
