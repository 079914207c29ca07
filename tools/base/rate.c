/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/rate.h"

#include <math.h>

#define DECAY_SECONDS 15.0
#define SEED_SECONDS  2.0 /* weight of the time before the first sample */
#define ETA_AT_MOST   3e9 /* about a century: more than that is reported as unknown */

static double seconds_since(const struct rate *rate, int64_t now_ns)
{
	return now_ns > rate->at_ns ? (double)(now_ns - rate->at_ns) / 1e9 : 0;
}

void rate_start(struct rate *rate, uint64_t done, double elapsed_seconds, int64_t now_ns)
{
	double weight = elapsed_seconds < SEED_SECONDS ? elapsed_seconds : SEED_SECONDS;

	rate->amount = done && elapsed_seconds > 0 ? (double)done / elapsed_seconds * weight : 0;
	rate->seconds = done && elapsed_seconds > 0 ? weight : 0;
	rate->step_seconds = 0;
	rate->last = done;
	rate->at_ns = now_ns;
}

int rate_sample(struct rate *rate, uint64_t done, int64_t now_ns)
{
	double seconds = seconds_since(rate, now_ns), decay = exp(-seconds / DECAY_SECONDS);

	if (done == rate->last)
		return 0;
	if (done < rate->last || seconds <= 0) {
		rate_start(rate, done, 0, now_ns);
		return 1;
	}
	rate->amount = rate->amount * decay + (double)(done - rate->last);
	rate->seconds = rate->seconds * decay + seconds;
	rate->step_seconds = seconds;
	rate->last = done;
	rate->at_ns = now_ns;
	return 1;
}

double rate_per_second(const struct rate *rate, int64_t now_ns)
{
	double idle = seconds_since(rate, now_ns) - rate->step_seconds;

	if (rate->seconds <= 0)
		return -1;
	return rate->amount / (rate->seconds + (idle > 0 ? idle : 0));
}

double rate_eta(double per_second, uint64_t done, uint64_t total)
{
	double eta;

	if (!total || per_second <= 0)
		return -1;
	eta = done < total ? (double)(total - done) / per_second : 0;
	return eta <= ETA_AT_MOST ? eta : -1;
}
