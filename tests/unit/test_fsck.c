/* SPDX-License-Identifier: BSD-3-Clause */
/* fsck: each fault that it can report is made, found and named; a sound arena has none. */
#include "fixture.h"

TestSuite(fsck, .init = fixture_up, .fini = fixture_down);

/* The first fault found is of this kind and has this text; after its repair there is none. */
static void must_find(bool leak, const char *text)
{
	struct headway_fsck_report report = fixture_fsck();

	cr_expect_geq(leak ? report.leaked : report.damaged, 1, "nothing found: %s", text);
	cr_expect(strstr(report.first, text), "'%s' is not '%s'", report.first, text);
}

static void must_be_damaged(const char *text)
{
	must_find(false, text);
}

static void must_be_leaked(const char *text)
{
	must_find(true, text);
}

/* A record with a name, two counters, a message and both chains. */
static struct headway_record *rich(void)
{
	static const char *const names[] = {"a", "b", NULL};
	struct headway_record *r =
		fixture_start(&(struct headway_spec){.name = "name", .counters = names});
	char json[9000];

	memset(json, '1', sizeof json);
	cr_assert_eq(headway_message(r, "key", "value"), 0);
	cr_assert_eq(headway_message(r, "long", fixture_text(9000, 'v')), 0);
	cr_assert_eq(headway_results(r, json, sizeof json), 0);
	return r;
}

/* Frees the blocks in this thread's queue, and marks the arena as having no members. */
static void unattended(void)
{
	for (int which = HW__BLOCKS; which <= HW__EXTENTS; which++)
		for (uint32_t i = 0; i < fx.a->pools[which].count; i++) {
			uint64_t *state = fixture_state((enum hw__pool_index)which, i);

			if (hw__state_kind(*state) == HW__KIND_PRIVATE ||
			    (hw__state_kind(*state) == HW__KIND_OWNED &&
			     !hw__chunk_is_current(fx.a, (enum hw__pool_index)which, i, *state)))
				*state = hw__state(HW__KIND_FREE, 0, hw__version(*state));
			if (hw__state_kind(*state) == HW__KIND_OWNED)
				*state = hw__state(HW__KIND_SHARED, 0, hw__version(*state));
		}
	for (uint32_t i = 0; i < fx.a->geometry.slots; i++)
		fx.a->slots[i].pins[0] = 0;
	fx.a->members[0].dirty = 0;
}

/* ---- in order -------------------------------------------------------------------------------- */

Test(fsck, an_arena_in_order_has_no_fault)
{
	struct headway_record *r[3], *striped;
	struct headway_fsck_report report;

	FIXTURE_SOUND();
	for (int i = 0; i < 3; i++)
		r[i] = rich();
	FIXTURE_SOUND();
	striped =
		fixture_start(&(struct headway_spec){.flags = HEADWAY_STRIPED | HEADWAY_DETACHED});
	cr_assert_eq(headway_finish(r[0]), 0);
	cr_assert_eq(headway_error(r[1], "broken"), 0);
	cr_assert(hw__slot_mark_lost(fx.a, r[2]->slot, fixture_slot(r[2])->id_tail,
				     fixture_slot(r[2])->owner));
	report = fixture_fsck();
	cr_expect_eq(report.slots, 4);
	cr_expect_str_eq(report.first, "");
	cr_expect_eq(report.in_transit, 0);
	cr_expect_eq(report.blocks, 28 - fixture_free(HW__BLOCKS) + fx.a->geometry.extents -
					    fixture_free(HW__EXTENTS));
	for (int i = 0; i < 3; i++)
		headway_release(r[i]);
	headway_release(striped);
	FIXTURE_SOUND();
}

Test(fsck, an_arena_without_members_has_no_fault)
{
	struct headway_options watch = {.flags = HEADWAY_READ_ONLY};
	struct headway_record *r = rich();

	headway_release(rich());
	cr_assert_eq(headway_finish(r), 0);
	headway_close(fx.arena);
	headway_release(r);
	cr_assert_eq(headway_open(fx.name, &watch, &fx.arena), 0);
	fx.a = fx.arena->current;
	FIXTURE_SOUND();
	cr_expect_eq(fixture_fsck().in_transit, 0);
	cr_expect_eq(fixture_fsck().slots, 2);
}

