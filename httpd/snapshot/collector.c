/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop of the collector, its period, and the publication of snapshots; walk.c makes them.
 *
 * `current` is replaced by this thread only. `walked_ns` is stored after its snapshot was
 * published; a reader loads it before the pointer, so the snapshot is at least as new.
 */
#include "snapshot/collector.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>
#include <urcu/uatomic.h>

#include "base/clock.h"
#include "base/options.h"
#include "snapshot/transfers.h"
#include "snapshot/waiters.h"
#include "snapshot/walk.h"

uint64_t collector_epoch;

static struct list_snapshot *current;
static int64_t walked_ns = INT64_MIN;
static struct collector_stats stats;
static pthread_t thread;
static int ending;
static int64_t requested_ns =
	INT64_MIN; /* a waiter needs a walk that began at this time or later */

#define SHORTEST_GAP_NS (5 * MILLISECOND_NS)

struct list_snapshot *collector_current(void)
{
	return rcu_dereference(current);
}

struct list_snapshot *collector_latest(int64_t since_ns)
{
	struct list_snapshot *snap = NULL;
	bool fresh = CMM_LOAD_SHARED(walked_ns) >= since_ns;

	cmm_smp_rmb(); /* pairs with walk_once(): the snapshot is at least as new as walked_ns */
	if (!fresh)
		return NULL;
	rcu_read_lock();
	snap = rcu_dereference(current);
	if (snap && !list_snapshot_get(snap))
		snap = NULL;
	rcu_read_unlock();
	return snap;
}

void collector_stats(struct collector_stats *out)
{
	out->walks = CMM_LOAD_SHARED(stats.walks);
	out->loops = CMM_LOAD_SHARED(stats.loops);
	out->last_walk_ns = CMM_LOAD_SHARED(stats.last_walk_ns);
	out->total_walk_ns = CMM_LOAD_SHARED(stats.total_walk_ns);
	out->serialized = CMM_LOAD_SHARED(stats.serialized);
}

/* Without memory the old snapshot and walked_ns stay, and waiters keep waiting. */
static void walk_once(int64_t began)
{
	uint64_t serialized = 0;
	struct list_snapshot *next = walk(current, &serialized), *old;
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
			list_snapshot_put(old);
		transfers_limit(next, options.max_held);
	}
	cmm_smp_wmb(); /* pairs with collector_latest() */
	CMM_STORE_SHARED(walked_ns, began);
}

/* Walks may take a quarter of the thread's time, so a huge arena is read less often. A requested
 * walk does not wait for the next period. */
static int64_t next_walk(int64_t began, int64_t ended)
{
	int64_t regular = began + options.period_ms * MILLISECOND_NS;
	int64_t soonest = ended + 3 * (ended - began) + SHORTEST_GAP_NS;

	if (regular < soonest || CMM_LOAD_SHARED(requested_ns) > walked_ns)
		return soonest;
	return regular;
}

static void *collector(void *unused)
{
	int64_t began = 0, ended = 0, wake = INT64_MAX;

	(void)unused;
	while (!CMM_LOAD_SHARED(ending)) {
		int64_t now, due;

		waiters_sleep(wake);
		CMM_STORE_SHARED(stats.loops, stats.loops + 1);
		now = now_ns();
		if (now >= next_walk(began, ended) && !waiters_are_none()) {
			began = now;
			walk_once(began);
			ended = now_ns();
		}
		wake = waiters_resume_due(current, walked_ns);
		due = next_walk(began, ended);
		if (waiters_are_none())
			wake = INT64_MAX;
		else if (due < wake)
			wake = due;
	}
	return NULL;
}

void collector_request(int64_t since_ns)
{
	int64_t seen = CMM_LOAD_SHARED(requested_ns), found;

	while (since_ns > seen && (found = uatomic_cmpxchg(&requested_ns, seen, since_ns)) != seen)
		seen = found;
	waiters_wake();
}

int collector_start(void)
{
	int rc;

	if (getrandom(&collector_epoch, sizeof(collector_epoch), 0) != sizeof(collector_epoch))
		collector_epoch = (uint64_t)wall_ns();
	rc = waiters_init();
	if (rc < 0)
		return rc;
	return -pthread_create(&thread, NULL, collector, NULL);
}

void collector_stop(void)
{
	struct list_snapshot *old;

	CMM_STORE_SHARED(ending, 1);
	waiters_wake();
	pthread_join(thread, NULL);
	old = rcu_xchg_pointer(&current, NULL);
	if (old)
		list_snapshot_put(old);
	walk_free();
	waiters_free();
}
