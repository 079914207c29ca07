/* SPDX-License-Identifier: BSD-3-Clause */
/* Reaping: which records are expired, to the nanosecond, and which are evicted for others. The
 * module is compiled into this test with a clock that the test sets; the time of a record's end is
 * written into its block. */
#include "at_access.h"
#include "fixture.h"

#include "base/clock.h"
#include "open/reap.h"

static uint64_t now_ns;

static uint64_t test_clock(void)
{
	return now_ns;
}

static void (*at_yield)(void); /* what another thread does meanwhile */

static int test_yield(void)
{
	if (at_yield)
		at_yield();
	return 0;
}

#include <sched.h>
#define hw__boot_ns test_clock
#define sched_yield test_yield
#include "open/reap.c"
#undef hw__boot_ns
#undef sched_yield

#include <signal.h>
#include <sys/wait.h>

TestSuite(reap, .init = fixture_up, .fini = fixture_down);

#define SECOND UINT64_C(1000000000)
#define ENDED  (1000000 * SECOND)

/* A record that ended at ENDED + second, with this time-to-live of its own; 0: none. */
static uint32_t ended_at(unsigned status, uint32_t ttl, uint64_t second)
{
	struct headway_spec spec = {.ttl_seconds = ttl};
	uint32_t slot = fixture_past(&spec, status == HW__FINISHED ? NULL : "broken");
	uint64_t word = fx.a->slots[slot].word;
	struct hw__block *b = hw__block_at(fx.a, hw__ref_index(word));

	fx.a->slots[slot].word = hw__word((enum hw__status)status, word);
	fixture_started(b, 1);
	fixture_ended(b, ENDED + second * SECOND);
	if (status == HW__LOST) { /* its slot holds the time at which the owner was found dead */
		fixture_ended(b, ENDED - 5000 * SECOND);
		fx.a->slots[slot].lost_ns = ENDED + second * SECOND;
	}
	return slot;
}

static bool is_there(uint32_t slot)
{
	return fx.a->slots[slot].word != 0;
}

static struct headway_reap_report reap(const struct headway_reap_policy *policy)
{
	struct headway_reap_report report = {.size = sizeof report};

	cr_assert_eq(headway_reap(fx.arena, policy, &report), 0);
	return report;
}

/* ---- expiry ---------------------------------------------------------------------------------- */