Test(fsck, stores_nothing)
{
	struct headway_record *r = rich();
	unsigned char *image = fixture_image();

	fixture_fsck();
	FIXTURE_UNCHANGED(image);
	headway_release(r);
}

/* ---- slots ----------------------------------------------------------------------------------- */

Test(fsck, finds_an_impossible_word)
{
	struct headway_record *r = fixture_start(NULL);
	uint64_t word = fixture_slot(r)->word;

	for (unsigned status = HW__RETIRING + 1; status < 8; status++) {
		fixture_slot(r)->word = (word & HW__REF_MASK) | (uint64_t)status
									<< HW__STATUS_SHIFT;
		must_be_damaged("has a status that does not exist");
	}
	fixture_slot(r)->word = word & HW__REF_MASK;
	must_be_damaged("is free and yet holds");
	fixture_slot(r)->word = hw__word(HW__RUNNING, hw__ref(fx.a->geometry.blocks, 1));
	must_be_damaged("cannot be read whole");
	fixture_slot(r)->word = word + 1;
	must_be_damaged("cannot be read whole");
	fixture_slot(r)->word = word;
	FIXTURE_SOUND();
	headway_release(r);
}

Test(fsck, finds_a_request_to_stop_that_is_in_one_place_only)
{
	struct headway_record *r = fixture_start(NULL);
	struct headway_id id;

	headway_get_id(r, &id);
	fixture_slot(r)->word |= HW__WORD_CANCELLED;
	must_be_damaged("is cancelled, and no entry or several say so");
	fixture_slot(r)->word &= ~HW__WORD_CANCELLED;
	FIXTURE_SOUND();
	cr_assert_eq(headway_cancel(fx.arena, &id, "why"), 0);
	FIXTURE_SOUND();
	fixture_slot(r)->word &= ~HW__WORD_CANCELLED;
	must_be_damaged("was asked to stop, and its slot does not say so");
	fixture_slot(r)->word |= HW__WORD_CANCELLED;
	FIXTURE_SOUND();
	fx.a->slots[3].word = hw__word_claim(0) | HW__WORD_CANCELLED;
	must_be_damaged("is claimed and yet cancelled");
	fx.a->slots[3].word = 0;
	headway_release(r);
}

Test(fsck, finds_a_claim_of_an_unused_member_index)
{
	headway_release(fixture_start(NULL)); /* so that the memory after the members is not zero */
	fx.a->slots[3].word = hw__word_claim(0);
	FIXTURE_SOUND();
	fx.a->slots[3].word = hw__word_claim(DEAD);
	must_be_damaged("is claimed by member 2, which is nobody");
	fixture_bury(DEAD);
	FIXTURE_SOUND();
	fx.a->slots[3].word = hw__word_claim(fx.a->geometry.members);
	must_be_damaged("which is nobody");
	fx.a->slots[3].word = 0;
	fx.a->members[DEAD].dirty = 0;
}

Test(fsck, finds_a_pin_of_an_unused_member_index)
{
	fx.a->slots[3].pins[0] = 1;
	FIXTURE_SOUND();
	fx.a->slots[3].pins[0] = 1ull << DEAD;
	must_be_damaged("slot 3 is pinned by member 2, which is nobody");
	fixture_bury(DEAD);
	FIXTURE_SOUND();
	fx.a->slots[3].pins[3] = 1ull << 63;
	must_be_damaged("slot 3 is pinned by member 255");
	fx.a->slots[3].pins[3] = 0;
	fx.a->members[DEAD].dirty = 0;
	fx.a->slots[3].pins[0] = 0;
}

Test(fsck, finds_a_current_block_that_is_free)
{
	struct headway_record *r = rich();
	uint64_t *block = fixture_state(HW__BLOCKS, hw__ref_index(fixture_ref(r)));
	uint64_t *extent = fixture_state(HW__EXTENTS, hw__ref_index(fixture_block(r)->h.results));
	uint64_t was = *block;

	*block = hw__state(HW__KIND_FREE, 0, hw__version(was));
	must_be_damaged("refers to a block or extent that is free or of another version");
	*block = hw__state(HW__KIND_PRIVATE, 0, hw__version(was));
	must_be_damaged("refers to a block or extent that is free or of another version");
	*block = was;
	was = *extent;
	*extent = hw__state(HW__KIND_FREE, 0, hw__version(was));
	must_be_damaged("refers to a block or extent that is free or of another version");
	*extent = hw__state(HW__KIND_OWNED, 0, hw__version(was) + 1);
	must_be_damaged("cannot be read whole");
	*extent = was;
	FIXTURE_SOUND();
	headway_release(r);
}

