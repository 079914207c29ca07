/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls.h"

#include "arena/arena.h"
#include "base/clock.h"
#include "base/word.h"

char calls_long[2][CALLS_LONG + 1], calls_json[2][CALLS_LONG + 2];

void calls_texts(void)
{
	for (int i = 0; i < 2; i++) {
		memset(calls_long[i], 'a' + i, CALLS_LONG);
		memset(calls_json[i], '1' + i, CALLS_LONG);
		calls_json[i][0] = calls_json[i][CALLS_LONG] = '"';
	}
}

/* ---- the arena ------------------------------------------------------------------------------- */

void calls_attach(struct actor *a)
{
	struct headway_options options = {.size = sizeof options,
					  .slots = 6,
					  .members = 5,
					  .bytes = CALLS_ARENA_BYTES,
					  /* so high that nothing expires during the test */
					  .ttl_seconds = 1000000,
					  .error_ttl_seconds = 1000000};

	NEED(headway_open(a->path, &options, &a->arena) == 0);
}

/* A detached, ended record with a text in extents and no open handles. */
static struct headway_id calls_finished(struct actor *a, const char *name)
{
	struct headway_spec spec = {.flags = HEADWAY_DETACHED, .name = name};
	struct headway_record *r;
	struct headway_id id;

	NEED(headway_start(a->arena, &spec, &r) == 0);
	NEED(headway_get_id(r, &id) == 0);
	NEED(headway_message(r, "log", calls_long[0]) == 0 && headway_add(r, 3) == 0);
	NEED(headway_finish(r) == 0);
	headway_release(r);
	return id;
}

static void calls_witness(struct actor *a)
{
	struct headway_spec spec = {.flags = HEADWAY_DETACHED, .name = "witness"};
	struct headway_record *r;

	NEED(headway_start(a->arena, &spec, &r) == 0);
	NEED(headway_message(r, "Step", "7/8") == 0 && headway_add(r, 3) == 0);
	headway_release(r);
}

void prepare_subject(struct actor *a)
{
	static const char *const counters[] = {"errors", NULL};
	struct headway_spec spec = {.size = sizeof spec,
				    .name = "subject",
				    .unit = "steps",
				    .total = 10,
				    .counters = counters};

	calls_attach(a);
	if (a->subject) {
		NEED(headway_resume(a->arena, a->subject, &a->record) == 0);
		a->lane->id = *a->subject;
		return;
	}
	if (!a->owned)
		spec.flags = HEADWAY_DETACHED;
	NEED(headway_start(a->arena, &spec, &a->record) == 0);
	NEED(headway_get_id(a->record, &a->lane->id) == 0);
	NEED(headway_message(a->record, "Step", "1/2") == 0);
	NEED(headway_message(a->record, "Note", "two") == 0 && headway_add(a->record, 5) == 0);
	calls_witness(a);
	(void)calls_finished(a, "old");
}

void prepare_known(struct actor *a)
{
	prepare_subject(a);
	for (int i = 0; i < 4 * HW__QUEUE; i++)
		NEED(headway_message(a->record, i % 3 ? "Step" : "Note",
				     i % 2 ? "sixteen and more of them" : "few") == 0);
}

void prepare_in_extents(struct actor *a)
{
	prepare_subject(a);
	NEED(headway_message(a->record, "Log", calls_long[0]) == 0);
}

static void prepare_with_results(struct actor *a)
{
	prepare_in_extents(a);
	NEED(headway_results(a->record, calls_json[0], CALLS_LONG + 1) == 0);
}

static void prepare_all_slots(struct actor *a)
{
	struct headway_info info = {.size = sizeof info};

	prepare_subject(a);
	while (headway_info(a->arena, &info) == 0 && info.slots_used < info.slots) {
		struct headway_spec spec = {.flags = HEADWAY_DETACHED, .name = "filler"};
		struct headway_record *r;

		NEED(headway_start(a->arena, &spec, &r) == 0 && headway_finish(r) == 0);
		headway_release(r);
	}
}

static void prepare_no_extents(struct actor *a)
{
	struct headway_info info = {.size = sizeof info};

	prepare_subject(a);
	while (headway_info(a->arena, &info) == 0 && info.extents_free >= 2)
		(void)calls_finished(a, "filler");
}