/* Precedence: the record's time-to-live, then the policy's, then the arena's (300 and 3600). */
Test(reap, precedence_is_record_then_policy_then_arena)
{
	static const struct {
		unsigned status;
		uint32_t record, ttl, error_ttl, counts;
	} cases[] = {
		{HW__FINISHED, 0, 0, 0, 300},
		{HW__ERROR, 0, 0, 0, 3600},
		{HW__LOST, 0, 0, 0, 3600},
		{HW__FINISHED, 0, 7, 9, 7},
		{HW__ERROR, 0, 7, 9, 9},
		{HW__LOST, 0, 7, 9, 9},
		{HW__FINISHED, 0, 0, 9, 300},
		{HW__ERROR, 0, 7, 0, 3600},
		{HW__LOST, 0, 7, 0, 3600},
		{HW__FINISHED, 5, 7, 9, 5},
		{HW__ERROR, 5, 7, 9, 5},
		{HW__LOST, 5, 7, 9, 5},
		{HW__FINISHED, 8000, 7, 9, 8000},
		{HW__ERROR, 8000, 0, 0, 8000},
		{HW__FINISHED, UINT32_MAX, 0, 0, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct headway_reap_policy policy = {.ttl_seconds = cases[i].ttl,
						     .error_ttl_seconds = cases[i].error_ttl};
		uint32_t slot = ended_at(cases[i].status, cases[i].record, 0);

		now_ns = ENDED + cases[i].counts * SECOND - 1;
		cr_expect_eq(reap(&policy).expired, 0, "case %zu, a nanosecond before", i);
		cr_assert(is_there(slot));
		now_ns++;
		cr_expect_eq(reap(&policy).expired, 1, "case %zu, at its time", i);
		cr_assert_not(is_there(slot));
	}
}

Test(reap, a_record_that_ended_in_the_future_is_not_expired)
{
	uint32_t slot = ended_at(HW__FINISHED, 1, 10);

	now_ns = ENDED;
	cr_expect_eq(reap(NULL).expired, 0);
	cr_expect(is_there(slot));
}

Test(reap, running_and_open_records_never_expire)
{
	struct headway_record *running = fixture_start(&(struct headway_spec){.ttl_seconds = 1}),
			      *open;
	uint32_t past = ended_at(HW__FINISHED, 1, 0);
	struct headway_reap_report report;
	struct headway_id id;

	memcpy(id.bytes, hw__block_at(fx.a, hw__ref_index(fx.a->slots[past].word))->h.id, 16);
	cr_assert_eq(headway_resume(fx.arena, &id, &open), 0);
	now_ns = ENDED * 1000;
	report = reap(NULL);
	cr_expect_eq(report.expired, 0);
	cr_expect_eq(report.live, 1);
	cr_expect(is_there(past));
	cr_expect_eq(headway_status(running), HEADWAY_RUNNING);
	headway_release(open);
	cr_expect_eq(reap(NULL).expired, 1);
	headway_release(running);
}

Test(reap, the_report_and_the_totals_count_what_was_done)
{
	struct headway_record *lost =
		fixture_start(&(struct headway_spec){.ttl_seconds = UINT32_MAX});
	struct headway_record *live = fixture_start(NULL);
	struct headway_info info = {.size = sizeof info};
	struct headway_reap_report report;

	cr_assert_eq(headway_message(lost, "long", fixture_text(5000, 'v')), 0);
	fixture_bequeath(lost, DEAD);
	fixture_slot(live)->owner = hw__owner(HW__OWNER_MEMBER, 0, 0, 1);
	*fixture_state(HW__BLOCKS, fx.a->geometry.blocks - 1) = hw__state(HW__KIND_PRIVATE, DEAD,
									  1);
	*fixture_state(HW__BLOCKS, fx.a->geometry.blocks - 2) = hw__state(HW__KIND_SHARED, 0, 1);
	ended_at(HW__FINISHED, 1, 0);
	ended_at(HW__ERROR, 1, 0);
	ended_at(HW__ERROR, 500, 0);
	now_ns = ENDED + 100 * SECOND;
	report = reap(NULL);
	cr_expect_eq(report.live, 1);
	cr_expect_eq(report.lost, 1);
	cr_expect_eq(report.expired, 2);
	cr_expect_eq(report.evicted, 0);
	cr_expect_eq(report.members_swept, 1);
	cr_expect_eq(report.blocks_freed, 4);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.lost, 1);
	cr_expect_eq(info.expired, 2);
	report = reap(NULL);
	cr_expect_eq(report.lost + report.expired + report.members_swept + report.blocks_freed, 0);
	fx.a->pin_counts[lost->slot] = 0;
	hw__slot_pin(fx.a, lost->slot);
	headway_release(lost);
	headway_release(live);
}

