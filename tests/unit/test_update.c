/* SPDX-License-Identifier: BSD-3-Clause */
/* Updates during which another writer publishes between their load of the word and their swap. */
#include "at_access.h"
#include "fixture.h"

#include "base/clock.h"

TestSuite(update, .init = fixture_up, .fini = fixture_down);

static struct headway_record *record;

static void *message_short(void *unused)
{
	(void)unused;
	cr_assert_eq(headway_message(record, "other", "1"), 0);
	return NULL;
}

static void another_updates(void)
{
	fixture_in_thread(message_short);
}

static uint32_t extents_taken(void)
{
	return fx.a->geometry.extents - fixture_free(HW__EXTENTS);
}

/* So many that they take the general path at once, on which the first is written to extents. */
static int update_many(size_t length)
{
	struct headway_message many[9] = {{"long", fixture_text(length, 'v')}};
	static const char *const keys[] = {"", "1", "2", "3", "4", "5", "6", "7", "8"};

	for (size_t i = 1; i < 9; i++)
		many[i] = (struct headway_message){keys[i], "short"};
	return headway_update(record, many, 9);
}

/* Extents kept from a lost try would belong to this process until it closes the arena. */
Test(update, a_lost_race_gives_back_the_extents_of_the_try)
{
	struct headway_snapshot *s = NULL;

	record = fixture_start(NULL);
	at_access(fixture_block(record), another_updates);
	cr_expect_eq(update_many(5000), 0);
	AT_ACCESS_DONE();
	cr_expect_eq(extents_taken(), 2);
	fixture_read(record, &s);
	cr_expect_eq(s->version, 3);
	cr_expect_eq(s->message_count, 10, "nothing of either is lost");
	cr_expect_eq(strlen(fixture_value(s, "long")), 5000);
	cr_expect_str_eq(fixture_value(s, "other"), "1");
	headway_snapshot_free(s);
	headway_release(record);
	FIXTURE_SOUND();
}

static void *message_long(void *unused)
{
	(void)unused;
	cr_assert_eq(headway_message(record, "long", fixture_text(9000, 'w')), 0);
	return NULL;
}

static void another_replaces_the_extents(void)
{
	fixture_in_thread(message_long);
}

/* Extents that are freed while they are read mean another try, which supersedes those of the winner. */
Test(update, a_lost_race_frees_the_extents_that_the_winner_published)
{
	struct headway_snapshot *s = NULL;

	record = fixture_start(NULL);
	cr_assert_eq(headway_message(record, "long", fixture_text(5000, 'u')), 0);
	cr_expect_eq(extents_taken(), 2);
	at_access(fixture_block(record), another_replaces_the_extents);
	cr_expect_eq(update_many(6000), 0);
	AT_ACCESS_DONE();
	cr_expect_eq(extents_taken(), 2);
	fixture_read(record, &s);
	cr_expect_eq(s->version, 4);
	cr_expect_eq(strspn(fixture_value(s, "long"), "v"), 6000);
	cr_expect_eq(strlen(fixture_value(s, "long")), 6000);
	headway_snapshot_free(s);
	headway_release(record);
	FIXTURE_SOUND();
}

/* An update is stopped at its accesses to an extent and to the slot in turn: at the first to the slot
 * another writer publishes, at the others the arena is checked. */
static const void *extent_stop;
static unsigned slot_stops;
static struct headway_fsck_report found;

static void *audit(void *unused)
{
	struct headway_fsck_report report = fixture_fsck();

	(void)unused;
	if (!found.damaged && !found.leaked)
		found = report;
	return NULL;
}

static void stop_at_extent(void);

static void stop_at_slot(void)
{
	fixture_in_thread(slot_stops ? audit : message_short);
	slot_stops++;
	at_access(extent_stop, stop_at_extent);
}

static void stop_at_extent(void)
{
	at_access(fixture_slot(record), stop_at_slot);
}

