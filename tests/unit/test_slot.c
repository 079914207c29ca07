/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots: from the claim to freeing, and how pins delay freeing. */
#include "at_access.h"
#include "fixture.h"

TestSuite(slot, .init = fixture_up, .fini = fixture_down);

static struct hw__slot *slot_at(uint32_t slot)
{
	return &fx.a->slots[slot];
}

static unsigned status_of(uint32_t slot)
{
	return hw__word_status(slot_at(slot)->word);
}

static uint32_t claimed(bool striped)
{
	uint32_t slot = UINT32_MAX;

	cr_assert_eq(hw__slot_claim(fx.a, striped, &slot), 0);
	cr_assert_lt(slot, fx.a->geometry.slots);
	return slot;
}

/* ---- claim ----------------------------------------------------------------------------------- */

Test(slot, each_is_claimed_once)
{
	uint32_t slot;

	for (uint32_t i = 0; i < fx.a->geometry.slots; i++) {
		slot = claimed(false);
		cr_expect_eq(slot_at(slot)->word, hw__word_claim(0));
	}
	for (uint32_t i = 0; i < fx.a->geometry.slots; i++)
		cr_expect_eq(status_of(i), HW__CLAIM);
	cr_expect_eq(hw__slot_claim(fx.a, false, &slot), -ENOSPC);
	cr_expect_eq(hw__slot_claim(fx.a, true, &slot), -ENOSPC);
}

Test(slot, striped_slots_are_used_last_by_plain_records)
{
	struct headway_options o = *fixture_options();
	uint32_t slot;

	o.slots = 48;
	o.bytes = 1 << 20;
	fixture_again(&o);
	cr_assert_eq(fx.a->geometry.striped_slots, 3);
	cr_expect_lt(claimed(true), 3);
	for (int i = 0; i < 45; i++)
		cr_expect_geq(claimed(false), 3);
	cr_expect_lt(claimed(false), 3, "nothing else is left");
	cr_expect_lt(claimed(true), 3);
	cr_expect_eq(hw__slot_claim(fx.a, true, &slot), -ENOSPC);
}

Test(slot, an_initialized_claim_that_is_undone_leaves_a_free_slot_without_pins)
{
	uint32_t slot = claimed(true);
	unsigned char random[HW__ID_RANDOM] = {9, 8, 7};
	struct headway_id id;

	hw__id_make(fx.a, slot, random, &id);
	memset(slot_at(slot)->counters, 0xff, sizeof slot_at(slot)->counters);
	memset(&fx.a->stripes[slot], 0xff, sizeof fx.a->stripes[slot]);
	slot_at(slot)->lost_ns = 5;
	hw__slot_init(fx.a, slot, &id, hw__owner(HW__OWNER_MEMBER, HW__FLAG_STRIPED, 0, 1));
	cr_expect_eq(slot_at(slot)->id_tail, hw__id_tail(&id));
	cr_expect_eq(slot_at(slot)->lost_ns, 0);
	cr_expect_eq(slot_at(slot)->pins[0], 1);
	for (int c = 0; c < HW__COUNTERS; c++) {
		cr_expect_eq(slot_at(slot)->counters[c], 0);
		for (int i = 0; i < HW__STRIPES; i++)
			cr_expect_eq(fx.a->stripes[slot].counters[i][c], 0);
	}
	hw__slot_unclaim(fx.a, slot);
	cr_expect_eq(slot_at(slot)->word, 0);
	cr_expect_not(hw__slot_is_pinned(slot_at(slot)));
	cr_expect_eq(fx.a->pin_counts[slot], 0);
}

Test(slot, a_claim_of_another_member_is_not_undone)
{
	slot_at(4)->word = hw__word_claim(OTHER);
	hw__slot_pin(fx.a, 4);
	hw__slot_unclaim(fx.a, 4);
	cr_expect_eq(slot_at(4)->word, hw__word_claim(OTHER));
}

/* ---- pins ------------------------------------------------------------------------------------ */

