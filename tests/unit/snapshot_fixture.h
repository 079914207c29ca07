/* SPDX-License-Identifier: BSD-3-Clause */
/* For the tests of snapshots: the module is compiled into the test with the fence behind its copies
 * redirected, so that the test can change the record between the copies and their checks, as often as
 * needed. So is its look at the owner. */
#ifndef SNAPSHOT_FIXTURE_H
#define SNAPSHOT_FIXTURE_H

#include "fixture.h"

#include "base/clock.h"
#include "read/snapshot.h"

static void (*meddling)(uint32_t slot); /* called after each copy */
static int copies;

static inline void meddled_fence(uint32_t slot)
{
	copies++;
	if (meddling)
		meddling(slot);
	hw__fence_load();
}

static void (*dying)(uint32_t slot); /* the owner's last action, just before it is found dead */
static struct headway_record *victim;

static inline int meddled_alive(struct hw__attachment *a, uint64_t owner,
				const struct hw__origin *origin, uint64_t now_ns,
				struct hw__owner_memo *memo)
{
	if (!dying)
		return hw__owner_alive_noted(a, owner, origin, now_ns, memo);
	dying(victim->slot);
	return 0;
}

#define hw__fence_load()      meddled_fence(slot)
#define hw__owner_alive_noted meddled_alive
#include "read/snapshot.c"
#undef hw__fence_load
#undef hw__owner_alive_noted

static struct headway_snapshot *s;

static inline int reading(const struct headway_record *r)
{
	return headway_read(fx.arena, &r->id, &s);
}

static inline void must_read(const struct headway_record *r)
{
	fixture_read(r, &s);
}

static const char *const two_names[] = {"read", "written", NULL};

/* A record with an entry of each kind, long enough for both chains. */
static inline struct headway_record *rich(void)
{
	static const struct headway_id parent = {{1, 2, 3}};
	struct headway_record *r = fixture_start(&(struct headway_spec){.name = "copy",
									.unit = "bytes",
									.parent = &parent,
									.total = 100,
									.counters = two_names,
									.ttl_seconds = 60});

	cr_assert_eq(headway_message(r, "Step", "1/2"), 0);
	cr_assert_eq(headway_message(r, "long", fixture_text(5000, 'v')), 0);
	cr_assert_eq(headway_url(r, "http://example/"), 0);
	cr_assert_eq(headway_results(r, "{ \"n\" : 1 }", 11), 0);
	headway_add(r, 42);
	headway_counter_add(r, 1, 7);
	return r;
}

/* What a sweep does after the death of its owner. */
static inline void lose(struct headway_record *r)
{
	cr_assert(hw__slot_mark_lost(fx.a, r->slot, fixture_slot(r)->id_tail,
				     fixture_slot(r)->owner));
}

#endif