/* What it would have superseded belongs to the winner's revision, too: that changes the block alone. */
Test(update, a_lost_race_frees_no_extent_of_the_record)
{
	record = fixture_start(NULL);
	cr_assert_eq(headway_message(record, "other", "0"), 0);
	cr_assert_eq(headway_message(record, "long", fixture_text(5000, 'u')), 0);
	extent_stop = hw__extent_at(fx.a, hw__ref_index(fixture_block(record)->h.overflow));
	at_access(extent_stop, stop_at_extent);
	cr_expect_eq(update_many(6000), 0);
	at_access_end();
	cr_expect_geq(slot_stops, 2, "at the swaps of two tries");
	cr_expect(!found.damaged && !found.leaked, "%s", found.first);
	cr_expect_eq(extents_taken(), 2);
	headway_release(record);
	FIXTURE_SOUND();
}

Test(update, results_are_written_once_however_many_races_are_lost)
{
	char json[5002];

	memset(json, '1', sizeof json);
	record = fixture_start(NULL);
	at_access(fixture_block(record), another_updates);
	cr_expect_eq(headway_results(record, json, 5000), 0);
	AT_ACCESS_DONE();
	cr_expect_eq(extents_taken(), 2);
	headway_release(record);
	FIXTURE_SOUND();
}

static void *finish(void *unused)
{
	(void)unused;
	cr_assert_eq(headway_finish(record), 0);
	return NULL;
}

static void another_finishes(void)
{
	fixture_in_thread(finish);
}

static void *message_late(void *unused)
{
	(void)unused;
	for (int i = 0; i < 8; i++) /* its place is known then, and the thread has spare blocks */
		cr_assert_eq(headway_message(record, "key", "value"), 0);
	at_access(fixture_block(record), another_finishes);
	cr_expect_eq(headway_message(record, "key", "late"), -EALREADY);
	AT_ACCESS_DONE();
	return NULL;
}

/* The block that it was written to is one of the thread's own again. */
Test(update, a_known_message_that_loses_to_the_end_keeps_no_block)
{
	uint32_t free_before;

	record = fixture_start(NULL);
	free_before = fixture_free(HW__BLOCKS);
	fixture_in_thread(message_late);
	cr_expect_eq(fixture_free(HW__BLOCKS), free_before);
	headway_release(record);
	FIXTURE_SOUND();
}

/* Another member's extents are marked SHARED first; otherwise they would stay its own until its end. */
Test(update, of_another_member_s_record_frees_the_extents_that_it_supersedes)
{
	const struct headway_options existing = {.flags = HEADWAY_EXISTING};
	struct headway_arena *second;
	struct headway_record *other;

	record = fixture_start(NULL);
	cr_assert_eq(headway_message(record, "long", fixture_text(5000, 'a')), 0);
	cr_assert_eq(headway_open(fx.name, &existing, &second), 0);
	cr_assert_eq(headway_resume(second, &record->id, &other), 0);
	cr_expect_eq(extents_taken(), 2);
	cr_expect_eq(headway_message(other, "long", fixture_text(6000, 'b')), 0);
	cr_expect_eq(extents_taken(), 2);
	cr_expect_eq(headway_message(other, "long", "short"), 0);
	cr_expect_eq(extents_taken(), 0);
	headway_release(other);
	headway_close(second);
	headway_release(record);
	FIXTURE_SOUND();
}

/* A message must leave enough space in its block for the frozen entry. */
Test(update, a_record_ends_whole_whatever_the_length_of_its_last_message)
{
	static const char *const six[] = {"1", "2", "3", "4", "5", "6", NULL};
	struct headway_spec spec = {.counters = six};
	struct headway_snapshot *s = NULL;

	for (size_t length = 1; length <= HW__INLINE_BYTES + 8; length++) {
		record = fixture_start(length % 2 ? &spec : NULL);
		cr_assert_eq(headway_message(record, "k", "v"),
			     0); /* the thread's queue has blocks now */
		cr_assert_eq(headway_message(record, "k", fixture_text(length, 'v')), 0);
		cr_assert_eq(headway_add(record, length), 0);
		cr_assert_eq(headway_finish(record), 0);
		cr_assert_eq(headway_read(fx.arena, &record->id, &s), 0, "%zu", length);
		cr_expect_eq(strlen(s->messages[0].value), length);
		cr_expect_eq(s->done, length);
		headway_release(record);
	}
	headway_snapshot_free(s);
	FIXTURE_SOUND();
}

