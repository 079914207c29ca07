/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweeps: they free everything that a dead member can leave, and nothing that belongs to others. */
#include "fixture.h"

TestSuite(sweep, .init = fixture_up, .fini = fixture_down);

enum { V = 40 };

/* Sweeps and returns the counts; the dead members are those of fixture_bury(). */
static struct hw__sweep_count sweep(void)
{
	struct hw__sweep_count count = {0, 0, 0};

	cr_assert_eq(hw__members_sweep_dead(fx.a, &count), 0);
	return count;
}

static void put(enum hw__pool_index which, uint32_t index, enum hw__kind kind, uint32_t member)
{
	*fixture_state(which, index) = hw__state(kind, member, V);
}

static bool is(enum hw__pool_index which, uint32_t index, enum hw__kind kind, uint32_t member)
{
	return *fixture_state(which, index) == hw__state(kind, member, V);
}

static struct headway_record *with_chains(void)
{
	struct headway_record *r = fixture_start(NULL);
	char json[5000];

	memset(json, '1', sizeof json);
	cr_assert_eq(headway_message(r, "long", fixture_text(5000, 'v')), 0);
	cr_assert_eq(headway_results(r, json, sizeof json), 0);
	return r;
}

/* ---- slots ----------------------------------------------------------------------------------- */

Test(sweep, a_claim_of_a_dead_member_is_freed)
{
	fx.a->slots[3].word = hw__word_claim(DEAD);
	fx.a->slots[3].pins[0] = 1ull << DEAD;
	fx.a->slots[4].word = hw__word_claim(OTHER);
	fx.a->slots[4].pins[0] = 1ull << OTHER;
	fixture_bury(DEAD);
	cr_expect_eq(sweep().members, 1);
	cr_expect_eq(fx.a->slots[3].word, 0);
	cr_expect_eq(fx.a->slots[3].pins[0], 0);
	cr_expect_eq(fx.a->slots[4].word, hw__word_claim(OTHER));
	cr_expect_eq(fx.a->slots[4].pins[0], 1ull << OTHER);
	cr_expect_eq(fx.a->members[DEAD].dirty, 0);
}

Test(sweep, a_running_record_of_a_dead_member_is_lost_even_if_open_elsewhere)
{
	struct headway_record *r = fixture_start(NULL);
	struct hw__slot *slot = fixture_slot(r);
	struct headway_info info = {.size = sizeof info};
	uint64_t ref = fixture_ref(r);

	fixture_bequeath(r, DEAD);
	slot->pins[0] |= 1;
	cr_expect_eq(headway_message(r, "k", "v"), 0, "not yet known to be dead");
	ref = fixture_ref(r);
	cr_expect_eq(sweep().members, 1);
	cr_expect_eq(slot->word, hw__word(HW__LOST, ref));
	cr_expect_neq(slot->lost_ns, 0);
	cr_expect_eq(slot->pins[0], 1, "our pin stays, that of the dead goes");
	cr_expect_eq(headway_message(r, "k", "w"), -EALREADY);
	cr_assert_eq(headway_info(fx.arena, &info), 0);
	cr_expect_eq(info.lost, 1);
	headway_release(r);
	FIXTURE_SOUND();
}

Test(sweep, records_of_others_and_ended_records_stay)
{
	struct headway_record *own = fixture_start(NULL), *detached, *process, *other;
	uint32_t done = fixture_past(NULL, NULL);
	uint64_t word = fx.a->slots[done].word;

	detached = fixture_start(&(struct headway_spec){.flags = HEADWAY_DETACHED});
	process = fixture_start(&(struct headway_spec){.owner_pid = (uint32_t)getpid()});
	other = fixture_start(NULL);
	fx.a->slots[done].owner = hw__owner(HW__OWNER_MEMBER, 0, DEAD, 1);
	/* only its kind shows that it belongs to a process */
	fixture_slot(process)->owner |= (uint64_t)DEAD << 32;
	fixture_slot(detached)->owner |= (uint64_t)DEAD << 32;
	fixture_slot(other)->owner = hw__owner(HW__OWNER_MEMBER, 0, OTHER, 1);
	fixture_bury(DEAD);
	sweep();
	cr_expect_eq(fx.a->slots[done].word, word);
	cr_expect_eq(headway_status(own), HEADWAY_RUNNING);
	cr_expect_eq(headway_status(detached), HEADWAY_RUNNING);
	cr_expect_eq(headway_status(process), HEADWAY_RUNNING);
	cr_expect_eq(headway_status(other), HEADWAY_RUNNING);
	headway_release(own);
	headway_release(detached);
	headway_release(process);
	headway_release(other);
}

