/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshots: they contain everything that a record holds, consistently, or reading fails. */
#include "snapshot_fixture.h"

TestSuite(snapshot, .init = fixture_up, .fini = fixture_down);

/* ---- content --------------------------------------------------------------------------------- */

Test(snapshot, holds_everything_that_was_stored)
{
	struct headway_record *r = rich();

	must_read(r);
	cr_expect_eq(s->status, HEADWAY_RUNNING);
	cr_expect_str_eq(s->name, "copy");
	cr_expect_str_eq(s->unit, "bytes");
	cr_expect_str_eq(s->url, "http://example/");
	cr_assert_not_null(s->parent);
	cr_expect_eq(s->parent->bytes[2], 3);
	cr_expect_eq(s->message_count, 2);
	cr_expect_str_eq(s->messages[0].key, "Step");
	cr_expect_str_eq(s->messages[0].value, "1/2");
	cr_expect_eq(strspn(s->messages[1].value, "v"), 5000);
	cr_expect_str_eq(s->results, "{\"n\":1}");
	cr_expect_eq(s->results_length, 7);
	cr_expect(s->done == 42 && s->total == 100);
	cr_expect(s->counter_count == 2 && s->counters[0] == 0 && s->counters[1] == 7);
	cr_expect_str_eq(s->counter_names[1], "written");
	cr_expect_null(s->counter_names[2]);
	cr_expect_eq(s->owner_pid, getpid());
	cr_expect_eq(s->owner_alive, 1);
	cr_expect_eq(s->version, 5);
	cr_expect_eq(s->ttl_seconds, 60);
	cr_expect(s->started_ns > 0 && s->updated_ns >= s->started_ns && s->finished_ns == 0);
	cr_expect(!s->lost && !s->stale && !s->detached);
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot, of_an_empty_record_has_no_undocumented_null)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){.flags = HEADWAY_DETACHED});
	char id[HEADWAY_ID_TEXT], url[100];

	must_read(r);
	headway_format_id(&r->id, id);
	snprintf(url, sizeof url, "/_/status/%s", id);
	cr_expect_str_eq(s->name, "");
	cr_expect_str_eq(s->unit, "");
	cr_expect_str_eq(s->url, url);
	cr_expect_str_eq(s->owner_command, "");
	cr_expect(s->detached && s->owner_pid == 0 && s->owner_alive == -1);
	cr_expect(!s->parent && !s->results && !s->message_count && !s->counter_count);
	cr_assert_not_null(s->counter_names);
	cr_expect_null(s->counter_names[0]);
	cr_expect_eq(s->version, 1);
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot, of_an_ended_record_has_the_frozen_counters)
{
	struct headway_record *r = rich();

	cr_assert_eq(headway_finish(r), 0);
	fixture_slot(r)->counters[0] = 9999;
	fixture_slot(r)->counters[3] = 9999;
	must_read(r);
	cr_expect_eq(s->status, HEADWAY_FINISHED);
	cr_expect(s->done == 42 && s->total == 100 && s->counters[1] == 7);
	cr_expect(s->finished_ns != 0 && s->finished_ns == s->updated_ns);
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot, sums_up_the_stripes)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){
		.flags = HEADWAY_STRIPED, .counters = two_names, .total = 9});

	fx.a->stripes[r->slot].counters[3][0] = 5;
	fx.a->stripes[r->slot].counters[4][0] = 6;
	fx.a->stripes[r->slot].counters[15][3] = 7;
	must_read(r);
	cr_expect(s->done == 11 && s->total == 9 && s->counters[1] == 7);
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot, reused_memory_keeps_nothing_of_the_previous_record)
{
	struct headway_record *first = rich(), *second = fixture_start(NULL);
	char id[HEADWAY_ID_TEXT];

	cr_assert_eq(headway_cancel(fx.arena, &first->id, "enough"), 0);
	must_read(first);
	cr_expect_str_eq(s->cancel_reason, "enough");
	must_read(second);
	cr_expect(!s->cancel_reason && !s->cancel_requested_ns);
	headway_format_id(&second->id, id);
	cr_expect_str_eq(s->name, "");
	cr_expect_str_eq(s->unit, "");
	cr_expect_str_eq(s->url + strlen("/_/status/"), id);
	cr_expect(!s->parent && !s->results && !s->results_length);
	cr_expect(!s->message_count && !s->counter_count && !s->counter_names[0]);
	cr_expect(!s->done && !s->total && !s->ttl_seconds);
	must_read(first);
	cr_expect_str_eq(s->url, "http://example/");
	cr_expect_eq(s->message_count, 2);
	cr_assert_eq(headway_url(first, ""), 0);
	must_read(first);
	headway_format_id(&first->id, id);
	cr_expect_str_eq(s->url + strlen("/_/status/"), id);
	headway_release(first);
	headway_release(second);
	headway_snapshot_free(s);
}