/* So must the text of an error, which is followed by the frozen entry in the same block. */
Test(update, a_record_fails_whole_whatever_the_length_of_its_error)
{
	static const char *const six[] = {"1", "2", "3", "4", "5", "6", NULL};
	struct headway_spec spec = {.counters = six};
	struct headway_snapshot *s = NULL;

	for (size_t length = 1; length <= HW__INLINE_BYTES + 8; length++) {
		record = fixture_start(length % 2 ? &spec : NULL);
		cr_assert_eq(headway_message(record, "k", "v"), 0);
		cr_assert_eq(headway_add(record, length), 0);
		cr_assert_eq(headway_error(record, fixture_text(length, 'v')), 0);
		cr_assert_eq(headway_read(fx.arena, &record->id, &s), 0, "%zu", length);
		cr_expect_eq(s->status, HEADWAY_ERROR);
		cr_expect_eq(s->version, 3);
		cr_expect_eq(strlen(fixture_value(s, "Error")), length);
		cr_expect_str_eq(fixture_value(s, "k"), "v");
		cr_expect_eq(s->done, length);
		headway_release(record);
	}
	headway_snapshot_free(s);
	FIXTURE_SOUND();
}

/* The chain of what is beyond the block is used again when it stays as it was. */
Test(update, a_change_in_the_block_needs_no_extents)
{
	struct headway_message message = {"short", "2"};

	record = fixture_start(NULL);
	cr_assert_eq(headway_message(record, "short", "1"), 0);
	cr_assert_eq(headway_message(record, "long", fixture_text(5000, 'v')), 0);
	fixture_exhaust(HW__EXTENTS, 0);
	cr_expect_eq(headway_message(record, "short", "2"), 0);
	cr_expect_eq(headway_update(record, &message, 1), 0);
	headway_release(record);
}

Test(update, a_start_without_a_block_gives_back_its_extents)
{
	struct headway_spec spec = {.name = fixture_text(5000, 'n')};

	fixture_exhaust(HW__BLOCKS, 0);
	cr_expect_eq(headway_start(fx.arena, &spec, &record), -ENOSPC);
	cr_expect_null(record);
	cr_expect_eq(extents_taken(), 0);
	for (uint32_t slot = 0; slot < fx.a->geometry.slots; slot++)
		cr_expect_eq(fx.a->slots[slot].word, 0);
}

/* All slots have records that are over, one of which would make room. */
Test(update, a_start_that_fits_no_arena_of_this_size_evicts_nothing)
{
	struct headway_spec spec = {
		.name = fixture_text((size_t)fx.a->geometry.extents * HW__EXTENT_DATA + 1000, 'n')};

	for (uint32_t i = 0; i < fx.a->geometry.slots; i++)
		fixture_past(NULL, NULL);
	cr_expect_eq(headway_start(fx.arena, &spec, &record), -E2BIG);
	for (uint32_t slot = 0; slot < fx.a->geometry.slots; slot++)
		cr_expect_eq(hw__word_status(fx.a->slots[slot].word), HW__FINISHED);
}

Test(update, a_message_whose_place_is_known_has_a_time_of_its_own)
{
	struct headway_record *r = fixture_start(NULL);
	uint64_t before = hw__wall_coarse_ns();

	for (int i = 0; i < 8; i++)
		cr_assert_eq(headway_message(r, "key", "value"), 0);
	for (uint32_t i = 0; i < fx.a->geometry.blocks; i++)
		hw__block_at(fx.a, i)->h.changed_ns = 1;
	cr_assert_eq(headway_message(r, "key", "other"), 0);
	cr_expect_geq(fixture_block(r)->h.changed_ns, before);
	headway_release(r);
}