Test(sweep, removing_the_last_pin_frees_a_retiring_record)
{
	struct headway_record *r = with_chains();
	uint32_t slot = r->slot;

	cr_assert_eq(headway_finish(r), 0);
	headway_release(r);
	fx.a->slots[slot].pins[0] = 1ull << DEAD;
	fx.a->slots[slot].word = hw__word(HW__RETIRING, fx.a->slots[slot].word);
	fixture_bury(DEAD);
	sweep();
	cr_expect_eq(fx.a->slots[slot].word, 0);
	cr_expect_eq(fx.a->slots[slot].pins[0], 0);
}

Test(sweep, a_retiring_record_with_another_pin_stays)
{
	uint32_t slot = fixture_past(NULL, NULL);

	fx.a->slots[slot].pins[0] = 1ull << DEAD | 1ull << OTHER;
	fx.a->slots[slot].word = hw__word(HW__RETIRING, fx.a->slots[slot].word);
	fixture_bury(DEAD);
	sweep();
	cr_expect_eq(hw__word_status(fx.a->slots[slot].word), HW__RETIRING);
	cr_expect_eq(fx.a->slots[slot].pins[0], 1ull << OTHER);
}

Test(sweep, exactly_the_pin_bits_of_the_dead_member_are_removed)
{
	for (uint32_t slot = 0; slot < fx.a->geometry.slots; slot++)
		memset(fx.a->slots[slot].pins, 0xff, sizeof fx.a->slots[slot].pins);
	fixture_bury(DEAD);
	sweep();
	for (uint32_t slot = 0; slot < fx.a->geometry.slots; slot++)
		for (int i = 0; i < HW__PIN_WORDS; i++)
			cr_expect_eq(fx.a->slots[slot].pins[i],
				     i ? UINT64_MAX : UINT64_MAX & ~(1ull << DEAD));
}

/* ---- units ----------------------------------------------------------------------------------- */

/* PRIVATE and unpublished chunks are freed, with their version kept; those of other members
 * stay. */
Test(sweep, private_chunks_of_the_dead_member_are_freed_and_no_others)
{
	for (int w = HW__BLOCKS; w <= HW__EXTENTS; w++) {
		enum hw__pool_index which = (enum hw__pool_index)w;

		put(which, 0, HW__KIND_PRIVATE, DEAD);
		put(which, 1, HW__KIND_OWNED, DEAD);
		put(which, 2, HW__KIND_PRIVATE, OTHER);
		put(which, 3, HW__KIND_OWNED, OTHER);
		put(which, 4, HW__KIND_PRIVATE, 0);
		put(which, 5, HW__KIND_OWNED, 0);
		put(which, 6, HW__KIND_FREE, 0);
		fx.a->pools[which].hints[0] = 0;
	}
	hw__extent_at(fx.a, 1)->h.head = hw__ref(1, V); /* a chain that was never published */
	fixture_bury(DEAD);
	cr_expect_eq(sweep().blocks, 4);
	for (int w = HW__BLOCKS; w <= HW__EXTENTS; w++) {
		enum hw__pool_index which = (enum hw__pool_index)w;

		cr_expect(is(which, 0, HW__KIND_FREE, 0), "PRIVATE, version kept");
		cr_expect(is(which, 1, HW__KIND_FREE, 0), "OWNED, version kept");
		cr_expect(is(which, 2, HW__KIND_PRIVATE, OTHER));
		cr_expect(is(which, 3, HW__KIND_OWNED, OTHER));
		cr_expect(is(which, 4, HW__KIND_PRIVATE, 0));
		cr_expect(is(which, 5, HW__KIND_OWNED, 0));
		cr_expect(is(which, 6, HW__KIND_FREE, 0));
		cr_expect_eq(fx.a->pools[which].hints[0], 3, "and their hints are set");
		put(which, 2, HW__KIND_FREE, 0);
		put(which, 3, HW__KIND_FREE, 0);
		put(which, 4, HW__KIND_FREE, 0);
		put(which, 5, HW__KIND_FREE, 0);
	}
}

/* Killed before W3: the new block and its chains name a living record that has other current
 * chunks. */