static void prepare_cancelled(struct actor *a)
{
	prepare_subject(a);
	NEED(headway_cancel(a->arena, &a->lane->id, "before") == 0);
}

static void prepare_released(struct actor *a)
{
	prepare_subject(a);
	headway_release(a->record);
	a->record = NULL;
}

static struct hw__slot *calls_slot(const struct actor *a, const struct headway_id *id)
{
	return &a->arena->current->slots[id->bytes[2]];
}

void prepare_expired(struct actor *a)
{
	uint64_t ended = hw__boot_ns() - 10000000000u;
	struct hw__block *block;
	unsigned char *at;
	struct hw__entry e;

	prepare_in_extents(a);
	NEED(headway_finish(a->record) == 0);
	block = hw__block_at(a->arena->current,
			     hw__ref_index(hw__word_ref(calls_slot(a, &a->lane->id)->word)));
	at = block->entries; /* the origin, then the frozen entry, which begins with the time */
	memcpy(&e, at, sizeof e);
	at += sizeof e + e.value_length + 2;
	memcpy(&e, at, sizeof e);
	NEED(e.kind == HW__ENTRY_FROZEN);
	memcpy(at + sizeof e + 1, &ended, sizeof ended);
	headway_release(a->record);
	a->record = NULL;
}

/* The subject is ended and open; a reaper that has just set it to RETIRING died. */
static void prepare_retiring(struct actor *a)
{
	struct hw__slot *slot;

	prepare_subject(a);
	NEED(headway_finish(a->record) == 0);
	slot = calls_slot(a, &a->lane->id);
	slot->word = hw__word(HW__RETIRING, slot->word);
	*hw__chunk_state(&a->arena->current->pools[HW__BLOCKS],
			 hw__ref_index(slot->word)) = hw__state(HW__KIND_SHARED, 0, slot->word);
}

void prepare_closed(struct actor *a)
{
	prepare_released(a);
	headway_close(a->arena);
	a->arena = NULL;
}

void prepare_nothing(struct actor *a)
{
	(void)a;
}

/* ---- the calls ------------------------------------------------------------------------------- */

int run_start(struct actor *a)
{
	return headway_start(a->arena, NULL, &a->other);
}

static int run_start_long(struct actor *a)
{
	struct headway_spec spec = {.flags = HEADWAY_DETACHED, .name = calls_long[0]};

	return headway_start(a->arena, &spec, &a->other);
}

static int run_start_striped(struct actor *a)
{
	struct headway_spec spec = {.flags = HEADWAY_STRIPED, .name = "striped"};

	return headway_start(a->arena, &spec, &a->other);
}

int run_message(struct actor *a)
{
	return headway_message(a->record, "Step", a->subject ? "partner" : "2/2");
}

int run_new_message(struct actor *a)
{
	return headway_message(a->record, "Fresh", "one");
}

int run_message_long(struct actor *a)
{
	return headway_message(a->record, "Log", calls_long[1]);
}

static int run_message_short(struct actor *a)
{
	return headway_message(a->record, "Log", "short");
}

static int run_update(struct actor *a)
{
	static const struct headway_message messages[] = {
		{"Note", "changed"}, {"Fresh", "one"}, {"Step", "2/2"}};

	return headway_update(a->record, messages, 3);
}

static int run_update_known(struct actor *a)
{
	static const struct headway_message messages[] = {{"Step", "2/2"}, {"Note", "changed"}};

	return headway_update(a->record, messages, 2);
}

static int run_results(struct actor *a)
{
	return headway_results(a->record, "{\"n\": 1}", 8);
}

static int run_results_long(struct actor *a)
{
	return headway_results(a->record, calls_json[1], CALLS_LONG + 1);
}

int run_url(struct actor *a)
{
	return headway_url(a->record, "/elsewhere");
}

int run_finish(struct actor *a)
{
	return headway_finish(a->record);
}

static int run_finish_long(struct actor *a)
{
	return headway_finish_with_results(a->record, calls_json[1], CALLS_LONG + 1);
}

static int run_error(struct actor *a)
{
	return headway_error(a->record, "no such file");
}

int run_cancel(struct actor *a)
{
	return headway_cancel(a->arena, &a->lane->id, "enough");
}

static int run_cancel_long(struct actor *a)
{
	return headway_cancel(a->arena, &a->lane->id, calls_long[1]);
}