Test(snapshot, holds_any_number_of_messages_in_their_order)
{
	struct headway_record *r = fixture_start(NULL);
	char key[16];

	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof key, "key %d", i);
		cr_assert_eq(headway_message(r, key, key + 4), 0);
		must_read(r);
		cr_assert_eq(s->message_count, (size_t)i + 1);
	}
	for (int i = 0; i < 300; i++) {
		snprintf(key, sizeof key, "key %d", i);
		cr_expect_str_eq(s->messages[i].key, key);
		cr_expect_str_eq(s->messages[i].value, key + 4);
	}
	headway_release(r);
	headway_snapshot_free(s);
}

/* The memory is that of an earlier read. */
Test(snapshot, results_are_terminated_behind_their_length)
{
	struct headway_record *longer = fixture_start(NULL), *shorter = fixture_start(NULL);
	char json[9000];

	memset(json, '1', sizeof json);
	cr_assert_eq(headway_results(longer, json, 9000), 0);
	cr_assert_eq(headway_results(shorter, json, 5000), 0);
	must_read(longer);
	must_read(shorter);
	cr_expect_eq(s->results_length, 5000);
	cr_expect_eq(s->results[5000], '\0');
	headway_release(longer);
	headway_release(shorter);
	headway_snapshot_free(s);
}

/* The coarse clock that a read takes is some milliseconds behind the one of a start. */
Test(snapshot, is_never_read_before_the_start)
{
	struct headway_record *r = fixture_start(NULL);

	fixture_started(fixture_block(r), UINT64_MAX / 2);
	must_read(r);
	cr_expect_eq(s->read_ns, s->started_ns);
	headway_release(r);
	headway_snapshot_free(s);
}

/* ---- while it changes ------------------------------------------------------------------------ */

static void flip_status(uint32_t slot)
{
	uint64_t *word = &fx.a->slots[slot].word;
	bool running = hw__word_status(*word) == HW__RUNNING;

	*word = hw__word(running ? HW__FINISHED : HW__RUNNING, *word);
}

Test(snapshot, of_a_constantly_changing_record_is_consistent_and_marked_stale)
{
	struct headway_record *r = rich();

	meddling = flip_status;
	must_read(r);
	cr_expect_eq(s->stale, 1);
	cr_expect_str_eq(s->name, "copy");
	cr_expect_eq(strlen(fixture_value(s, "long")), 5000);
	cr_expect_eq(copies, 64, "and no more than so many copies");
	meddling = NULL;
	must_read(r);
	cr_expect_eq(s->stale, 0);
	headway_release(r);
	headway_snapshot_free(s);
}

static void finish_once(uint32_t slot)
{
	(void)slot;
	if (copies == 1)
		flip_status(slot);
}

Test(snapshot, a_changed_status_is_read_again)
{
	struct headway_record *r = rich();

	meddling = finish_once;
	must_read(r);
	cr_expect_eq(s->status, HEADWAY_FINISHED);
	cr_expect_eq(s->stale, 0);
	cr_expect_eq(copies, 2);
	headway_release(r);
	headway_snapshot_free(s);
}

static void next_life(uint32_t slot)
{
	fx.a->slots[slot].id_tail++;
	fx.a->slots[slot].counters[0] = 0;
}

/* C1: counters of a new record are never combined with the content of an old one. */
Test(snapshot, counters_of_another_record_in_the_slot_are_rejected)
{
	struct headway_record *r = rich();

	meddling = next_life;
	cr_expect_eq(reading(r), -ESTALE);
	cr_expect_eq(copies, 1);
	cr_expect_null(s, "nothing was made");
	cr_expect_eq(hw__snapshot_read(fx.a, r->slot, NULL, &s, hw__now_coarse_ns()), -EBADMSG,
		     "a life that is not its own");
	cr_expect_eq(copies, 1, "whose counters are not even looked at");
	fixture_slot(r)->id_tail = hw__id_tail(&r->id);
	cr_expect_eq(hw__snapshot_read(fx.a, r->slot, NULL, &s, hw__now_coarse_ns()), -EBADMSG);
	cr_expect_eq(copies, 2);
	headway_release(r);
	headway_snapshot_free(s);
}