Test(sweep, unpublished_chunks_are_freed)
{
	struct headway_record *r = with_chains();
	uint32_t blocks, extents;
	uint64_t ref, head;
	struct hw__refs refs = {hw__scratch(HW__SCRATCH_NEW_REFS), 0};
	struct headway_snapshot *s = NULL;

	blocks = fixture_free(HW__BLOCKS);
	extents = fixture_free(HW__EXTENTS);
	fx.a->member = DEAD;
	ref = hw__chunk_own(&fx.a->pools[HW__BLOCKS], DEAD, hw__chunk_take(fx.a, HW__BLOCKS, true));
	hw__block_at(fx.a, hw__ref_index(ref))->h.home = r->slot;
	cr_assert_eq(
		hw__chain_write(fx.a, r->slot, fixture_text(9000, 'x'), 9000, false, &refs, &head),
		0);
	fx.a->member = 0;
	fixture_bury(DEAD);
	cr_expect_eq(sweep().blocks, 4);
	cr_expect_eq(fixture_free(HW__BLOCKS), blocks);
	cr_expect_eq(fixture_free(HW__EXTENTS), extents);
	cr_assert_eq(headway_read(fx.arena, &r->id, &s), 0);
	cr_expect_eq(s->results_length, 5000);
	cr_expect_eq(strlen(s->messages[0].value), 5000);
	headway_snapshot_free(s);
	headway_release(r);
}

Test(sweep, published_chunks_become_shared_and_stay_readable)
{
	struct headway_record *r = with_chains();
	uint64_t ref = fixture_ref(r);
	struct headway_snapshot *s = NULL;
	struct headway_id id = r->id;

	cr_assert_eq(headway_finish(r), 0);
	ref = fixture_ref(r);
	fixture_bequeath(r, DEAD);
	sweep();
	cr_expect_eq(*fixture_state(HW__BLOCKS, hw__ref_index(ref)),
		     hw__state(HW__KIND_SHARED, 0, hw__version(ref)));
	cr_expect_eq(fixture_count(HW__EXTENTS, HW__KIND_SHARED, 0), 4);
	cr_expect_eq(fixture_count(HW__EXTENTS, HW__KIND_OWNED, DEAD), 0);
	cr_assert_eq(headway_read(fx.arena, &id, &s), 0);
	cr_expect_eq(s->results_length, 5000);
	cr_expect_eq(s->status, HEADWAY_FINISHED);
	headway_snapshot_free(s);
	fx.a->pin_counts[r->slot] = 0;
	hw__slot_pin(fx.a, r->slot);
	headway_release(r);
	FIXTURE_SOUND();
}

/* Killed after W3: the superseded block and chain are SHARED and not current. */
Test(sweep, any_sweep_frees_orphans)
{
	struct headway_record *r = with_chains();
	uint32_t blocks = fixture_free(HW__BLOCKS), extents = fixture_free(HW__EXTENTS);
	struct hw__extent *e;
	struct headway_snapshot *s = NULL;
	uint64_t orphan = hw__chunk_own(&fx.a->pools[HW__BLOCKS], 0,
					hw__chunk_take(fx.a, HW__BLOCKS, true));
	uint64_t tail = hw__chunk_own(&fx.a->pools[HW__EXTENTS], 0,
				      hw__chunk_take(fx.a, HW__EXTENTS, true));

	hw__block_at(fx.a, hw__ref_index(orphan))->h.home = r->slot;
	e = hw__extent_at(fx.a, hw__ref_index(tail));
	e->h.home = r->slot;
	e->h.head = hw__ref(hw__ref_index(fixture_block(r)->h.results),
			    77); /* an earlier use of the head */
	cr_expect_eq(hw__sweep_orphans(fx.a, true), 0, "what is OWNED is not an orphan");
	*fixture_state(HW__BLOCKS, hw__ref_index(orphan)) = hw__state(HW__KIND_SHARED, 0,
								      hw__version(orphan));
	*fixture_state(HW__EXTENTS, hw__ref_index(tail)) = hw__state(HW__KIND_SHARED, 0,
								     hw__version(tail));
	cr_expect_eq(hw__sweep_orphans(fx.a, true), 2);
	cr_expect_eq(fixture_free(HW__BLOCKS), blocks);
	cr_expect_eq(fixture_free(HW__EXTENTS), extents);
	cr_assert_eq(headway_read(fx.arena, &r->id, &s), 0);
	cr_expect_eq(s->results_length, 5000);
	headway_snapshot_free(s);
	headway_release(r);
}

