/* SPDX-License-Identifier: BSD-3-Clause */
#include "forecast/trace.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_INTERVAL_NS UINT64_C(5000000)
#define SHORTEST_NS       UINT64_C(500000000)

struct hw__trace *hw__trace_make(const char *name, uint64_t started_boot_ns)
{
	struct hw__trace *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	memcpy(t->name, name, strnlen(name, sizeof t->name - 1));
	t->started_boot_ns = started_boot_ns;
	t->interval_ns = FIRST_INTERVAL_NS;
	return t;
}

/* Keeps every second sample. */
static void thin_out(struct hw__trace *t)
{
	for (size_t i = 0; i < HW__TRACE_SAMPLES / 2; i++)
		t->samples[i] = t->samples[2 * i + 1];
	t->count = HW__TRACE_SAMPLES / 2;
	t->interval_ns *= 2;
}

static uint64_t since_start(const struct hw__trace *t, uint64_t boot_ns)
{
	return boot_ns > t->started_boot_ns ? boot_ns - t->started_boot_ns : 0;
}

void hw__trace_add(struct hw__trace *t, uint64_t boot_ns, uint64_t done, uint64_t total)
{
	uint64_t at_ns = since_start(t, boot_ns);
	const struct hw__sample *last;

	if (pthread_mutex_trylock(&t->lock) != 0)
		return;
	last = t->count ? &t->samples[t->count - 1] : NULL;
	t->total = total;
	if (!last || (at_ns >= last->at_ns + t->interval_ns && done >= last->done)) {
		if (t->count == HW__TRACE_SAMPLES)
			thin_out(t);
		t->samples[t->count++] = (struct hw__sample){at_ns, done};
	}
	pthread_mutex_unlock(&t->lock);
}

/* The value of done at a time, interpolated between the samples around it. */
static double done_at(const struct hw__trace *t, double at_ns, size_t *next,
		      const struct hw__sample *end)
{
	struct hw__sample before = {0, 0}, after = *end;
	double width;

	while (*next < t->count && (double)t->samples[*next].at_ns <= at_ns)
		++*next;
	if (*next)
		before = t->samples[*next - 1];
	if (*next < t->count)
		after = t->samples[*next];
	width = (double)after.at_ns - (double)before.at_ns;
	if (width <= 0 || after.done <= before.done)
		return (double)before.done;
	return (double)before.done +
	       (double)(after.done - before.done) * ((at_ns - (double)before.at_ns) / width);
}

static void points_set(const struct hw__trace *t, const struct hw__sample *end, struct hw__run *run)
{
	size_t next = 0;
	uint16_t least = 0;

	for (int i = 0; i < HW__PROFILE_POINTS; i++) {
		double at_ns = (double)run->duration_ns * (i + 1) / HW__PROFILE_POINTS;
		double share = run->total ? done_at(t, at_ns, &next, end) / (double)run->total
					  : (double)(i + 1) / HW__PROFILE_POINTS;
		uint16_t point = (uint16_t)((share < 1 ? share : 1) * HW__PROFILE_WHOLE);

		least = point > least ? point : least;
		run->points[i] = least;
	}
}

bool hw__trace_end(struct hw__trace *t, uint64_t boot_ns, uint64_t done, uint64_t total,
		   struct hw__run *run)
{
	struct hw__sample end = {since_start(t, boot_ns), done};
	bool is_ours = pthread_mutex_trylock(&t->lock) == 0;

	memset(run, 0, sizeof *run);
	if (!is_ours || end.at_ns < SHORTEST_NS)
		done = total = 0;
	run->duration_ns = end.at_ns;
	run->total = !done ? 0 : total ? total : done;
	if (is_ours) {
		points_set(t, &end, run);
		pthread_mutex_unlock(&t->lock);
	}
	return is_ours && end.at_ns >= SHORTEST_NS;
}
