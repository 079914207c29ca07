/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A forecast is a weighted mean of two:
 *
 *   profile   the time that was left in the earlier runs when they had done the same share, multiplied by how
 *             much slower or faster this run has been
 *   mean      the time left at this run's mean rate
 *
 * The weight of the mean grows with the difference between the time that has passed and the time at which the
 * earlier runs had done the same share, so that a history of other work loses its influence. It also grows with
 * the share that is done, since a rate over a short time is unreliable. While the run is on schedule, the time
 * left is the rest of the earlier duration. It then falls with every second, also in a period in which the
 * earlier runs counted nothing either.
 */
#include "forecast/profile.h"

#include <string.h>

/* Values found with tests/forecast/table.c. Smaller values of the first two abandon a wrong history earlier, but
 * forecasts then rise in runs that are only a little late. */
#define OFF_SCHEDULE                                                                               \
	0.07 /* difference, as a share of the duration, that gives the mean half its weight */
#define EARLY         0.4 /* share done that gives the mean half its weight */
#define ANOTHER_ORDER 3   /* a run this many times faster or slower is taken for other work */
#define STIFFNESS     1.0 /* share of the duration after which this run's pace has half its influence */

#define LONGEST_NS (UINT64_C(100) * 365 * 86400 * 1000000000)

static bool points_are_valid(const uint16_t *points)
{
	for (int i = 1; i < HW__PROFILE_POINTS; i++)
		if (points[i] < points[i - 1])
			return false;
	return true;
}

bool hw__run_is_valid(const struct hw__run *run)
{
	return run->duration_ns && run->duration_ns <= LONGEST_NS && points_are_valid(run->points);
}

/* ---- several runs ---------------------------------------------------------------------------- */

static bool is_similar(uint64_t a, uint64_t b)
{
	return a / 2 <= b && b / 2 <= a;
}

/* The duration that the run would have had with another total. */
static double duration_scaled(const struct hw__run *run, uint64_t total)
{
	double duration = (double)run->duration_ns;

	return run->total && total ? duration * ((double)total / (double)run->total) : duration;
}

static void insert(double *sorted, size_t count, double value)
{
	for (; count && sorted[count - 1] > value; count--)
		sorted[count] = sorted[count - 1];
	sorted[count] = value;
}

static void durations_merge(const double *sorted, size_t count, struct hw__profile *p)
{
	double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
	double below = median - sorted[0], above = sorted[count - 1] - median;
	double spread = (below > above ? below : above) / median;

	p->duration_ns = median < (double)LONGEST_NS ? (uint64_t)median : LONGEST_NS;
	p->spread = (uint32_t)((spread < 1 ? spread : 1) * 1e6);
	p->runs = (uint32_t)count;
}

bool hw__profile_make(const struct hw__run *runs, size_t count, uint64_t total,
		      struct hw__profile *p)
{
	uint32_t sums[HW__PROFILE_POINTS] = {0};
	double durations[HW__PROFILE_RUNS];
	size_t taken = 0;
	bool some = false;

	for (size_t k = 0; k < count && total; k++)
		some |= is_similar(runs[k].total, total);
	memset(p, 0, sizeof *p);
	for (size_t k = 0; k < count && taken < HW__PROFILE_RUNS; k++) {
		if (some && !is_similar(runs[k].total, total))
			continue;
		if (!taken)
			p->total = runs[k].total;
		insert(durations, taken++, duration_scaled(&runs[k], p->total));
		for (int i = 0; i < HW__PROFILE_POINTS; i++)
			sums[i] += runs[k].points[i];
	}
	if (!taken)
		return false;
	durations_merge(durations, taken, p);
	for (int i = 0; i < HW__PROFILE_POINTS; i++)
		p->points[i] = (uint16_t)(sums[i] / taken);
	return true;
}

/* ---- the forecast ---------------------------------------------------------------------------- */

/* The share that is done after i/32 of the time. */
static double share_at(const struct hw__profile *p, int i)
{
	return i ? (double)p->points[i - 1] / HW__PROFILE_WHOLE : 0;
}

static double clamp(double value, double least, double most)
{
	return value < least ? least : value > most ? most : value;
}