/* A current chunk that another member has helped is SHARED too; the word decides. */
Test(sweep, a_current_chunk_is_no_orphan)
{
	struct headway_record *r = with_chains();
	uint32_t slot = r->slot;
	uint64_t word;

	cr_assert_eq(headway_finish(r), 0);
	fixture_bequeath(r, DEAD);
	sweep();
	word = fx.a->slots[slot].word;
	cr_expect_eq(hw__sweep_orphans(fx.a, true), 0);
	for (unsigned status = HW__RUNNING; status <= HW__RETIRING; status++) {
		fx.a->slots[slot].word = hw__word((enum hw__status)status, word);
		cr_expect_eq(hw__sweep_orphans(fx.a, true), 0, "status %u", status);
	}
	fx.a->slots[slot].word = 0; /* now it is one: the process that retired it died */
	cr_expect_eq(hw__sweep_orphans(fx.a, true), 5);
	free(r);
	hw__attachment_put(fx.a);
}

static void hint_that_all_are_free(enum hw__pool_index which)
{
	struct hw__pool *pool = &fx.a->pools[which];

	for (uint32_t i = 0; i < pool->count; i++)
		pool->hints[i / 64] |= 1ull << i % 64;
}

/* A hint may be wrong; a full search then finds the orphan. */
Test(sweep, orphans_are_searched_where_the_hints_show_use)
{
	put(HW__BLOCKS, 3, HW__KIND_SHARED, 0);
	hw__block_at(fx.a, 3)->h.home = UINT32_MAX;
	hint_that_all_are_free(HW__BLOCKS);
	cr_expect_eq(hw__sweep_orphans(fx.a, false), 0);
	fx.a->pools[HW__BLOCKS].hints[0] &= ~(1ull << 3);
	cr_expect_eq(hw__sweep_orphans(fx.a, false), 1);
	put(HW__BLOCKS, 3, HW__KIND_SHARED, 0);
	hint_that_all_are_free(HW__BLOCKS);
	cr_expect_eq(hw__sweep_orphans(fx.a, true), 1);
}

Test(sweep, orphans_with_an_impossible_home_are_freed)
{
	put(HW__BLOCKS, 3, HW__KIND_SHARED, 0);
	hw__block_at(fx.a, 3)->h.home = UINT32_MAX;
	put(HW__EXTENTS, 3, HW__KIND_SHARED, 0);
	hw__extent_at(fx.a, 3)->h.home = fx.a->geometry.slots;
	hw__extent_at(fx.a, 3)->h.head = hw__ref(3, V);
	cr_expect_eq(hw__sweep_orphans(fx.a, true), 2);
}

Test(sweep, only_the_version_that_the_home_names_is_current)
{
	struct headway_record *r = fixture_start(NULL);
	uint64_t ref = fixture_ref(r);
	uint32_t index = hw__ref_index(ref);

	cr_expect(hw__chunk_is_current(fx.a, HW__BLOCKS, index,
				       hw__state(HW__KIND_SHARED, 0, hw__version(ref))));
	cr_expect_not(hw__chunk_is_current(fx.a, HW__BLOCKS, index,
					   hw__state(HW__KIND_SHARED, 0, hw__version(ref) + 1)));
	cr_expect_not(hw__chunk_is_current(fx.a, HW__BLOCKS, index,
					   hw__state(HW__KIND_SHARED, 0, hw__version(ref) - 1)));
	headway_release(r);
}

/* ---- who and how often ----------------------------------------------------------------------- */

static void leave_everything(struct headway_record **lost, struct headway_record **done)
{
	*lost = with_chains();
	*done = with_chains();
	cr_assert_eq(headway_finish(*done), 0);
	fixture_bequeath(*lost, DEAD);
	fixture_bequeath(*done, DEAD);
	fx.a->slots[5].word = hw__word_claim(DEAD);
	put(HW__BLOCKS, fx.a->geometry.blocks - 1, HW__KIND_PRIVATE, DEAD);
	put(HW__BLOCKS, fx.a->geometry.blocks - 2, HW__KIND_OWNED, DEAD);
	hw__block_at(fx.a, fx.a->geometry.blocks - 2)->h.home = (*lost)->slot;
	put(HW__EXTENTS, fx.a->geometry.extents - 1, HW__KIND_OWNED, DEAD);
	put(HW__EXTENTS, fx.a->geometry.extents - 2, HW__KIND_SHARED, 0);
}