Test(slot, one_pin_bit_serves_all_handles_of_a_process)
{
	struct headway_record *r = fixture_start(NULL), *again[3];
	struct hw__slot *slot = fixture_slot(r);

	cr_expect_eq(slot->pins[0], 1);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(headway_resume(fx.arena, &r->id, &again[i]), 0);
	cr_expect_eq(slot->pins[0], 1);
	cr_expect_eq(fx.a->pin_counts[r->slot], 4);
	for (int i = 0; i < 3; i++) {
		headway_release(again[i]);
		cr_expect_eq(slot->pins[0], 1);
	}
	headway_release(r);
	cr_expect_eq(slot->pins[0], 0);
}

Test(slot, a_pin_of_another_generation_is_invalid)
{
	struct headway_record *r = fixture_start(NULL);

	hw__slot_unpin(fx.a, r->slot, hw__generation(fx.a) + 1);
	cr_expect_eq(fixture_slot(r)->pins[0], 1);
	cr_expect_eq(fx.a->pin_counts[r->slot], 1);
	headway_release(r);
}

Test(slot, each_member_has_a_bit_of_its_own)
{
	for (uint32_t member = 0; member < HW__MEMBERS_MAX; member++) {
		fx.a->member = member;
		hw__slot_pin(fx.a, 3);
		for (uint32_t i = 0; i < HW__PIN_WORDS; i++)
			cr_expect_eq(slot_at(3)->pins[i],
				     i == member / 64 ? 1ull << member % 64 : 0, "%u", member);
		cr_expect(hw__slot_is_pinned(slot_at(3)));
		hw__slot_unpin(fx.a, 3, hw__generation(fx.a));
		cr_expect_not(hw__slot_is_pinned(slot_at(3)));
	}
	fx.a->member = 0;
}

/* ---- retire ---------------------------------------------------------------------------------- */

static struct headway_record *ended_with_chains(void)
{
	struct headway_record *r = fixture_start(NULL);
	char json[5002];

	memset(json, '1', sizeof json);
	cr_assert_eq(headway_message(r, "long", fixture_text(5000, 'v')), 0);
	cr_assert_eq(headway_finish_with_results(r, json, 5000), 0);
	return r;
}

Test(slot, a_pin_keeps_a_record_that_is_over)
{
	struct headway_record *r = ended_with_chains();
	uint64_t word = fixture_slot(r)->word;

	cr_expect_eq(hw__slot_retire(fx.a, r->slot, word), 0);
	cr_expect_eq(fixture_slot(r)->word, word);
	fixture_slot(r)->pins[0] = 0;
	fixture_slot(r)->pins[3] = 1ull << 63; /* the pin of some other member */
	cr_expect_eq(hw__slot_retire(fx.a, r->slot, word), 0);
	cr_expect_eq(fixture_slot(r)->word, word);
	fixture_slot(r)->pins[3] = 0;
	cr_expect_neq(hw__slot_retire(fx.a, r->slot, word), 0);
	headway_release(r);
}

Test(slot, retiring_gives_back_the_block_and_both_chains)
{
	uint32_t blocks = fixture_free(HW__BLOCKS), extents = fixture_free(HW__EXTENTS), slot,
		 queued;
	struct headway_record *r = ended_with_chains();

	slot = r->slot;
	headway_release(r);
	queued = fixture_kept(0);
	cr_expect_eq(fixture_free(HW__EXTENTS), extents - 4);
	cr_expect_eq(hw__slot_retire(fx.a, slot, slot_at(slot)->word), 5);
	cr_expect_eq(slot_at(slot)->word, 0);
	cr_expect_eq(fixture_free(HW__EXTENTS), extents);
	cr_expect_eq(fixture_free(HW__BLOCKS), blocks - queued);
	FIXTURE_SOUND();
}

Test(slot, only_the_expected_word_is_retired)
{
	uint32_t slot = fixture_past(NULL, NULL);
	uint64_t word = slot_at(slot)->word;

	cr_expect_eq(hw__slot_retire(fx.a, slot, hw__word(HW__ERROR, word)), 0);
	cr_expect_eq(slot_at(slot)->word, word);
	cr_expect_eq(hw__slot_retire(fx.a, slot, word), 1);
	cr_expect_eq(hw__slot_retire(fx.a, slot, word), 0, "it is gone already");
}

/* The state after an opener has set its pin too late for the retirer's check: RETIRING, and still
 * pinned. */