Test(reap, a_dry_run_counts_the_same_and_changes_nothing)
{
	struct headway_reap_policy dry = {.flags = HEADWAY_DRY_RUN};
	struct headway_record *lost = fixture_start(NULL), *live = fixture_start(NULL);
	struct headway_reap_report report, real;
	unsigned char *image;
	uint32_t retiring, pinned, last = fx.a->geometry.blocks - 1;

	fixture_bequeath(lost, DEAD);
	fixture_slot(live)->owner = hw__owner(HW__OWNER_MEMBER, 0, 0, (uint32_t)getpid());
	*fixture_state(HW__BLOCKS, hw__ref_index(fixture_ref(live))) =
		hw__state(HW__KIND_OWNED, 0, hw__version(fixture_ref(live)));
	fixture_slot(live)->pins[0] = 1;
	*fixture_state(HW__BLOCKS, last) = hw__state(HW__KIND_SHARED, 0, 1);
	fx.a->pools[HW__BLOCKS].hints[last / 64] &= ~(1ull << last % 64);
	ended_at(HW__FINISHED, 1, 0);
	pinned = ended_at(HW__FINISHED, 1, 0);
	fx.a->slots[pinned].pins[0] = 1ull << OTHER;
	retiring = ended_at(HW__FINISHED, 1, 0);
	fx.a->slots[retiring].word = hw__word(HW__RETIRING, fx.a->slots[retiring].word);
	now_ns = ENDED + 100 * SECOND;
	image = fixture_image();
	report = reap(&dry);
	cr_expect_eq(report.live, 1);
	cr_expect_eq(report.lost, 1);
	cr_expect_eq(report.expired, 1);
	cr_expect_eq(report.members_swept, 1);
	cr_expect_eq(report.blocks_freed, 3);
	FIXTURE_UNCHANGED(image);
	real = reap(NULL);
	/* The record that has just been lost has the machine's time, which is earlier than the
	 * test's clock. */
	cr_expect_eq(real.expired, report.expired + 1);
	real.expired = report.expired;
	cr_expect_eq(memcmp(&report, &real, sizeof report), 0, "what was said is what is done");
	fx.a->slots[pinned].pins[0] = 0;
	headway_release(live);
	free(lost);
	hw__attachment_put(fx.a);
}

Test(reap, a_record_owned_by_a_pid_is_lost_when_the_process_is_gone)
{
	int gate[2];
	pid_t child;
	char c;
	struct headway_record *r;
	struct headway_info info = {.size = sizeof info};

	cr_assert_eq(pipe(gate), 0);
	child = fork();
	if (child == 0) {
		close(gate[1]);
		_exit(read(gate[0], &c, 1) != 0);
	}
	close(gate[0]);
	r = fixture_start(&(struct headway_spec){.owner_pid = (uint32_t)child});
	cr_expect_eq(reap(NULL).lost, 0);
	cr_expect_eq(headway_status(r), HEADWAY_RUNNING);
	close(gate[1]);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_expect_eq(reap(&(struct headway_reap_policy){.flags = HEADWAY_DRY_RUN}).lost, 1);
	cr_expect_eq(headway_status(r), HEADWAY_RUNNING);
	cr_expect_eq(reap(NULL).lost, 1);
	cr_expect_eq(headway_status(r), HEADWAY_ERROR);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.lost, 1);
	headway_release(r);
}

Test(reap, bad_arguments_are_refused)
{
	struct headway_options read_only = {.flags = HEADWAY_READ_ONLY};
	struct headway_reap_policy policy = {.flags = 2};
	struct headway_reap_report report = {.size = 1};
	struct headway_arena *watcher;

	cr_expect_eq(headway_reap(NULL, NULL, NULL), -EINVAL);
	cr_expect_eq(headway_reap(fx.arena, &policy, NULL), -EINVAL);
	policy = (struct headway_reap_policy){.size = 1};
	cr_expect_eq(headway_reap(fx.arena, &policy, NULL), -EINVAL);
	cr_expect_eq(headway_reap(fx.arena, NULL, &report), -EINVAL);
	cr_expect_eq(headway_reap(fx.arena, NULL, NULL), 0);
	cr_assert_eq(headway_open(fx.name, &read_only, &watcher), 0);
	cr_expect_eq(headway_reap(watcher, NULL, NULL), -EACCES);
	headway_close(watcher);
}

Test(reap, an_older_caller_s_smaller_report_is_filled)
{
	struct headway_reap_report report;

	memset(&report, 0x77, sizeof report);
	report.size = offsetof(struct headway_reap_report, expired);
	cr_assert_eq(headway_reap(fx.arena, NULL, &report), 0);
	cr_expect_eq(report.size, offsetof(struct headway_reap_report, expired));
	cr_expect_eq(report.lost, 0);
	cr_expect_eq(report.expired, 0x7777777777777777u);
}

/* The process that found the owner dead may be in another time namespace, where this record's
 * boot clock is unknown. */
