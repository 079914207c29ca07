/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A forecast lies between two:
 *
 *   profile   the time that was left in the earlier runs when they had done the same share
 *   mean      the time left at this run's mean rate
 *
 * Their weights depend on how far this run is from the schedule: on the difference between the time that has
 * passed, t, and the time T at which the earlier runs had done the same share. In work of the same kind, most of
 * that difference is a sum of steps that took longer or shorter, so its square grows with the time, and a part is a
 * pace that is slower or faster throughout, so its square grows with the square of the time. With the duration D,
 *
 *   (t - T)^2 / (t * (T + D * STEPS))
 *
 * is therefore about as large early in a run as late, and for twice as slow the same as for twice as fast.
 *
 * While the run is on schedule, the time left is the rest of the earlier duration. It then falls with every
 * second, also in a period in which the earlier runs counted nothing either.
 */
#include "forecast/profile.h"

#include <string.h>

/* Values found with the kinds of the tuning set of tests/forecast/table.c. Smaller values of LATE and AHEAD give up
 * a wrong history earlier, but forecasts then rise in runs that are only a little late or ahead. */

/* Square root of the ratio above at which profile and mean have the same weight. It is less for a run that is ahead:
 * a step that has to wait makes a run late, but hardly anything makes the same work take half as long. */
#define LATE  0.43
#define AHEAD 0.18
#define STEPS 0.5  /* share of the duration at which steps and pace contribute the same */
#define EARLY 0.04 /* share done at which the mean has half its weight: rates begin unreliable */
/* Difference that counts as none, in 32nds of the duration: between two points the profile is not known. */
#define SLACK 0.3

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

static double clamp(double value, double least, double most)
{
	return value < least ? least : value > most ? most : value;
}

/* The share that is done after i/32 of the time. */
static double share_at(const struct hw__profile *p, int i)
{
	return i ? (double)p->points[i - 1] / HW__PROFILE_WHOLE : 0;
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

/* From the share that is done to the one at which the next unit is. */
struct shares {
	double done, next;
};

/* False: they are unknown, or more is done than in any earlier run. */
static bool shares_of(const struct hw__profile *p, uint64_t done, uint64_t total, struct shares *s)
{
	uint64_t whole = total ? total : p->total;

	s->done = whole ? clamp((double)done / (double)whole, 0, 1) : 0;
	s->next = whole ? clamp(((double)done + 1) / (double)whole, 0, 1) : 0;
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

/* Of the times from which on the earlier runs had done this share, and not yet the next unit, the one nearest to
 * the elapsed time. */
static double schedule_at(const struct hw__profile *p, struct shares s, double duration,
			  double elapsed)
{
	double slot = duration / HW__PROFILE_POINTS, first, last, unused;

	moments_of(p, s.done, &first, &unused);
	moments_of(p, s.next, &unused, &last);
	return clamp(clamp(elapsed, (first - SLACK) * slot, (last + SLACK) * slot), 0, duration);
}

/* 0 for nothing, 1/2 for half, and nearly 1 for some times as much. */
static double saturate(double value, double half)
{
	return value > 0 ? value * value / (value * value + half * half) : 0;
}

/* From 0 to 1: how wrong the profile has been so far. */
static double wrongness(double on_schedule, double duration, double elapsed)
{
	double off = elapsed - on_schedule, most = off < 0 ? AHEAD : LATE;

	return saturate(off * off, most * most * elapsed * (on_schedule + STEPS * duration));
}

/* From a to b as the weight of b goes from 0 to 1: near their weighted geometric mean where they are within
 * a few times of each other, but never over (1 + weight)/(1 - weight) times a. */
static double blend(double a, double b, double weight)
{
	double most = (1 + weight) * a + (1 - weight) * b;

	return most > 0 ? a * ((1 - weight) * a + (1 + weight) * b) / most : a;
}

static void by_share(const struct hw__profile *p, struct shares s, double duration, double elapsed,
		     struct hw__forecast *f)
{
	double slot = duration / HW__PROFILE_POINTS;
	double on_schedule = schedule_at(p, s, duration, elapsed);
	double profile = duration - on_schedule, mean = profile, weight = 0, apart;

	if (s.done > 0) {
		mean = elapsed * (1 - s.done) / s.done;
		weight = wrongness(on_schedule, duration, elapsed) * saturate(s.done, EARLY);
	}
	if (elapsed < on_schedule && mean > profile)
		mean = profile; /* a run that is ahead does not take longer */
	f->left = blend(profile, mean, weight);
	apart = profile > mean ? profile - mean : mean - profile;
	band_set(f, relative_spread(p) * (f->left + slot) + slot + apart * weight);
}

bool hw__forecast(const void *value, uint64_t done, uint64_t total, double elapsed,
		  struct hw__forecast *f)
{
	struct hw__profile p;
	struct shares shares;
	double duration;
	bool counts;

	memcpy(&p, value, sizeof p);
	if (!p.duration_ns || p.duration_ns > LONGEST_NS || elapsed < 0 ||
	    !points_are_valid(p.points))
		return false;
	duration = (double)p.duration_ns / 1e9;
	counts = shares_of(&p, done, total, &shares);
	if (!counts && p.total && done)
		return false; /* more was counted than in the latest run */
	if (!counts)
		return by_duration(&p, duration, elapsed, f);
	if (total)
		duration *= clamp((double)total / (double)p.total, 1e-3, 1e3);
	by_share(&p, shares, duration, elapsed, f);
	return true;
}