static uint32_t retiring_under_a_pin(struct headway_record **r)
{
	*r = ended_with_chains();
	fixture_slot(*r)->word = hw__word(HW__RETIRING, fixture_slot(*r)->word);
	for (int which = HW__BLOCKS; which <= HW__EXTENTS; which++)
		for (uint32_t i = 0; i < fx.a->pools[which].count; i++) {
			uint64_t *state = fixture_state((enum hw__pool_index)which, i);

			if (hw__state_kind(*state) == HW__KIND_OWNED)
				*state = hw__state(HW__KIND_SHARED, 0, hw__version(*state));
		}
	return (*r)->slot;
}

Test(slot, the_last_unpin_frees_a_retiring_slot)
{
	struct headway_record *r;
	uint32_t slot = retiring_under_a_pin(&r);
	struct headway_record *second;

	cr_expect_eq(headway_resume(fx.arena, &r->id, &second), -ESTALE, "it reads as gone");
	cr_expect_eq(status_of(slot), HW__RETIRING, "and that failure does not free it");
	cr_expect_eq(hw__slot_retire_finish(fx.a, slot, slot_at(slot)->word), 0);
	cr_expect_eq(status_of(slot), HW__RETIRING);
	headway_release(r);
	cr_expect_eq(slot_at(slot)->word, 0);
	cr_expect_eq(fixture_free(HW__EXTENTS), fx.a->geometry.extents);
	FIXTURE_SOUND();
}

/* A handle on it tells how it ended: the block is there as long as the pin. */
Test(slot, a_retiring_record_has_the_status_that_it_ended_with)
{
	struct headway_record *r;

	(void)retiring_under_a_pin(&r);
	cr_expect_eq(headway_status(r), HEADWAY_FINISHED);
	cr_expect_eq(headway_finish(r), -EALREADY);
	headway_release(r);
	r = fixture_start(NULL);
	cr_assert_eq(headway_error(r, "broken"), 0);
	fixture_slot(r)->word = hw__word(HW__RETIRING, fixture_slot(r)->word);
	cr_expect_eq(headway_status(r), HEADWAY_ERROR);
	headway_release(r);
}

Test(slot, a_search_for_a_slot_frees_unpinned_retiring_slots)
{
	struct headway_record *r;
	uint32_t slot = retiring_under_a_pin(&r), got;

	fixture_slot(r)->pins[0] = 0; /* as if its member had died and been swept */
	for (uint32_t i = 0; i < fx.a->geometry.slots; i++)
		if (i != slot)
			slot_at(i)->word = hw__word_claim(OTHER);
	cr_assert_eq(hw__slot_claim(fx.a, false, &got), 0);
	cr_expect_eq(got, slot);
	cr_expect_eq(fixture_free(HW__EXTENTS), fx.a->geometry.extents);
	fx.a->pin_counts[slot] = 1;
	headway_release(r);
}

Test(slot, a_record_with_impossible_content_is_not_freed)
{
	uint32_t slot = fixture_past(NULL, NULL);
	uint64_t word = slot_at(slot)->word;

	hw__block_at(fx.a, hw__ref_index(word))->h.used_bytes = 9999;
	cr_expect_eq(hw__slot_retire(fx.a, slot, word), 0);
	cr_expect_eq(slot_at(slot)->word, word);
}

static uint32_t shared_slot;

static void others_pin(void)
{
	slot_at(shared_slot)->pins[0] |= 1ull << OTHER;
}

/* The pins are read before the content, and again after the word was made RETIRING. */
Test(slot, a_record_opened_while_it_is_retired_is_kept)
{
	uint64_t word;

	shared_slot = fixture_past(NULL, NULL);
	word = slot_at(shared_slot)->word;
	at_access(hw__block_at(fx.a, hw__ref_index(word)), others_pin);
	cr_expect_eq(hw__slot_retire(fx.a, shared_slot, word), 0);
	AT_ACCESS_DONE();
	cr_expect_eq(slot_at(shared_slot)->word, hw__word(HW__RETIRING, word));
	slot_at(shared_slot)->pins[0] = 0;
	cr_expect_eq(hw__slot_retire_finish(fx.a, shared_slot, slot_at(shared_slot)->word), 1);
	FIXTURE_SOUND();
}

static void retire_it(void)
{
	cr_expect_eq(hw__slot_retire(fx.a, shared_slot, slot_at(shared_slot)->word), 0);
}