Test(fsck, finds_a_chunk_that_is_current_twice)
{
	struct headway_record *r = rich(), *s = fixture_start(NULL);
	uint64_t results = fixture_block(r)->h.results, word = fixture_slot(s)->word;

	fixture_block(r)->h.results = fixture_block(r)->h.overflow;
	must_be_damaged("is referred to twice");
	fixture_block(r)->h.results = results;
	fixture_slot(s)->word = fixture_slot(r)->word;
	must_be_damaged("belongs to another slot");
	fixture_slot(s)->word = word;
	FIXTURE_SOUND();
	headway_release(r);
	headway_release(s);
}

/* ---- versions -------------------------------------------------------------------------------- */

Test(fsck, finds_an_impossible_block_head)
{
	struct headway_record *r = rich();
	struct hw__block *b = fixture_block(r);
	struct hw__block_head was = b->h;

	b->h.home++;
	must_be_damaged("belongs to another slot");
	b->h = was;
	b->h.rev = 0;
	must_be_damaged("has revision 0");
	b->h = was;
	b->h.id[3] ^= 1; /* changes the id's check byte too, or it could match by chance */
	must_be_damaged("has an id that is not its slot's");
	b->h = was;
	fixture_slot(r)->id_tail ^= 1;
	must_be_damaged("has an id that is not its slot's");
	fixture_slot(r)->id_tail ^= 1;
	b->h.status = HW__FINISHED;
	must_be_damaged("has another status than its slot");
	b->h = was;
	b->h.used_bytes = HW__INLINE_BYTES + 1;
	must_be_damaged("cannot be read whole");
	b->h = was;
	FIXTURE_SOUND();
	headway_release(r);
}

Test(fsck, finds_a_status_that_its_revision_does_not_have)
{
	static const unsigned other[] = {HW__RUNNING, HW__ERROR, HW__LOST};
	uint32_t slot = fixture_past(NULL, NULL);
	uint64_t word = fx.a->slots[slot].word;

	for (int i = 0; i < 3; i++) {
		fx.a->slots[slot].word = hw__word((enum hw__status)other[i], word);
		must_be_damaged("has another status than its slot");
	}
	fx.a->slots[slot].word = hw__word(HW__RETIRING, word);
	FIXTURE_SOUND();
	hw__block_at(fx.a, hw__ref_index(word))->h.status = HW__LOST;
	must_be_damaged("has another status than its slot");
	hw__block_at(fx.a, hw__ref_index(word))->h.status = HW__FINISHED;
	fx.a->slots[slot].word = word;
	FIXTURE_SOUND();
}

/* Entry number n of the record's block. */
static unsigned char *entry_at(struct headway_record *r, int n)
{
	const unsigned char *at = fixture_block(r)->entries;
	const unsigned char *end = at + fixture_block(r)->h.used_bytes;
	struct hw__entry_view e;

	while (n-- && hw__entry_next(&at, end, &e))
		;
	return (unsigned char *)(uintptr_t)at;
}

static void append(struct headway_record *r, enum hw__entry_kind kind, const char *key,
		   const char *value)
{
	struct hw__block *b = fixture_block(r);
	unsigned char *end = hw__entry_put(b->entries + b->h.used_bytes, kind, key, strlen(key),
					   value, strlen(value));

	b->h.used_bytes = (uint16_t)(end - b->entries);
}

Test(fsck, finds_an_impossible_origin)
{
	struct headway_record *r = fixture_start(NULL);
	struct hw__block *b = fixture_block(r), was = *b;
	struct hw__entry *head = (struct hw__entry *)(void *)b->entries;

	head->kind = HW__ENTRY_NAME;
	must_be_damaged("has no origin");
	*b = was;
	b->h.used_bytes = 0;
	must_be_damaged("has no origin");
	head->value_length = HW__ORIGIN_BYTES - 1;
	b->h.used_bytes = HW__ENTRY_OVERHEAD + HW__ORIGIN_BYTES - 1;
	must_be_damaged("has no origin");
	head->value_length = sizeof(struct hw__origin);
	b->h.used_bytes = HW__ENTRY_OVERHEAD + sizeof(struct hw__origin);
	must_be_damaged("has no origin");
	*b = was;
	FIXTURE_SOUND();
	headway_release(r);
}