static int call_text(struct headway_record *r)
{
	return headway_message(r, "key", "late");
}

static int call_new_key(struct headway_record *r)
{
	return headway_message(r, "new", "late");
}

/* Fills the thread's queue; the places of all messages are known. */
static struct headway_record *known(void)
{
	struct headway_record *r = fixture_start(NULL);

	for (int i = 0; i < 2 * HW__QUEUE; i++)
		cr_assert_eq(headway_message(r, "key", "value"), 0);
	return r;
}

Test(update, a_known_one_that_loses_a_race_is_made_again)
{
	static int (*const calls[])(struct headway_record *) = {call_text, call_new_key,
								headway_finish};
	struct headway_snapshot *s = NULL;

	for (unsigned i = 0; i < 3; i++) {
		uint64_t before;

		record = known();
		before = fixture_block(record)->h.rev;
		at_access(fixture_block(record), another_updates);
		cr_expect_eq(calls[i](record), 0);
		AT_ACCESS_DONE();
		fixture_read(record, &s);
		cr_expect_eq(s->version, before + 2, "call %u", i);
		cr_expect_eq(s->status, i == 2 ? HEADWAY_FINISHED : HEADWAY_RUNNING);
		cr_expect_str_eq(fixture_value(s, "other"), "1");
		cr_expect_str_eq(fixture_value(s, "key"), i ? "value" : "late");
		if (i == 1)
			cr_expect_str_eq(fixture_value(s, "new"), "late");
		cr_expect_eq(s->message_count, i == 1 ? 3 : 2);
		headway_release(record);
	}
	headway_snapshot_free(s);
	FIXTURE_SOUND();
}

static struct hw__block *superseded;

static void sweep_after_swap(void)
{
	cr_assert_eq(hw__sweep_orphans(fx.a, true), 1);
}

static void help_before_swap(void)
{
	superseded->h.state = hw__state(HW__KIND_SHARED, 0, hw__version(superseded->h.state));
	at_access(superseded, sweep_after_swap);
}

static void stop_before_swap(void)
{
	at_access(fixture_slot(record), help_before_swap);
}

/* Another writer helped, and lost; then a sweep met the block before this thread took it back. */
Test(update, a_known_one_whose_old_block_was_swept_leaves_it)
{
	struct headway_snapshot *s = NULL;
	uint64_t before;

	record = known();
	before = fixture_block(record)->h.rev;
	superseded = fixture_block(record);
	at_access(superseded, stop_before_swap);
	cr_expect_eq(headway_message(record, "key", "swept"), 0);
	AT_ACCESS_DONE();
	for (unsigned i = 1; i < 3 * HW__QUEUE; i++) {
		fixture_read(record, &s);
		cr_expect_eq(s->version, before + i);
		cr_expect_str_eq(fixture_value(s, "key"), i == 1 ? "swept" : "next");
		FIXTURE_SOUND();
		cr_assert_eq(headway_message(record, "key", "next"), 0);
	}
	headway_snapshot_free(s);
	headway_release(record);
}

/* Blocks are written again for another record of this thread, and the heads of their chains with them. */
Test(update, known_messages_keep_the_chains_of_their_record)
{
	struct headway_record *chained = fixture_start(NULL), *plain = fixture_start(NULL);
	struct headway_snapshot *s = NULL;

	cr_assert_eq(headway_results(chained, fixture_text(1000, '1'), 1000), 0);
	for (int i = 0; i < 4 * HW__QUEUE; i++) {
		cr_assert_eq(headway_message(chained, "key", i % 2 ? "1" : "2"), 0);
		cr_assert_eq(headway_message(chained, "key", i % 3 ? "3" : "4"), 0);
		for (int k = i % 3; k >= 0; k--)
			cr_assert_eq(headway_message(plain, "key", i % 2 ? "5" : "6"), 0);
		if (i % 4 == 3) /* what it supersedes has extents */
			cr_assert_eq(headway_message(chained, "key", fixture_text(5000, 'v')), 0);
		fixture_read(chained, &s);
		cr_expect_eq(s->results_length, 1000);
		fixture_read(plain, &s);
		cr_expect_null(s->results);
		cr_expect_str_eq(fixture_value(s, "key"), i % 2 ? "5" : "6");
	}
	headway_snapshot_free(s);
	headway_release(chained);
	headway_release(plain);
	FIXTURE_SOUND();
}