/* Whoever opens a record pins it before it looks at what is there. */
Test(slot, a_record_is_not_freed_while_it_is_opened)
{
	struct headway_record *r = fixture_start(NULL), *again = NULL;
	struct headway_id id = r->id;

	shared_slot = r->slot;
	cr_assert_eq(headway_finish(r), 0);
	headway_release(r);
	at_access(hw__block_at(fx.a, hw__ref_index(slot_at(shared_slot)->word)), retire_it);
	cr_expect_eq(headway_resume(fx.arena, &id, &again), 0);
	AT_ACCESS_DONE();
	cr_expect_eq(headway_status(again), HEADWAY_FINISHED);
	headway_release(again);
	FIXTURE_SOUND();
}

/* ---- lose ------------------------------------------------------------------------------------ */

Test(slot, a_running_record_is_lost_once_and_not_as_a_later_record)
{
	struct headway_record *r = fixture_start(NULL);
	struct hw__slot *slot = fixture_slot(r);
	uint64_t life = slot->id_tail, owner = slot->owner, ref = fixture_ref(r), when;

	cr_expect_not(hw__slot_mark_lost(fx.a, r->slot, life + 1, owner), "another record");
	cr_expect_not(hw__slot_mark_lost(fx.a, r->slot, life, owner + 1), "another owner");
	cr_expect_eq(slot->lost_ns, 0);
	cr_expect(hw__slot_mark_lost(fx.a, r->slot, life, owner));
	cr_expect_eq(slot->word, hw__word(HW__LOST, ref), "the block is as it was");
	when = slot->lost_ns;
	cr_expect_neq(when, 0);
	cr_expect_not(hw__slot_mark_lost(fx.a, r->slot, life, owner));
	cr_expect_eq(slot->lost_ns, when);
	cr_expect_eq(headway_message(r, "k", "v"), -EALREADY);
	cr_expect_eq(headway_finish(r), -EALREADY);
	cr_expect_eq(headway_add(r, 1), -EALREADY);
	cr_expect_eq(headway_status(r), HEADWAY_ERROR);
	headway_release(r);
}

/* Another sweeper has recorded the time before; a time from an earlier record in the slot does not
 * count. */
Test(slot, the_first_to_find_the_owner_dead_sets_the_time)
{
	struct headway_record *r = fixture_start(NULL);
	struct hw__slot *slot = fixture_slot(r);
	uint64_t running = slot->word, started;

	memcpy(&started,
	       fixture_entry(fixture_block(r), 0) + offsetof(struct hw__origin, started_boot_ns),
	       sizeof started);

	slot->lost_ns = started;
	cr_expect(hw__slot_mark_lost(fx.a, r->slot, slot->id_tail, slot->owner));
	cr_expect_eq(slot->lost_ns, started);
	slot->word = running;
	slot->lost_ns = started - 1;
	cr_expect(hw__slot_mark_lost(fx.a, r->slot, slot->id_tail, slot->owner));
	cr_expect_geq(slot->lost_ns, started, "what is older is not of this life");
	headway_release(r);
}

static struct headway_record *updated;

static void update(void)
{
	cr_assert_eq(headway_message(updated, "k", "v"), 0);
}

Test(slot, a_record_updated_meanwhile_is_lost_all_the_same)
{
	struct hw__slot *slot;
	uint64_t first;

	updated = fixture_start(NULL);
	slot = fixture_slot(updated);
	first = fixture_ref(updated);
	at_access(fixture_block(updated), update);
	cr_expect(hw__slot_mark_lost(fx.a, updated->slot, slot->id_tail, slot->owner));
	AT_ACCESS_DONE();
	cr_expect_eq(hw__word_status(slot->word), HW__LOST);
	cr_expect_neq(fixture_ref(updated), first, "the revision of the update is the last");
	headway_release(updated);
}

Test(slot, an_ended_record_cannot_be_lost)
{
	uint32_t slot = fixture_past(NULL, NULL);
	uint64_t word = slot_at(slot)->word;

	cr_expect_not(hw__slot_mark_lost(fx.a, slot, slot_at(slot)->id_tail, slot_at(slot)->owner));
	cr_expect_eq(slot_at(slot)->word, word);
	cr_expect_eq(slot_at(slot)->lost_ns, 0);
}