Test(reap, a_loss_without_a_time_is_dated_by_the_first_reap_that_can)
{
	uint32_t slot = ended_at(HW__LOST, 1, 0);
	uint64_t *lost_ns = &fx.a->slots[slot].lost_ns;

	now_ns = ENDED + 100 * SECOND;
	fixture_started(hw__block_at(fx.a, hw__ref_index(fx.a->slots[slot].word)), 100);
	*lost_ns = 99; /* of an earlier record in the slot */
	cr_expect_eq(reap(&(struct headway_reap_policy){.flags = HEADWAY_DRY_RUN}).expired, 0);
	cr_expect_eq(*lost_ns, 99);
	*lost_ns = 0;
	cr_expect_eq(reap(&(struct headway_reap_policy){.flags = HEADWAY_DRY_RUN}).expired, 0);
	cr_expect_eq(*lost_ns, 0, "a dry run writes nothing");
	(void)reap(NULL);
	cr_expect_neq(*lost_ns, 0);
}

/* ---- room ------------------------------------------------------------------------------------ */

Test(reap, finished_records_are_evicted_before_errors_and_the_oldest_first)
{
	struct headway_record *running;
	uint32_t third = ended_at(HW__FINISHED, 0, 30), first = ended_at(HW__FINISHED, 0, 10);
	uint32_t second = ended_at(HW__FINISHED, 0, 20), fifth = ended_at(HW__ERROR, 0, 8);
	uint32_t fourth = ended_at(HW__LOST, 0, 5), open = ended_at(HW__FINISHED, 0, 1);
	const uint32_t order[] = {first, second, third, fourth, fifth};
	struct headway_info info = {.size = sizeof info};

	running = fixture_start(NULL);
	fx.a->slots[open].pins[0] = 1ull << OTHER;
	now_ns = ENDED + 60 * SECOND;
	for (int i = 0; i < 5; i++) {
		for (int k = i; k < 5; k++)
			cr_expect(is_there(order[k]), "%d before its turn", k);
		cr_expect(hw__make_room(fx.a, HW__WANT_SLOT, 0));
		cr_expect_not(is_there(order[i]), "%d", i);
	}
	cr_expect_not(hw__make_room(fx.a, HW__WANT_SLOT, 0), "nothing else may go");
	cr_expect(is_there(open));
	cr_expect_eq(headway_status(running), HEADWAY_RUNNING);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.evicted, 5);
	fx.a->slots[open].pins[0] = 0;
	headway_release(running);
}

Test(reap, a_batch_is_a_sixty_fourth_of_the_slots_and_the_oldest_of_all)
{
	struct headway_options o = *fixture_options();
	uint32_t slots[100], there = 0;

	o.slots = 256;
	o.bytes = 1 << 20;
	fixture_again(&o);
	for (uint32_t i = 0; i < 100; i++) /* a permutation of 0..99 */
		slots[i] = ended_at(HW__FINISHED, 0, 1 + i * 37 % 100);
	now_ns = ENDED + 200 * SECOND;
	cr_expect(hw__make_room(fx.a, HW__WANT_SLOT, 0));
	for (uint32_t i = 0; i < 100; i++) {
		cr_expect_eq(is_there(slots[i]), i * 37 % 100 >= 4, "age %u", i * 37 % 100);
		there += is_there(slots[i]);
	}
	cr_expect_eq(there, 96);
}

/* As many as one pass may evict, and more have been met than it can remember. */
Test(reap, the_oldest_are_evicted_when_there_are_more_than_a_batch)
{
	struct headway_options o = *fixture_options();
	enum { BATCH = 64, MORE = 6 };
	uint32_t slots[BATCH + MORE];

	o.slots = 4096;
	o.bytes = 8 << 20;
	fixture_again(&o);
	for (uint32_t i = 0; i < BATCH + MORE; i++)
		slots[i] = ended_at(HW__FINISHED, 0, 1 + i);
	now_ns = ENDED + 200 * SECOND;
	cr_expect(hw__make_room(fx.a, HW__WANT_SLOT, 0));
	for (uint32_t i = 0; i < BATCH + MORE; i++)
		cr_expect_eq(is_there(slots[i]), i >= BATCH, "%u", i);
}