static int call_message(struct headway_record *r)
{
	return headway_message(r, "key", "value");
}

static int call_message_n(struct headway_record *r)
{
	return headway_message_n(r, "key", 3, "value", 5);
}

static int call_update(struct headway_record *r)
{
	return headway_update(r, (struct headway_message[]){{"key", "value"}}, 1);
}

static int call_results(struct headway_record *r)
{
	return headway_results(r, "1", 1);
}

static int call_url(struct headway_record *r)
{
	return headway_url(r, "/");
}

/* A program that sends messages need not call headway_sample(). */
/* With few messages, an end finds a queue that is not full; with many, a record of which the thread knows
 * all. */
Test(update, an_end_is_counted_and_dated_after_however_many_messages)
{
	struct headway_info info = {.size = sizeof info};

	for (unsigned count = 0; count < 12; count++) {
		uint64_t before = hw__boot_ns();
		struct hw__summary summary;

		record = fixture_start(NULL);
		for (unsigned i = 0; i < count; i++)
			cr_assert_eq(headway_message(record, i % 2 ? "odd" : "even", "1"), 0);
		cr_assert_eq(headway_finish(record), 0);
		cr_assert_eq(headway_info(fx.arena, &info), 0);
		cr_expect_eq(info.finished, count + 1, "after %u messages", count);
		cr_assert_eq(hw__revision_summary(
				     fx.a, hw__word_ref(fx.a->slots[record->slot].word), &summary),
			     0);
		cr_expect_geq(summary.ended_boot_ns, before, "after %u messages", count);
		cr_expect_leq(summary.ended_boot_ns, hw__boot_ns());
		headway_release(record);
	}
}

Test(update, each_call_keeps_a_sample_for_the_history)
{
	static int (*const calls[])(struct headway_record *) = {
		call_message, call_message_n, call_update, call_results, call_url, headway_sample};
	const struct headway_spec spec = {.history = "unit"};

	setenv("XDG_STATE_HOME", "/dev/null/state", 1);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		record = fixture_start(&spec);
		cr_assert_eq(record->trace->count, 0);
		cr_assert_eq(calls[i](record), 0);
		cr_expect_eq(record->trace->count, 1, "call %zu", i);
		headway_release(record);
	}
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* A record of this process, opened by another member too, which has published nothing of it. */
static struct headway_record *opened_by(struct headway_arena **second)
{
	const struct headway_options existing = {.flags = HEADWAY_EXISTING};
	struct headway_record *other = NULL;

	record = fixture_start(NULL);
	cr_assert_eq(headway_message(record, "key", "value"), 0);
	cr_assert_eq(headway_open(fx.name, &existing, second), 0);
	cr_assert_eq(headway_resume(*second, &record->id, &other), 0);
	return other;
}

static void expect_damage(struct headway_record *other)
{
	struct headway_message two[] = {{"other", "1"}, {"key", "2"}};
	uint64_t word = fixture_slot(record)->word;

	cr_expect_eq(headway_message(other, "other", "1"), -EBADMSG);
	cr_expect_eq(headway_update(other, two, 2), -EBADMSG);
	cr_expect_eq(headway_error(other, "1"), -EBADMSG);
	cr_expect_eq(fixture_slot(record)->word, word);
}

static void opened_end(struct headway_arena *second, struct headway_record *other)
{
	headway_release(other);
	headway_close(second);
	headway_release(record);
}

