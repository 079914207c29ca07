/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/latency.h"

#include <stddef.h>
#include <urcu/uatomic.h>

#include "base/clock.h"

#define MICROSECOND_NS 1000LL

const int64_t latency_bounds[LATENCY_BUCKETS] = {
	10 * MICROSECOND_NS,
	25 * MICROSECOND_NS,
	50 * MICROSECOND_NS,
	100 * MICROSECOND_NS,
	250 * MICROSECOND_NS,
	MILLISECOND_NS,
	5 * MILLISECOND_NS,
	25 * MILLISECOND_NS,
	100 * MILLISECOND_NS,
	500 * MILLISECOND_NS,
	2 * SECOND_NS,
	10 * SECOND_NS,
	INT64_MAX,
};

/* The last bucket counts answers that waited, which are not timed. */
static unsigned long counts[LATENCY_CLASSES][LATENCY_BUCKETS + 1];
static unsigned long sums_ns[LATENCY_CLASSES];

void latency_count(unsigned status, int64_t took_ns, bool timed)
{
	unsigned status_class = status / 100;
	size_t bucket = timed ? 0 : LATENCY_BUCKETS;

	if (status_class >= LATENCY_CLASSES)
		return;
	while (timed && took_ns > latency_bounds[bucket])
		bucket++;
	uatomic_inc(&counts[status_class][bucket]);
	if (timed)
		uatomic_add(&sums_ns[status_class], (unsigned long)took_ns);
}

void latency_get(unsigned status_class, struct latency *out)
{
	*out = (struct latency){.sum_ns = (int64_t)uatomic_read(&sums_ns[status_class])};
	for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
		out->buckets[i] = uatomic_read(&counts[status_class][i]);
		out->answers += out->buckets[i];
	}
	out->answers += uatomic_read(&counts[status_class][LATENCY_BUCKETS]);
}