/* A pass scans all slots, so one pass frees everything that is needed. */
Test(reap, one_pass_frees_all_the_extents_that_are_wanted)
{
	for (int i = 0; i < 3; i++) {
		struct headway_record *r = fixture_start(NULL);

		cr_assert_eq(headway_message(r, "long", fixture_text(5000, 'v')), 0);
		cr_assert_eq(headway_finish(r), 0);
		fixture_ended(fixture_block(r), ENDED + 10 * SECOND);
		headway_release(r);
	}
	fixture_exhaust(HW__EXTENTS, 1);
	now_ns = ENDED + 20 * SECOND;
	cr_expect(hw__make_room(fx.a, HW__WANT_EXTENT, 5));
	cr_expect_eq(fixture_free(HW__EXTENTS), 5);
}

Test(reap, expired_records_are_freed_before_any_is_evicted)
{
	uint32_t stays = ended_at(HW__FINISHED, 1000, 0), goes = ended_at(HW__ERROR, 5, 40);
	uint32_t too = ended_at(HW__FINISHED, 5, 40);
	struct headway_info info = {.size = sizeof info};

	now_ns = ENDED + 60 * SECOND;
	cr_expect(hw__make_room(fx.a, HW__WANT_SLOT, 0));
	cr_expect(is_there(stays), "though it is the oldest");
	cr_expect_not(is_there(goes));
	cr_expect_not(is_there(too));
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.expired, 2);
	cr_expect_eq(info.evicted, 0);
}

Test(reap, for_an_extent_only_records_with_extents_are_evicted)
{
	struct headway_record *r = fixture_start(NULL);
	uint32_t plain = ended_at(HW__FINISHED, 0, 0), long_one = r->slot;

	cr_assert_eq(headway_message(r, "long", fixture_text(5000, 'v')), 0);
	cr_assert_eq(headway_finish(r), 0);
	fixture_ended(fixture_block(r), ENDED + 10 * SECOND);
	headway_release(r);
	now_ns = ENDED + 20 * SECOND;
	cr_expect(hw__make_room(fx.a, HW__WANT_EXTENT, 1));
	cr_expect(is_there(plain));
	cr_expect_not(is_there(long_one));
	cr_expect_not(hw__make_room(fx.a, HW__WANT_EXTENT, 1));
	cr_expect(is_there(plain));
}

/* A process that was killed between a state and its hint leaves the hint wrong. */
Test(reap, nothing_is_evicted_for_an_extent_that_only_the_hints_miss)
{
	struct headway_record *wants = fixture_start(NULL), *over = fixture_start(NULL);
	const struct hw__pool *pool = &fx.a->pools[HW__EXTENTS];
	uint32_t slot = over->slot;

	cr_assert_eq(headway_message(over, "long", fixture_text(5000, 'v')), 0);
	cr_assert_eq(headway_finish(over), 0);
	headway_release(over);
	fixture_exhaust(HW__EXTENTS, 2);
	memset(pool->hints, 0, (pool->count + 63) / 64 * 8);
	cr_expect_eq(headway_message(wants, "long", fixture_text(5000, 'v')), 0);
	cr_expect(is_there(slot));
	headway_release(wants);
}

Test(reap, for_a_striped_slot_only_striped_slots_are_searched)
{
	uint32_t plain = ended_at(HW__FINISHED, 0, 0);

	cr_assert_geq(plain, fx.a->geometry.striped_slots);
	now_ns = ENDED + SECOND;
	cr_expect_not(hw__make_room(fx.a, HW__WANT_STRIPED_SLOT, 0));
	cr_expect(is_there(plain));
	cr_expect(hw__make_room(fx.a, HW__WANT_SLOT, 0));
}