/* The chunk that a word names keeps its version while the word is unchanged. */
Test(snapshot, a_word_that_names_a_missing_version_is_damage)
{
	struct headway_record *r = rich();

	fixture_slot(r)->word++;
	cr_expect_eq(reading(r), -EBADMSG);
	fixture_slot(r)->word--;
	must_read(r);
	headway_release(r);
	headway_snapshot_free(s);
}

/* A snapshot that already has the current version is refreshed only in what changes without a new
 * version. */
Test(snapshot, read_again_has_current_counters_and_the_texts_of_its_version)
{
	struct headway_record *r = rich();
	const char *name;

	must_read(r);
	name = s->name;
	headway_add(r, 8);
	headway_counter_add(r, 0, 1);
	must_read(r);
	cr_expect(s->done == 50 && s->counters[0] == 1 && s->version == 5);
	cr_expect_eq(s->name, name, "not copied again");
	cr_expect_eq(strlen(fixture_value(s, "long")), 5000);
	cr_assert_eq(headway_message(r, "Step", "2/2"), 0);
	must_read(r);
	cr_expect(s->version == 6 && s->done == 50);
	cr_expect_str_eq(fixture_value(s, "Step"), "2/2");
	cr_assert_eq(headway_finish(r), 0);
	fixture_slot(r)->counters[0] = 9999;
	must_read(r);
	cr_expect(s->done == 50 && s->status == HEADWAY_FINISHED);
	must_read(r);
	cr_expect(s->done == 50 && s->status == HEADWAY_FINISHED && s->version == 7);
	headway_release(r);
	headway_snapshot_free(s);
}

/* ---- gone ------------------------------------------------------------------------------------ */

Test(snapshot, of_a_retired_slot_is_an_error)
{
	struct headway_record *r = rich(), *other = fixture_start(NULL);
	uint64_t word = fixture_slot(r)->word;
	struct headway_id id = r->id;

	must_read(other);
	fixture_slot(r)->word = hw__word(HW__RETIRING, word);
	cr_expect_eq(reading(r), -ESTALE);
	fixture_slot(r)->word = hw__word_claim(0);
	cr_expect_eq(reading(r), -ESTALE);
	fixture_slot(r)->word = 0;
	cr_expect_eq(reading(r), -ESTALE);
	fixture_slot(r)->word = word;
	cr_expect_str_eq(s->name, "", "the caller's snapshot is still his");
	id.bytes[4] ^= 1; /* another id with the same slot and use count */
	for (int check = 0; check < 256 && !hw__id_is_ours(fx.a, &id); check++)
		id.bytes[3] = (unsigned char)check;
	cr_expect_eq(headway_read(fx.arena, &id, &s), -ESTALE, "the whole id is compared");
	headway_release(r);
	headway_release(other);
	headway_snapshot_free(s);
}

/* Ids that this arena could have made. */
Test(snapshot, of_a_slot_that_was_never_used_there_is_none)
{
	struct headway_record *r = fixture_start(NULL), *other;
	unsigned char random[16] = {1};
	struct headway_id id;

	for (uint32_t slot = 0; slot < fx.a->geometry.slots; slot++) {
		hw__id_make(fx.a, slot, random, &id);
		cr_expect_eq(headway_read(fx.arena, &id, &s), slot == r->slot ? -ESTALE : -ENOENT);
		cr_expect_eq(headway_resume(fx.arena, &id, &other),
			     slot == r->slot ? -ESTALE : -ENOENT);
	}
	headway_release(r);
}

/* The snapshot that holds a record says nothing of another arena, in whose slots are other records. */
Test(snapshot, of_a_record_of_another_arena_there_is_none)
{
	struct headway_record *r = fixture_start(NULL), *other;
	const char *name = fixture_name("other");
	struct headway_arena *arena;

	cr_assert_eq(headway_open(name, fixture_options(), &arena), 0);
	for (uint32_t slot = 0; slot < fx.a->geometry.slots; slot++) {
		cr_assert_eq(headway_start(arena, NULL, &other), 0);
		headway_release(other);
	}
	while (hw__id_is_ours(arena->current, &r->id)) { /* one in 256 is, by its check byte */
		headway_release(r);
		r = fixture_start(NULL);
	}
	must_read(r);
	cr_expect_eq(headway_read(arena, &r->id, &s), -ENOENT);
	must_read(r);
	headway_release(r);
	headway_close(arena);
	headway_unlink(name);
	headway_snapshot_free(s);
}

Test(snapshot, null_arguments_are_refused)
{
	struct headway_id id = {{0}};

	cr_expect_eq(headway_read(NULL, &id, &s), -EINVAL);
	cr_expect_eq(headway_read(fx.arena, NULL, &s), -EINVAL);
	cr_expect_eq(headway_read(fx.arena, &id, NULL), -EINVAL);
	cr_expect_eq(headway_each(fx.arena, NULL, NULL), -EINVAL);
	headway_snapshot_free(NULL);
}