Test(sweep, is_idempotent)
{
	struct headway_record *lost, *done;
	struct hw__members dead = {.bits = {1ull << DEAD}};
	struct hw__sweep_count count = {0, 0, 0};
	unsigned char *image;

	leave_everything(&lost, &done);
	cr_expect_eq(sweep().blocks, 4);
	image = fixture_image();
	cr_expect_eq(sweep().members, 0, "clean: nothing to do");
	FIXTURE_UNCHANGED(image);
	fixture_bury(DEAD);
	image = fixture_image();
	hw__members_sweep(fx.a, &dead, false, &count);
	cr_expect_eq(count.blocks, 0);
	cr_expect_eq(count.lost, 0);
	fixture_bury(DEAD);
	FIXTURE_UNCHANGED(image);
	fx.a->pin_counts[lost->slot] = fx.a->pin_counts[done->slot] = 0;
	hw__slot_pin(fx.a, lost->slot);
	hw__slot_pin(fx.a, done->slot);
	headway_release(lost);
	headway_release(done);
}

Test(sweep, a_dry_run_counts_and_changes_nothing)
{
	struct headway_record *lost, *done;
	struct headway_reap_policy dry = {.flags = HEADWAY_DRY_RUN};
	struct headway_reap_report report = {.size = sizeof report};
	unsigned char *image;

	leave_everything(&lost, &done);
	image = fixture_image();
	cr_assert_eq(headway_reap(fx.arena, &dry, &report), 0);
	cr_expect_eq(report.members_swept, 1);
	cr_expect_eq(report.lost, 1);
	cr_expect_eq(report.blocks_freed, 4);
	FIXTURE_UNCHANGED(image);
	free(lost);
	free(done);
	hw__attachment_put(fx.a);
	hw__attachment_put(fx.a);
}

Test(sweep, blocks_that_the_dead_reserved_are_others_to_reserve)
{
	fixture_bury(DEAD);
	fx.a->members[DEAD].reserved = 20;
	cr_expect_eq(sweep().members, 1);
	cr_expect_eq(fx.a->members[DEAD].reserved, 0);
}

Test(sweep, a_member_that_holds_its_lock_is_not_swept)
{
	struct headway_options existing = {.flags = HEADWAY_EXISTING};
	struct headway_arena *second;
	struct headway_record *r;
	uint32_t member;

	cr_assert_eq(headway_open(fx.name, &existing, &second), 0);
	member = second->current->member;
	cr_expect_neq(member, fx.a->member);
	cr_assert_eq(headway_start(second, NULL, &r), 0);
	cr_expect_eq(sweep().members, 0);
	cr_expect_eq(headway_status(r), HEADWAY_RUNNING);
	cr_expect_eq(fx.a->members[member].dirty, 1);
	headway_close(second);
	cr_expect_eq(fx.a->members[member].dirty, 0, "closing sweeps");
	cr_expect_eq(headway_status(r), -ESTALE);
	headway_release(r);
	FIXTURE_SOUND();
}

Test(sweep, a_new_member_sweeps_the_former_user_of_its_index_first)
{
	struct headway_options existing = {.flags = HEADWAY_EXISTING};
	struct headway_record *r = fixture_start(NULL);
	struct headway_arena *second;

	fixture_bequeath(r, 1); /* the index that is assigned next */
	cr_assert_eq(headway_open(fx.name, &existing, &second), 0);
	cr_assert_eq(second->current->member, 1);
	cr_expect_eq(hw__word_status(fixture_slot(r)->word), HW__LOST);
	cr_expect_eq(fixture_slot(r)->pins[0], 0);
	for (int first = 1; first >= 0; first--) { /* the next reap reports it, and only that one */
		struct headway_reap_report report = {.size = sizeof report};

		cr_assert_eq(headway_reap(second, NULL, &report), 0);
		cr_expect_eq(report.members_swept, (uint64_t)first);
		cr_expect_eq(report.lost, (uint64_t)first);
	}
	headway_close(second);
	fx.a->pin_counts[r->slot] = 0;
	hw__slot_pin(fx.a, r->slot);
	headway_release(r);
}