static int run_add(struct actor *a)
{
	return headway_add(a->record, 1);
}

static int run_resume(struct actor *a)
{
	return headway_resume(a->arena, &a->lane->id, &a->record);
}

static int run_release(struct actor *a)
{
	headway_release(a->record);
	a->record = NULL;
	return 0;
}

int run_close(struct actor *a)
{
	headway_close(a->arena);
	a->arena = NULL;
	return 0;
}

int run_open(struct actor *a)
{
	calls_attach(a);
	return 0;
}

int run_reap(struct actor *a)
{
	struct headway_reap_policy policy = {.size = sizeof policy, .ttl_seconds = 1};

	return headway_reap(a->arena, &policy, NULL);
}

int run_remove(struct actor *a)
{
	return headway_remove(a->arena, &a->lane->id);
}

const struct call calls[] = {
	{"start", prepare_subject, run_start, CHANGES_ONCE | QUICK},
	{"start, long name", prepare_subject, run_start_long, CHANGES_ONCE | HEAVY},
	{"start, striped", prepare_subject, run_start_striped, CHANGES_ONCE},
	{"start that evicts", prepare_all_slots, run_start, CHANGES_TWICE | HEAVY},
	{"message", prepare_subject, run_message, CHANGES_ONCE | QUICK},
	{"message, known", prepare_known, run_message, CHANGES_ONCE | QUICK},
	{"new message, known", prepare_known, run_new_message, CHANGES_ONCE | QUICK},
	{"update, known", prepare_known, run_update_known, CHANGES_ONCE | QUICK},
	{"finish after known messages", prepare_known, run_finish, CHANGES_ONCE},
	{"error after known messages", prepare_known, run_error, CHANGES_ONCE},
	{"message into extents", prepare_subject, run_message_long, CHANGES_ONCE | HEAVY},
	{"message, extents to extents", prepare_in_extents, run_message_long,
	 CHANGES_ONCE | QUICK | HEAVY},
	{"message out of extents", prepare_in_extents, run_message_short, CHANGES_ONCE | QUICK},
	{"message beside extents", prepare_with_results, run_message, CHANGES_ONCE | HEAVY},
	{"message that evicts", prepare_no_extents, run_message_long, CHANGES_TWICE | HEAVY},
	{"update", prepare_subject, run_update, CHANGES_ONCE},
	{"results", prepare_subject, run_results, CHANGES_ONCE},
	{"results into extents", prepare_subject, run_results_long, CHANGES_ONCE | HEAVY},
	{"results, extents to extents", prepare_with_results, run_results_long,
	 CHANGES_ONCE | LONG},
	{"results out of extents", prepare_with_results, run_results, CHANGES_ONCE | HEAVY},
	{"url", prepare_subject, run_url, CHANGES_ONCE},
	{"finish", prepare_with_results, run_finish, CHANGES_ONCE | QUICK | HEAVY},
	{"finish_with_results", prepare_with_results, run_finish_long, CHANGES_ONCE | HEAVY},
	{"error", prepare_subject, run_error, CHANGES_ONCE},
	{"cancel", prepare_subject, run_cancel, CHANGES_ONCE | QUICK},
	{"cancel, long reason", prepare_released, run_cancel_long, CHANGES_ONCE | HEAVY},
	{"cancel, asked before", prepare_cancelled, run_cancel, CHANGES_NONE},
	{"add", prepare_subject, run_add, CHANGES_ONCE},
	{"resume", prepare_released, run_resume, CHANGES_NONE | QUICK},
	{"release", prepare_subject, run_release, CHANGES_NONE | QUICK},
	{"release of a retiring one", prepare_retiring, run_release, CHANGES_NONE | ALONE},
	{"close", prepare_with_results, run_close, CHANGES_SOME | QUICK},
	{"open", prepare_closed, run_open, CHANGES_NONE | LONG},
	{"reap what expired", prepare_expired, run_reap, CHANGES_SOME | ALONE},
	{"remove", prepare_released, run_remove, CHANGES_TWICE},
};

const unsigned calls_count = sizeof calls / sizeof *calls;

const struct call *call_named(const char *name)
{
	const struct call *found = NULL;

	for (unsigned i = 0; i < calls_count && !found; i++)
		if (strcmp(calls[i].name, name) == 0)
			found = &calls[i];
	NEED(found);
	return found;
}