/* ---- what the arena should not hold ---------------------------------------------------------- */

/* Appends an entry to the record's block. */
static unsigned char *inject(struct headway_record *r, unsigned kind, const char *key,
			     const void *value, size_t length)
{
	struct hw__block *b = fixture_block(r);
	unsigned char *at = b->entries + b->h.used_bytes;
	unsigned char *end = hw__entry_put(at, (enum hw__entry_kind)kind, key, strlen(key), value,
					   length);

	b->h.used_bytes = (uint16_t)(end - b->entries);
	return at;
}

Test(snapshot, entries_of_an_unknown_kind_are_skipped)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){.name = "n"});

	inject(r, 10, "future", "1", 1);
	inject(r, 0, "", "", 0);
	inject(r, 65535, "k", "v", 1);
	inject(r, HW__ENTRY_MESSAGE, "k", "v", 1);
	must_read(r);
	cr_expect_eq(s->message_count, 1);
	cr_expect_str_eq(s->messages[0].value, "v");
	cr_expect_str_eq(s->name, "n");
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot, malformed_entries_do_no_harm)
{
	struct headway_record *r = fixture_start(NULL);
	unsigned char frozen[120];

	memset(frozen, 1, sizeof frozen);
	inject(r, HW__ENTRY_PARENT, "", "short", 5);
	inject(r, HW__ENTRY_FROZEN, "", frozen, sizeof frozen);
	inject(r, HW__ENTRY_CANCEL, "", frozen, sizeof(struct hw__cancel) - 1);
	inject(r, HW__ENTRY_PROFILE, "", frozen, sizeof(struct hw__profile) - 1);
	for (int i = 0; i < 9; i++)
		inject(r, HW__ENTRY_COUNTER, "", "c", 1);
	must_read(r);
	cr_expect_null(s->parent);
	cr_expect_null(s->profile);
	cr_expect(!s->cancel_reason && !s->cancel_requested_ns);
	cr_expect_eq(s->counter_count, HW__NAMED_MAX);
	cr_expect_null(s->counter_names[HW__NAMED_MAX]);
	cr_expect_eq(s->counters[5], 0, "a Running record's counters are those of its slot");
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot, texts_end_at_their_length_independent_of_following_bytes)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){.name = "name"});
	unsigned char *at = inject(r, HW__ENTRY_MESSAGE, "key", "value", 5);

	at[sizeof(struct hw__entry) + 3] = 'x';
	at[sizeof(struct hw__entry) + 3 + 1 + 5] = 'x';
	must_read(r);
	cr_expect_str_eq(s->messages[0].key, "key");
	cr_expect_str_eq(s->messages[0].value, "value");
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot, entries_that_do_not_end_with_the_revision_are_damage)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){.name = "name"});

	for (int more = 1; more < HW__ENTRY_OVERHEAD; more++) {
		fixture_block(r)->h.used_bytes++;
		cr_expect_eq(reading(r), -EBADMSG, "%d bytes more", more);
	}
	headway_release(r);
	headway_snapshot_free(s);
}

/* ---- each ------------------------------------------------------------------------------------ */

static uint32_t walked[8];
static int walk_count, walk_stop;

static int walk(const struct headway_snapshot *each, void *argument)
{
	cr_expect_eq(argument, &walk_count);
	walked[walk_count++] = hw__id_slot(&each->id);
	return walk_count == walk_stop ? 77 : 0;
}

Test(snapshot, a_walk_visits_all_readable_records_in_slot_order)
{
	struct headway_record *r[5];

	cr_expect_eq(headway_each(fx.arena, walk, &walk_count), 0);
	for (int i = 0; i < 5; i++)
		r[i] = fixture_start(NULL);
	cr_assert_eq(headway_finish(r[1]), 0);
	lose(r[2]);
	fixture_slot(r[3])->word = hw__word(HW__RETIRING, fixture_slot(r[3])->word);
	fixture_block(r[4])->h.used_bytes = 60000;
	cr_expect_eq(headway_each(fx.arena, walk, &walk_count), 3);
	cr_expect(walked[0] == r[0]->slot && walked[1] == r[1]->slot && walked[2] == r[2]->slot);
	walk_count = 0;
	walk_stop = 2;
	cr_expect_eq(headway_each(fx.arena, walk, &walk_count), 77);
	cr_expect_eq(walk_count, 2);
	for (int i = 0; i < 5; i++)
		headway_release(r[i]);
}