Test(update, of_a_record_whose_block_does_not_exist_is_refused)
{
	struct headway_arena *second;
	struct headway_record *other = opened_by(&second);
	uint64_t *word = &fixture_slot(record)->word, whole = *word;

	*word = hw__word(HW__RUNNING, hw__ref(fx.a->geometry.blocks, 1));
	expect_damage(other);
	*word = hw__word(HW__RUNNING, hw__ref((1 << 24) - 1, 1));
	expect_damage(other);
	*word = whole;
	cr_expect_eq(headway_message(other, "other", "1"), 0);
	opened_end(second, other);
	FIXTURE_SOUND();
}

Test(update, of_a_record_whose_entries_are_longer_than_they_can_be_is_refused)
{
	struct headway_arena *second;
	struct headway_record *other = opened_by(&second);
	struct hw__block *block = fixture_block(record);
	unsigned char *at = fixture_entry(block, 1) - sizeof "key" - sizeof(struct hw__entry);
	struct hw__entry whole, longer;

	memcpy(&whole, at, sizeof whole);
	longer = whole;
	for (uint32_t more = 1; more; more *= 2) {
		longer.value_length = whole.value_length + more;
		memcpy(at, &longer, sizeof longer);
		expect_damage(other);
	}
	memcpy(at, &whole, sizeof whole);
	cr_expect_eq(headway_message(other, "other", "1"), 0);
	opened_end(second, other);
	FIXTURE_SOUND();
}

/* Messages without slack, so that those that a thread remembers leave room for others. */
Test(update, messages_behind_those_that_are_remembered_are_not_new)
{
	static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	struct headway_message two[] = {{"x", "1"}, {"y", "1"}};
	struct headway_snapshot *s = NULL;

	record = fixture_start(NULL);
	cr_assert_eq(headway_url(record, fixture_text(170, 'u')), 0);
	for (size_t i = 0; i < 8; i++)
		cr_assert_eq(headway_message(record, keys[i], ""), 0);
	cr_assert_eq(headway_url(record, ""), 0);
	for (size_t i = 0; i < 3; i++) /* until the thread remembers them again */
		cr_assert_eq(headway_message(record, keys[i], ""), 0);
	cr_expect_lt(fixture_block(record)->h.used_bytes, 250);
	cr_expect_eq(headway_update(record, two, 2), 0);
	cr_expect_eq(headway_message(record, "x", "2"), 0);
	fixture_read(record, &s);
	cr_expect_eq(s->message_count, 10);
	cr_expect_str_eq(fixture_value(s, "x"), "2");
	headway_snapshot_free(s);
	headway_release(record);
	FIXTURE_SOUND();
}

/* The thread knows the record, but somebody wrote to the origin's length. */
Test(update, an_end_of_a_known_record_whose_origin_is_damaged_is_refused)
{
	struct hw__block *block;
	struct hw__entry whole, longer;

	record = fixture_start(NULL);
	for (unsigned i = 0; i < 2 * HW__QUEUE; i++)
		cr_assert_eq(headway_message(record, "key", "1"), 0);
	block = fixture_block(record);
	memcpy(&whole, block->entries, sizeof whole);
	longer = whole;
	for (uint32_t more = 64; more; more *= 2) {
		longer.value_length = whole.value_length + more;
		memcpy(block->entries, &longer, sizeof longer);
		cr_expect_eq(headway_finish(record), -EBADMSG, "%u bytes more", more);
	}
	memcpy(block->entries, &whole, sizeof whole);
	cr_expect_eq(headway_finish(record), 0);
	headway_release(record);
	FIXTURE_SOUND();
}

/* What is behind the last entry is none. */
Test(update, of_a_record_with_bytes_behind_its_entries_is_refused)
{
	struct headway_arena *second;
	struct headway_record *other = opened_by(&second);
	struct hw__block *block = fixture_block(record);
	uint16_t used = block->h.used_bytes;

	for (uint16_t more = 1; more < HW__ENTRY_OVERHEAD; more++) {
		block->h.used_bytes = (uint16_t)(used + more);
		expect_damage(other);
	}
	block->h.used_bytes = used;
	cr_expect_eq(headway_message(other, "other", "1"), 0);
	opened_end(second, other);
	FIXTURE_SOUND();
}
