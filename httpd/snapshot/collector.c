/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop, the pace and the publication.  What a walk finds is made into a generation in walk.c.
 *
 * `current` is replaced by this thread only.  `walked_ns` is stored after the generation it speaks of
 * was published; a reader loads it before the pointer, so what it finds is at least as new.
 */
#include "snapshot/collector.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>
#include <urcu/uatomic.h>

#include "snapshot/transfers.h"
#include "base/options.h"
#include "snapshot/waiters.h"
#include "base/text.h"
#include "snapshot/walk.h"

uint64_t collector_epoch;

static struct generation *current;
static int64_t walked_ns = INT64_MIN;
static struct collector_stats stats;
static pthread_t thread;
static int ending;
static int64_t wanted_ns = INT64_MIN; /* somebody waits for a walk begun since then */

#define SHORTEST_GAP_NS (5 * MILLISECOND_NS)

struct generation *collector_peek(void)
{
	return rcu_dereference(current);
}

struct generation *collector_latest(int64_t since_ns)
{
	struct generation *g = NULL;
	bool fresh = CMM_LOAD_SHARED(walked_ns) >= since_ns;

	cmm_smp_rmb(); /* pairs with walk_once(): a new walked_ns, so not an older generation */
	if (!fresh)
		return NULL;
	rcu_read_lock();
	g = rcu_dereference(current);
	if (g && !generation_get(g))
		g = NULL;
	rcu_read_unlock();
	return g;
}

void collector_stats(struct collector_stats *out)
{
	out->walks = CMM_LOAD_SHARED(stats.walks);
	out->turns = CMM_LOAD_SHARED(stats.turns);
	out->last_walk_ns = CMM_LOAD_SHARED(stats.last_walk_ns);
	out->total_walk_ns = CMM_LOAD_SHARED(stats.total_walk_ns);
	out->serialized = CMM_LOAD_SHARED(stats.serialized);
}

/* Out of memory keeps the old generation, and walked_ns: whoever waits for news goes on waiting. */
static void walk_once(int64_t began)
{
	uint64_t serialized = 0;
	struct generation *next = walk(current, &serialized), *old;
	int64_t took = now_ns() - began;

	CMM_STORE_SHARED(stats.walks, stats.walks + 1);
	CMM_STORE_SHARED(stats.last_walk_ns, took);
	CMM_STORE_SHARED(stats.total_walk_ns, stats.total_walk_ns + took);
	CMM_STORE_SHARED(stats.serialized, stats.serialized + serialized);
	if (!next)
		return;
	if (next != current) {
		old = rcu_xchg_pointer(&current, next);
		if (old)
			generation_put(old);
		held_bound(next, options.max_held);
	}
	cmm_smp_wmb(); /* pairs with collector_latest() */
	CMM_STORE_SHARED(walked_ns, began);
}

/* A walk may take a quarter of the thread's time: a huge arena is looked at less often.
 * Somebody who wants the newest does not wait for the next period, but for that. */
static int64_t next_walk(int64_t began, int64_t ended)
{
	int64_t regular = began + options.period_ms * MILLISECOND_NS;
	int64_t soonest = ended + 3 * (ended - began) + SHORTEST_GAP_NS;

	if (regular < soonest || CMM_LOAD_SHARED(wanted_ns) > walked_ns)
		return soonest;
	return regular;
}

static void *collector(void *unused)
{
	int64_t began = 0, ended = 0, wake = INT64_MAX;

	(void)unused;
	while (!CMM_LOAD_SHARED(ending)) {
		int64_t now, due;

		park_sleep(wake);
		CMM_STORE_SHARED(stats.turns, stats.turns + 1);
		now = now_ns();
		if (now >= next_walk(began, ended) && !park_is_empty()) {
			began = now;
			walk_once(began);
			ended = now_ns();
		}
		wake = park_evaluate(current, walked_ns);
		due = next_walk(began, ended);
		if (park_is_empty())
			wake = INT64_MAX;
		else if (due < wake)
			wake = due;
	}
	return NULL;
}

void collector_want(int64_t since_ns)
{
	int64_t seen = CMM_LOAD_SHARED(wanted_ns), found;

	while (since_ns > seen && (found = uatomic_cmpxchg(&wanted_ns, seen, since_ns)) != seen)
		seen = found;
	park_wake();
}

int collector_start(void)
{
	int rc;

	if (getrandom(&collector_epoch, sizeof(collector_epoch), 0) != sizeof(collector_epoch))
		collector_epoch = (uint64_t)wall_ns();
	rc = park_init();
	if (rc < 0)
		return rc;
	return -pthread_create(&thread, NULL, collector, NULL);
}

void collector_stop(void)
{
	struct generation *old;

	CMM_STORE_SHARED(ending, 1);
	park_wake();
	pthread_join(thread, NULL);
	old = rcu_xchg_pointer(&current, NULL);
	if (old)
		generation_put(old);
	walk_free();
	park_free();
}