Test(fsck, finds_impossible_entries)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){.name = "name"});
	struct hw__block *b = fixture_block(r), was = *b;
	struct hw__entry head;

	entry_at(r, 2)[-1] = 'x';
	must_be_damaged("holds an unended text");
	*b = was;
	entry_at(r, 1)[sizeof(struct hw__entry)] = 'x';
	must_be_damaged("holds an unended text");
	*b = was;
	append(r, HW__ENTRY_MESSAGE, "", "value");
	must_be_damaged("holds a message without a key");
	*b = was;
	b->h.used_bytes++;
	must_be_damaged("holds an entry that is longer than it can be");
	*b = was;
	memcpy(&head, entry_at(r, 1), sizeof head);
	head.value_length++;
	memcpy(entry_at(r, 1), &head, sizeof head);
	must_be_damaged("holds an entry that is longer than it can be");
	*b = was;
	for (int i = 0; i < HW__NAMED_MAX; i++)
		append(r, HW__ENTRY_COUNTER, "", "c");
	FIXTURE_SOUND();
	append(r, HW__ENTRY_COUNTER, "", "c");
	must_be_damaged("names too many counters");
	*b = was;
	append(r, HW__ENTRY_FROZEN, "", "");
	must_be_damaged("is Running with frozen counters");
	*b = was;
	append(r, (enum hw__entry_kind)99, "an unknown kind", "is fine");
	FIXTURE_SOUND();
	headway_release(r);
}

Test(fsck, finds_a_record_that_is_over_without_frozen_counters)
{
	uint32_t slot = fixture_past(NULL, "broken");
	struct hw__block *b = hw__block_at(fx.a, hw__ref_index(fx.a->slots[slot].word));
	const unsigned char *at = b->entries;
	struct hw__entry_view e;

	cr_assert(hw__entry_next(&at, at + b->h.used_bytes, &e));
	*(unsigned char *)(uintptr_t)at ^= 0x40; /* changes the entry's kind */
	must_be_damaged("is over without frozen counters");
}

Test(fsck, finds_a_chain_that_is_broken_or_belongs_to_another)
{
	struct headway_record *r = rich();
	struct hw__extent *head = hw__extent_at(fx.a, hw__ref_index(fixture_block(r)->h.results));
	struct hw__extent *last = hw__extent_at(fx.a, hw__ref_index(head->h.next));
	struct hw__extent_head was = last->h;

	last->h.home++;
	must_be_damaged("has a broken chain of extents");
	last->h = was;
	last->h.head++;
	must_be_damaged("cannot be read whole");
	last->h = was;
	last->h.next = fixture_block(r)->h.results;
	must_be_damaged("cannot be read whole");
	last->h = was;
	head->h.total_bytes = UINT64_MAX;
	must_be_damaged("cannot be read whole");
	head->h.total_bytes = 9000;
	FIXTURE_SOUND();
	headway_release(r);
}

/* ---- blocks and extents ---------------------------------------------------------------------- */

Test(fsck, finds_an_impossible_state)
{
	for (int w = HW__BLOCKS; w <= HW__EXTENTS; w++) {
		uint64_t *state = fixture_state((enum hw__pool_index)w, 9);

		for (int bit = 36; bit < 48; bit++) {
			*state = 1ull << bit;
			must_be_damaged(w ? "extent 9 has the impossible state"
					  : "block 9 has the impossible state");
		}
		*state = hw__state(HW__KIND_FREE, 1, 5);
		must_be_damaged("9 has the impossible state");
		*state = hw__state(HW__KIND_SHARED, 1, 5);
		must_be_damaged("9 has the impossible state");
		*state = 0;
	}
	FIXTURE_SOUND();
}

