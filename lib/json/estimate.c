/* SPDX-License-Identifier: BSD-3-Clause */
/* The rate is the mean over the whole time of a record, and the time left is extrapolated from it,
 * unless the record carries a profile of earlier runs. It needs nothing but the record, so every
 * reader computes the same numbers, from its first read on. While a record without a profile makes no
 * progress, the rate falls and the time left grows. */
#include "json/estimate.h"

#include "forecast/profile.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static int64_t elapsed_ns(const struct headway_snapshot *s)
{
	int64_t end = s->read_ns, elapsed;

	if (s->status != HEADWAY_RUNNING)
		end = s->finished_ns ? s->finished_ns : s->updated_ns;
	if (!s->started_ns)
		return -1;
	if (__builtin_sub_overflow(end, s->started_ns, &elapsed) || elapsed < 0)
		return 0; /* the clock was set back */
	return elapsed;
}

static unsigned __int128 divide_rounded(unsigned __int128 a, unsigned __int128 b)
{
	return (a + b / 2) / b;
}

static unsigned __int128 millionths(double seconds)
{
	return seconds < 1e12 ? (unsigned __int128)(seconds * 1e6 + 0.5)
			      : (unsigned __int128)1000000000000000000;
}

/* The time left as earlier runs let expect it. */
static void foresee(const struct headway_snapshot *s, struct hw__estimate *e)
{
	struct hw__forecast f;

	if (!s->profile || s->status != HEADWAY_RUNNING || e->elapsed_ns < 0 ||
	    !hw__forecast(s->profile, s->done, s->total, (double)e->elapsed_ns / 1e9, &f))
		return;
	e->has_eta = e->has_band = true;
	e->eta_millionths = millionths(f.left);
	e->low_millionths = millionths(f.low);
	e->high_millionths = millionths(f.high);
}

void hw__estimate(const struct headway_snapshot *s, struct hw__estimate *e)
{
	const uint64_t millionths_times_ns = UINT64_C(1000000000000000);
	bool is_under_way = s->status == HEADWAY_RUNNING && s->total;
	uint64_t left = s->total > s->done ? s->total - s->done : 0, elapsed;

	memset(e, 0, sizeof *e);
	e->elapsed_ns = elapsed_ns(s);
	elapsed = e->elapsed_ns > 0 ? (uint64_t)e->elapsed_ns : 0;
	e->has_rate = s->done && elapsed;
	e->has_eta = is_under_way && (e->has_rate || !left);
	if (e->has_rate)
		e->rate_millionths =
			divide_rounded((unsigned __int128)s->done * millionths_times_ns, elapsed);
	if (e->has_eta && left)
		e->eta_millionths = divide_rounded((unsigned __int128)left * elapsed,
						   (unsigned __int128)s->done * 1000);
	foresee(s, e);
}

int headway_estimate(const struct headway_snapshot *snapshot, struct headway_estimate *out)
{
	struct headway_estimate found = {.size = sizeof found};
	struct hw__estimate e;
	size_t size = out ? out->size : 0;

	if (!snapshot || !out || (size && (size < sizeof size || size > sizeof found * 4)))
		return -EINVAL;
	hw__estimate(snapshot, &e);
	found.elapsed_seconds = e.elapsed_ns < 0 ? -1 : (double)e.elapsed_ns / 1e9;
	found.rate = e.has_rate ? (double)e.rate_millionths / 1e6 : -1;
	found.eta_seconds = e.has_eta ? (double)e.eta_millionths / 1e6 : -1;
	found.eta_low_seconds = e.has_band ? (double)e.low_millionths / 1e6 : -1;
	found.eta_high_seconds = e.has_band ? (double)e.high_millionths / 1e6 : -1;
	if (!size || size > sizeof found)
		size = sizeof found;
	memcpy((char *)out + sizeof size, (char *)&found + sizeof size, size - sizeof size);
	return 0;
}