Test(reap, for_a_block_dead_members_are_swept_before_eviction)
{
	uint32_t past = ended_at(HW__FINISHED, 0, 0);

	fixture_exhaust(HW__BLOCKS, 1);
	for (uint32_t i = 0; i < fx.a->geometry.blocks; i++)
		if (hw__state_kind(*fixture_state(HW__BLOCKS, i)) == HW__KIND_FREE)
			*fixture_state(HW__BLOCKS, i) = hw__state(HW__KIND_PRIVATE, DEAD, 1);
	fixture_bury(DEAD);
	now_ns = ENDED + SECOND;
	cr_expect(hw__make_room(fx.a, HW__WANT_BLOCK, 0));
	cr_expect(is_there(past), "nobody had to go");
	cr_expect(hw__make_room(fx.a, HW__WANT_BLOCK, 0));
	cr_expect(is_there(past), "there is one");
	fixture_exhaust(HW__BLOCKS, 0);
	cr_expect(hw__make_room(fx.a, HW__WANT_BLOCK, 0));
	cr_expect_not(is_there(past));
}

Test(reap, an_unpinned_retiring_record_is_freed)
{
	uint32_t slot = fixture_past(NULL, NULL);
	uint64_t word = fx.a->slots[slot].word;
	uint64_t *state = fixture_state(HW__BLOCKS, hw__ref_index(word));

	fx.a->slots[slot].word = hw__word(HW__RETIRING, word);
	*state = hw__state(HW__KIND_SHARED, 0, hw__version(word));
	cr_expect_eq(reap(NULL).blocks_freed, 1);
	cr_expect_not(is_there(slot));
}

static uint32_t opened_slot;

static void opened_by_another(void)
{
	fx.a->slots[opened_slot].pins[0] |= 1ull << OTHER;
}

Test(reap, a_record_opened_before_its_eviction_makes_no_room)
{
	struct headway_info info = {.size = sizeof info};

	opened_slot = ended_at(HW__FINISHED, 0, 0);
	now_ns = ENDED + SECOND;
	at_access(hw__block_at(fx.a, hw__ref_index(fx.a->slots[opened_slot].word)),
		  opened_by_another);
	cr_expect_not(hw__make_room(fx.a, HW__WANT_SLOT, 0));
	AT_ACCESS_DONE();
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.evicted, 0);
}

static uint64_t *block_in_use;

static void give_back_at_the_third_look(void)
{
	static int looks;

	if (++looks == 3)
		*block_in_use = hw__state(HW__KIND_FREE, 0, hw__version(*block_in_use));
}

/* Calls under way have all blocks: one of them comes back soon. */
Test(reap, a_block_that_comes_back_is_waited_for)
{
	uint32_t past = ended_at(HW__FINISHED, 0, 0);

	fixture_exhaust(HW__BLOCKS, 1);
	for (uint32_t i = 0; i < fx.a->geometry.blocks; i++)
		if (hw__state_kind(*fixture_state(HW__BLOCKS, i)) == HW__KIND_FREE)
			block_in_use = fixture_state(HW__BLOCKS, i);
	*block_in_use = hw__state(HW__KIND_PRIVATE, 0, hw__version(*block_in_use));
	at_yield = give_back_at_the_third_look;
	now_ns = ENDED + SECOND;
	cr_expect(hw__make_room(fx.a, HW__WANT_BLOCK, 0));
	cr_expect(is_there(past), "nobody had to go");
}

Test(reap, a_start_in_a_full_arena_evicts_the_oldest)
{
	struct headway_record *running[8], *r;
	struct headway_info info = {.size = sizeof info};

	for (int i = 0; i < 7; i++)
		running[i] = fixture_start(NULL);
	ended_at(HW__FINISHED, 0, 0);
	now_ns = ENDED + SECOND;
	running[7] = fixture_start(NULL);
	cr_expect_eq(headway_start(fx.arena, NULL, &r), -ENOSPC);
	cr_expect_null(r);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.no_room, 1);
	cr_expect_eq(info.evicted, 1);
	for (int i = 0; i < 8; i++) {
		cr_expect_eq(headway_status(running[i]), HEADWAY_RUNNING);
		headway_release(running[i]);
	}
}