Test(fsck, finds_a_chunk_of_an_unused_member_index)
{
	static const enum hw__kind kinds[] = {HW__KIND_PRIVATE, HW__KIND_OWNED};

	fx.a->totals[0].count[0] = 1; /* the region after the members */
	for (int w = HW__BLOCKS; w <= HW__EXTENTS; w++)
		for (int k = 0; k < 2; k++) {
			uint64_t *state = fixture_state((enum hw__pool_index)w, 9);

			*state = hw__state(kinds[k], 0, 5);
			FIXTURE_SOUND();
			*state = hw__state(kinds[k], DEAD, 5);
			must_be_leaked(k ? "9 is OWNED of member 2 and nobody's"
					 : "9 is PRIVATE of member 2 and nobody's");
			fixture_bury(DEAD);
			FIXTURE_SOUND();
			fx.a->members[DEAD].dirty = 0;
			*state = hw__state(kinds[k], fx.a->geometry.members, 5);
			must_be_leaked("and nobody's");
			*state = 0;
		}
}

/* A SHARED chunk that is not current: in transit while a member is attached, leaked when none
 * is. */
Test(fsck, distinguishes_in_transit_from_leaked)
{
	for (int w = HW__BLOCKS; w <= HW__EXTENTS; w++) {
		*fixture_state((enum hw__pool_index)w, 9) = hw__state(HW__KIND_SHARED, 0, 5);
		hw__block_at(fx.a, 9)->h.home = 3;
		hw__extent_at(fx.a, 9)->h.home = 3;
		FIXTURE_SOUND();
		cr_expect_eq(fixture_fsck().in_transit, 1);
		fx.a->members[0].dirty = 0;
		must_be_leaked("9 is SHARED of member 0 and nobody's");
		cr_expect_eq(fixture_fsck().in_transit, 0);
		fx.a->members[0].dirty = 1;
		*fixture_state((enum hw__pool_index)w, 9) = 0;
	}
}

Test(fsck, finds_an_extent_that_names_a_living_chain_and_is_not_in_it)
{
	struct headway_record *r = rich();
	uint32_t slot = r->slot, spare = fx.a->geometry.extents - 1;
	uint64_t results;

	cr_assert_eq(headway_finish(r), 0);
	results = fixture_block(r)->h.results;
	headway_release(r);
	unattended();
	FIXTURE_SOUND();
	*fixture_state(HW__EXTENTS, spare) = hw__state(HW__KIND_SHARED, 0, 1);
	hw__extent_at(fx.a, spare)->h.home = slot;
	hw__extent_at(fx.a, spare)->h.head = results;
	must_be_leaked("extent");
	*fixture_state(HW__EXTENTS, spare) = 0;
	FIXTURE_SOUND();
}

Test(fsck, counts_every_fault_and_names_the_first)
{
	fx.a->slots[2].pins[0] = 1ull << DEAD;
	fx.a->slots[5].pins[0] = 1ull << DEAD | 1ull << OTHER;
	*fixture_state(HW__BLOCKS, 9) = hw__state(HW__KIND_PRIVATE, DEAD, 1);
	*fixture_state(HW__BLOCKS, 10) = hw__state(HW__KIND_PRIVATE, DEAD, 1);
	cr_expect_eq(fixture_fsck().damaged, 3);
	cr_expect_eq(fixture_fsck().leaked, 2);
	must_be_damaged("slot 2 is pinned");
	fx.a->slots[2].pins[0] = fx.a->slots[5].pins[0] = 0;
	*fixture_state(HW__BLOCKS, 9) = *fixture_state(HW__BLOCKS, 10) = 0;
}

/* ---- the call -------------------------------------------------------------------------------- */

Test(fsck, fills_an_older_caller_s_smaller_report)
{
	struct headway_fsck_report report;

	memset(&report, 0x77, sizeof report);
	report.size = offsetof(struct headway_fsck_report, in_transit);
	cr_assert_eq(headway_fsck(fx.arena, &report), 0);
	cr_expect_eq(report.size, offsetof(struct headway_fsck_report, in_transit));
	cr_expect_eq(report.blocks, 0);
	cr_expect_eq(report.in_transit, 0x7777777777777777u);
	report.size = 1;
	cr_expect_eq(headway_fsck(fx.arena, &report), -EINVAL);
	cr_expect_eq(headway_fsck(fx.arena, NULL), -EINVAL);
	cr_expect_eq(headway_fsck(NULL, &report), -EINVAL);
}