Test(slot, a_loss_found_in_another_time_namespace_has_no_time)
{
	struct headway_record *r = fixture_start(NULL);
	struct hw__slot *slot = fixture_slot(r);

	fx.a->time_namespace++;
	cr_expect(hw__slot_mark_lost(fx.a, r->slot, slot->id_tail, slot->owner));
	cr_expect_eq(slot->lost_ns, 0);
	fx.a->time_namespace--;
	headway_release(r);
}

/* ---- counters -------------------------------------------------------------------------------- */

Test(slot, striped_counters_are_spread_by_member_and_read_as_their_sum)
{
	uint64_t owner = hw__owner(HW__OWNER_MEMBER, HW__FLAG_STRIPED, 0, 1), sum[HW__COUNTERS];

	for (uint32_t member = 0; member < 2 * HW__STRIPES; member++) {
		uint64_t *own = hw__slot_counters(fx.a, 0, owner, member);

		cr_expect_eq(own, fx.a->stripes[0].counters[member % HW__STRIPES]);
		own[0] += 1;
		own[7] += 100;
	}
	slot_at(0)->counters[1] = 5000;
	hw__slot_counters_read(fx.a, 0, owner, sum);
	cr_expect_eq(sum[0], 2 * HW__STRIPES);
	cr_expect_eq(sum[1], 5000);
	cr_expect_eq(sum[7], 2 * HW__STRIPES * 100);
	hw__slot_counters_read(fx.a, 0, hw__owner(HW__OWNER_MEMBER, 0, 0, 1), sum);
	cr_expect_eq(sum[0], 0, "a record without stripes has what is in its slot");
}

Test(slot, an_owner_word_claiming_stripes_that_do_not_exist_is_ignored)
{
	uint64_t owner = hw__owner(HW__OWNER_MEMBER, HW__FLAG_STRIPED, 0, 1), sum[HW__COUNTERS];
	uint32_t beyond = fx.a->geometry.striped_slots;

	cr_expect_eq(hw__slot_counters(fx.a, beyond, owner, 1), slot_at(beyond)->counters);
	slot_at(beyond)->counters[0] = 3;
	hw__slot_counters_read(fx.a, beyond, owner, sum);
	cr_expect_eq(sum[0], 3);
}

Test(slot, an_invalid_counter_index_is_refused)
{
	static const char *const names[] = {"one", NULL};
	static const unsigned bad[] = {1,         2, 5, 6, 7, 254, UINT32_MAX - 2, UINT32_MAX - 1,
				       UINT32_MAX};
	struct headway_record *r =
		fixture_start(&(struct headway_spec){.counters = names, .total = 3});

	cr_expect_eq(headway_counter_add(r, 0, 5), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(headway_counter_add(r, bad[i], 5), -EINVAL, "%u", bad[i]);
	cr_expect_eq(headway_counter_slow(r, HEADWAY_SLOW_ADD, 1, 5), -EINVAL, "the total");
	cr_expect_eq(fixture_slot(r)->counters[0], 0);
	cr_expect_eq(fixture_slot(r)->counters[1], 3);
	cr_expect_eq(fixture_slot(r)->counters[2], 5);
	headway_release(r);
}

/* Starts that find no plain slot search for one again only after a slot was freed. */
Test(slot, plain_slots_are_preferred_again_after_one_was_freed)
{
	struct headway_record *r = NULL;
	uint32_t first = fx.a->geometry.striped_slots, slot, taken = 0;

	cr_assert_gt(first, 0);
	r = fixture_start(NULL);
	cr_assert_geq(r->slot, first);
	while (taken < fx.a->geometry.slots - first - 1) {
		cr_assert_eq(hw__slot_claim(fx.a, false, &slot), 0);
		cr_assert_geq(slot, first);
		taken++;
	}
	cr_assert_eq(hw__slot_claim(fx.a, false, &slot), 0);
	cr_expect_lt(slot, first, "no plain slot is left");
	fx.a->slots[slot].word = 0;
	slot = r->slot;
	cr_assert_eq(headway_finish(r), 0);
	headway_release(r);
	cr_assert_gt(hw__slot_retire(fx.a, slot, fx.a->slots[slot].word), 0);
	cr_assert_eq(hw__slot_claim(fx.a, false, &taken), 0);
	cr_expect_eq(taken, slot, "a striped slot was taken though a plain one is free");
}