static double between(const struct hw__profile *p, int i, double share)
{
	double from = share_at(p, i), step = share_at(p, i + 1) - from;

	return i + (step > 0 ? clamp((share - from) / step, 0, 1) : 0);
}

/* The first and the last time at which the earlier runs had done this share, in 32nds of their duration. */
static void moments_of(const struct hw__profile *p, double share, double *first, double *last)
{
	const double rounding = 1.5 / HW__PROFILE_WHOLE;
	int a = 0, b = HW__PROFILE_POINTS;

	while (a < HW__PROFILE_POINTS && share_at(p, a) < share - rounding)
		a++;
	while (b > 0 && share_at(p, b) > share + rounding)
		b--;
	*first = a ? between(p, a - 1, share) : 0;
	*last = b < HW__PROFILE_POINTS ? between(p, b, share) : HW__PROFILE_POINTS;
}

/* Computes the share that is done. False: it is unknown, or more is done than in any earlier run. */
static bool share_of(const struct hw__profile *p, uint64_t done, uint64_t total, double *share)
{
	uint64_t whole = total ? total : p->total;

	*share = whole ? (double)done / (double)whole : 0;
	if (*share > 1)
		*share = 1;
	return whole && p->total && (total || done < whole);
}

static double relative_spread(const struct hw__profile *p)
{
	double least = p->runs < 3 ? 0.2 : 0.15, spread = (double)p->spread / 1e6 * 1.5;

	return spread > least ? spread : least;
}

static void band_set(struct hw__forecast *f, double around)
{
	f->low = f->left > around ? f->left - around : 0;
	f->high = f->left + around;
}

/* The forecast when nothing is counted: from the duration of the earlier runs alone. */
static bool by_duration(const struct hw__profile *p, double duration, double elapsed,
			struct hw__forecast *f)
{
	if (elapsed >= duration)
		return false;
	f->left = duration - elapsed;
	band_set(f, relative_spread(p) * duration);
	return true;
}

static void by_share(const struct hw__profile *p, double share, double duration, double elapsed,
		     struct hw__forecast *f)
{
	double slot = duration / HW__PROFILE_POINTS, first, last, on_schedule, off, weight = 0;
	double mean = 0, wrong, alike;

	moments_of(p, share, &first, &last);
	on_schedule = clamp(elapsed, (first - 1) * slot, (last + 1) * slot);
	on_schedule = clamp(on_schedule, 0, duration);
	f->left = (duration - on_schedule) * (elapsed + STIFFNESS * duration) /
		  (on_schedule + STIFFNESS * duration);
	off = (elapsed - on_schedule) / duration;
	wrong = off * off / (off * off + OFF_SCHEDULE * OFF_SCHEDULE);
	if (share > 0) {
		alike = elapsed < on_schedule ? elapsed / on_schedule : on_schedule / elapsed;
		alike = alike * ANOTHER_ORDER < 1 ? alike * ANOTHER_ORDER : 1;
		mean = elapsed * (1 - share) / share;
		weight = wrong * share / (share + EARLY * alike * alike);
	}
	off = (f->left > mean ? f->left - mean : mean - f->left) * weight;
	f->left = f->left * (1 - weight) + mean * weight;
	band_set(f, relative_spread(p) * (f->left + slot) + off);
}

bool hw__forecast(const void *value, uint64_t done, uint64_t total, double elapsed,
		  struct hw__forecast *f)
{
	struct hw__profile p;
	double duration, share;
	bool counts;

	memcpy(&p, value, sizeof p);
	if (!p.duration_ns || p.duration_ns > LONGEST_NS || elapsed < 0 ||
	    !points_are_valid(p.points))
		return false;
	duration = (double)p.duration_ns / 1e9;
	counts = share_of(&p, done, total, &share);
	if (!counts && p.total && done)
		return false; /* more was counted than in the latest run */
	if (!counts)
		return by_duration(&p, duration, elapsed, f);
	if (total)
		duration *= clamp((double)total / (double)p.total, 1e-3, 1e3);
	by_share(&p, share, duration, elapsed, f);
	return true;
}
