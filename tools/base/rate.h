/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast something advances, from what is seen of it.
 *
 * Amounts and the times they took are both summed up with the same decay, and the rate is their
 * ratio: steps of any size at any distance give the right average.  Only real advances are put in;
 * the time since the last one counts when it is longer than what a step took of late, so that the
 * rate of what stands still sinks.
 */
#ifndef TOOLS_RATE_H
#define TOOLS_RATE_H

#include <stdint.h>

struct rate {
	double amount, seconds; /* decayed sums */
	uint64_t last;          /* done, when it was last seen to advance */
	int64_t at_ns;          /* and when that was, by a monotonic clock */
	double step_seconds;    /* how long the last step took */
};

/* Begin with what was done in the seconds before now; they count little. */
void rate_start(struct rate *rate, uint64_t done, double elapsed_seconds, int64_t now_ns);

/* Look again.  Returns 1 when it advanced; going back begins anew. */
int rate_sample(struct rate *rate, uint64_t done, int64_t now_ns);

double rate_per_second(const struct rate *rate, int64_t now_ns); /* below 0: unknown */

/* Seconds that the rest takes at this rate; below 0: unknown. */
double rate_eta(double per_second, uint64_t done, uint64_t total);

#endif
