/* SPDX-License-Identifier: BSD-3-Clause */
/* Computing the entries of the next revision from those of the current one: which stay, which go,
 * and the split between block and chain. */
#include "record/edit.h"
#include "fixture.h"

enum { INLINE = HW__INLINE_BYTES };

/* Revisions of one record in private memory; the last one is the input of the next edit. */
static struct hw__buffer now, next;
static struct hw__plan plan;
static uint32_t named;

static int first(const struct headway_spec *spec)
{
	struct hw__origin origin = {.owner_pid = 4711, .command = "worker"};

	return hw__edit_first(spec, &origin, NULL, &now, &plan, &named);
}

static struct hw__revision old_version(void)
{
	return (struct hw__revision){.head = {.rev = 1, .used_bytes = (uint16_t)plan.inline_bytes},
				     .entries_bytes = plan.bytes};
}

static int apply(struct hw__edit *edit)
{
	struct hw__revision old = old_version();
	int error = hw__edit_prepare(edit);
	struct hw__buffer was = now;

	if (!error)
		error = hw__edit_apply(edit, now.bytes, &old, &next, &plan);
	if (!error) {
		now = next;
		next = was;
	}
	return error;
}

static int say(const struct headway_message *messages, size_t count)
{
	struct hw__message measured[8];
	struct hw__edit edit = {.messages = measured, .count = count};

	cr_assert(count <= 8);
	for (size_t i = 0; i < count; i++)
		measured[i] = (struct hw__message){messages[i].key, messages[i].value,
						   strlen(messages[i].key),
						   strlen(messages[i].value)};
	return apply(&edit);
}

static int say_one(const char *key, const char *value)
{
	struct headway_message message = {key, value};

	return say(&message, 1);
}

/* The entries as text: a letter for each kind, key=value for messages. */
static const char *shown(void)
{
	static char text[8192];
	static const char letters[] = "?OFNUPLCRm";
	const unsigned char *at = now.bytes, *end = at + plan.bytes;
	struct hw__entry_view e;
	int length = 0;

	text[0] = '\0';
	while (hw__entry_next(&at, end, &e)) {
		const char *value = e.kind == HW__ENTRY_ORIGIN || e.kind == HW__ENTRY_FROZEN ||
						    e.kind == HW__ENTRY_PARENT
					    ? ""
					    : e.value;

		length += snprintf(text + length, sizeof text - (size_t)length,
				   e.kind == HW__ENTRY_MESSAGE ? "%s%s=%s" : "%s%s%s",
				   length ? " " : "",
				   e.kind == HW__ENTRY_MESSAGE
					   ? e.key
					   : (char[]){e.kind < 9 ? letters[e.kind] : '?', 0},
				   value);
	}
	cr_assert_eq(at, end, "the entries end where the plan says");
	return text;
}

Test(edit, first_version_has_origin_name_unit_parent_counters)
{
	static const char *const names[] = {"read", "written", NULL};
	struct headway_id parent = {{1}};
	struct headway_spec spec = {
		.name = "copy", .unit = "bytes", .parent = &parent, .counters = names};

	cr_assert_eq(first(&spec), 0);
	cr_expect_str_eq(shown(), "O Ncopy Ubytes P Cread Cwritten");
	cr_expect_eq(named, 2);
	cr_expect_eq(plan.inline_bytes, plan.bytes);
	spec = (struct headway_spec){.name = ""};
	cr_assert_eq(first(&spec), 0);
	cr_expect_str_eq(shown(), "O", "what is not given takes no room");
}

Test(edit, first_version_refuses_bad_counters)
{
	const char *seven[] = {"1", "2", "3", "4", "5", "6", "7", NULL};
	const char *nameless[] = {"1", "", NULL};
	const char *longest[] = {fixture_text(65535, 'x'), NULL};
	const char *too_long[] = {fixture_text(65536, 'x'), NULL};
	struct headway_spec spec = {.counters = seven};

	cr_expect_eq(first(&spec), -EINVAL);
	seven[6] = NULL;
	cr_expect_eq(first(&spec), 0);
	cr_expect_eq(named, 6);
	spec.counters = nameless;
	cr_expect_eq(first(&spec), -EINVAL);
	spec.counters = too_long;
	cr_expect_eq(first(&spec), -E2BIG);
	spec.counters = longest;
	cr_expect_eq(first(&spec), 0);
}

Test(edit, a_key_set_again_keeps_its_place)
{
	cr_assert_eq(first(&(struct headway_spec){.name = "n"}), 0);
	cr_assert_eq(say_one("a", "1"), 0);
	cr_assert_eq(say_one("b", "2"), 0);
	cr_assert_eq(say_one("c", "3"), 0);
	cr_assert_eq(say_one("a", "a longer value than before"), 0);
	cr_expect_str_eq(shown(), "O Nn a=a longer value than before b=2 c=3");
	cr_assert_eq(say_one("b", ""), 0);
	cr_expect_str_eq(shown(), "O Nn a=a longer value than before b= c=3");
	cr_assert_eq(say_one("c", "4"), 0);
	cr_expect_str_eq(shown(), "O Nn a=a longer value than before b= c=4");
}

Test(edit, new_keys_are_appended_in_their_order)
{
	const struct headway_message some[] = {{"z", "1"}, {"a", "2"}, {"m", "3"}};
	const struct headway_message more[] = {{"new", "5"}, {"a", "4"}};

	cr_assert_eq(first(&(struct headway_spec){.name = "n"}), 0);
	cr_assert_eq(say(some, 3), 0);
	cr_assert_eq(say(more, 2), 0);
	cr_expect_str_eq(shown(), "O Nn z=1 a=4 m=3 new=5");
}

Test(edit, of_duplicates_in_one_update_the_last_value_takes_the_first_place)
{
	const struct headway_message twice[] = {
		{"a", "1"}, {"b", "2"}, {"a", "3"}, {"b", "4"}, {"c", "5"}};

	cr_assert_eq(first(&(struct headway_spec){.size = 0}), 0);
	cr_assert_eq(say(twice, 5), 0);
	cr_expect_str_eq(shown(), "O a=3 b=4 c=5");
	cr_assert_eq(say_one("b", "x"), 0);
	cr_assert_eq(say(twice, 5), 0);
	cr_expect_str_eq(shown(), "O a=3 b=4 c=5");
}

Test(edit, a_key_with_another_as_its_prefix_is_a_different_key)
{
	cr_assert_eq(first(&(struct headway_spec){.size = 0}), 0);
	cr_assert_eq(say_one("Step", "1"), 0);
	cr_assert_eq(say_one("Steps", "2"), 0);
	cr_assert_eq(say_one("Ste", "3"), 0);
	cr_assert_eq(say_one("step", "4"), 0);
	cr_expect_str_eq(shown(), "O Step=1 Steps=2 Ste=3 step=4");
}

Test(edit, url_is_set_replaced_and_removed)
{
	struct hw__edit edit = {.url = "http://a/"};

	cr_assert_eq(first(&(struct headway_spec){.name = "n"}), 0);
	cr_assert_eq(say_one("k", "v"), 0);
	cr_assert_eq(apply(&edit), 0);
	cr_expect_str_eq(shown(), "O Lhttp://a/ Nn k=v");
	edit.url = "http://other/";
	cr_assert_eq(apply(&edit), 0);
	cr_expect_str_eq(shown(), "O Lhttp://other/ Nn k=v");
	edit.url = "";
	cr_assert_eq(apply(&edit), 0);
	cr_expect_str_eq(shown(), "O Nn k=v");
}

Test(edit, short_results_are_an_entry_which_a_chain_replaces)
{
	struct hw__edit edit = {.results = "{\"n\":1}", .results_length = 7};

	cr_assert_eq(first(&(struct headway_spec){.name = "n"}), 0);
	cr_assert_eq(apply(&edit), 0);
	cr_expect(plan.results_inline);
	cr_expect_str_eq(shown(), "O R{\"n\":1} Nn");
	edit = (struct hw__edit){.results = "[2,3]", .results_length = 5};
	cr_assert_eq(apply(&edit), 0);
	cr_expect_str_eq(shown(), "O R[2,3] Nn");
	cr_assert_eq(say_one("k", "v"), 0);
	cr_expect_not(plan.results_inline, "a message leaves the results as they are");
	cr_expect_str_eq(shown(), "O R[2,3] Nn k=v");
	edit.results_chain = true;
	cr_assert_eq(apply(&edit), 0);
	cr_expect_not(plan.results_inline);
	cr_expect_str_eq(shown(), "O Nn k=v");
}

/* Space left in the block of a Running revision with this many named counters. */
static size_t space_running(uint32_t counters)
{
	return INLINE - hw__entry_bytes(0, HW__FROZEN_BYTES(counters));
}

/* inline_bytes is the end of an entry, and the next entry would not fit. */
static void must_be_split_at(size_t room)
{
	const unsigned char *at = now.bytes, *end = at + plan.bytes;
	struct hw__entry_view e;
	size_t want = 0;

	while (hw__entry_next(&at, end, &e) && (size_t)(at - now.bytes) <= room)
		want = (size_t)(at - now.bytes);
	cr_assert_eq(plan.inline_bytes, want, "of %zu bytes", plan.bytes);
	cr_assert_leq(plan.inline_bytes, room);
	if (plan.bytes <= room)
		cr_assert_eq(plan.inline_bytes, plan.bytes);
}

Test(edit, is_split_between_whole_entries_at_every_length)
{
	for (size_t length = 0; length < 2 * INLINE; length++) {
		cr_assert_eq(first(&(struct headway_spec){.name = fixture_text(length, 'n')}), 0);
		must_be_split_at(space_running(0));
		cr_assert_eq(first(&(struct headway_spec){.name = "n"}), 0);
		cr_assert_eq(say_one("before", "x"), 0);
		cr_assert_eq(say_one("long", fixture_text(length, 'v')), 0);
		must_be_split_at(space_running(0));
		cr_assert_eq(say_one("after", "y"), 0);
		must_be_split_at(space_running(0));
	}
}

/* Finish or error: the frozen counters use the space reserved for them, and the entries beyond the
 * block are unchanged bytes, so that their chain can be kept. */
static void must_end_in_place(enum hw__status status, uint32_t counters)
{
	struct hw__edit edit = {.status = status};
	size_t beyond = plan.bytes - plan.inline_bytes, bytes = plan.bytes;
	unsigned char *tail = malloc(beyond + 1);

	cr_assert_not_null(tail);
	memcpy(tail, now.bytes + plan.inline_bytes, beyond);
	cr_assert_eq(apply(&edit), 0);
	cr_assert_eq(plan.bytes, bytes + hw__entry_bytes(0, HW__FROZEN_BYTES(counters)));
	cr_assert_leq(plan.inline_bytes, INLINE);
	cr_assert_eq(plan.bytes - plan.inline_bytes, beyond);
	cr_assert_eq(memcmp(now.bytes + plan.inline_bytes, tail, beyond), 0);
	free(tail);
}

Test(edit, space_for_the_frozen_counters_is_reserved_at_every_length)
{
	static const char *const all[] = {"a", "b", "c", "d", "e", "f", NULL};

	for (uint32_t counters = 0; counters <= HW__NAMED_MAX; counters++)
		for (size_t length = 0; length < INLINE + 80; length++) {
			struct headway_spec spec = {.counters = all + HW__NAMED_MAX - counters};

			cr_assert_eq(first(&spec), 0);
			cr_assert_eq(say_one("k", fixture_text(length, 'v')), 0);
			cr_assert_eq(say_one("l", "w"), 0);
			cr_assert_leq(plan.inline_bytes, space_running(counters));
			must_end_in_place(HW__FINISHED, counters);
			spec.name = fixture_text(length, 'n');
			cr_assert_eq(first(&spec), 0);
			must_end_in_place(HW__ERROR, counters);
		}
}

Test(edit, the_frozen_counters_follow_the_origin)
{
	static const char *const names[] = {"c", NULL};
	struct hw__edit edit = {.status = HW__FINISHED, .frozen = {7, {10, 20, 30, 99}}};
	const unsigned char *at;
	struct hw__entry_view e;
	uint64_t frozen[4];

	cr_assert_eq(first(&(struct headway_spec){.counters = names}), 0);
	cr_assert_eq(say_one("k", "v"), 0);
	cr_assert_eq(apply(&edit), 0);
	cr_expect_str_eq(shown(), "O F Cc k=v");
	at = now.bytes;
	cr_assert(hw__entry_next(&at, now.bytes + plan.bytes, &e));
	cr_assert(hw__entry_next(&at, now.bytes + plan.bytes, &e));
	cr_assert_eq(e.value_length, sizeof frozen);
	memcpy(frozen, e.value, sizeof frozen);
	cr_expect(frozen[0] == 7 && frozen[1] == 10 && frozen[2] == 20 && frozen[3] == 30);
}

/* With a message of every length: either all entries fit into the block, or the caller gets an
 * error. */
Test(edit, short_results_that_do_not_fit_are_refused_and_nothing_else_is)
{
	char results[256];
	struct hw__edit edit = {.results = results, .results_length = sizeof results};
	size_t refused = 0;

	memset(results, '1', sizeof results);
	for (size_t length = 0; length < INLINE; length++) {
		size_t bytes;
		int error;

		cr_assert_eq(first(&(struct headway_spec){.size = 0}), 0);
		cr_assert_eq(say_one("k", fixture_text(length, 'v')), 0);
		bytes = plan.bytes + hw__entry_bytes(0, 256);
		error = apply(&edit);
		cr_assert_eq(error, bytes > space_running(0) ? -EMSGSIZE : 0, "%zu", length);
		refused += error != 0;
	}
	cr_expect(refused > 0 && refused < INLINE, "both must have happened");
}

Test(edit, an_impossible_old_revision_is_damage)
{
	struct hw__edit edit = {.messages = &(struct hw__message){"k", "w", 1, 1}, .count = 1};
	struct hw__revision old;
	size_t whole, origin;

	cr_assert_eq(first(&(struct headway_spec){.name = "n"}), 0);
	origin = hw__entry_bytes(0, HW__ORIGIN_BYTES + strlen("worker"));
	cr_assert_eq(say_one("k", "value"), 0);
	whole = plan.bytes;
	for (size_t cut = 0; cut <= whole; cut++) {
		bool between = cut == whole || cut == origin ||
			       cut == origin + hw__entry_bytes(0, 1);
		unsigned char *part = malloc(cut ? cut : 1);

		memcpy(part, now.bytes, cut);
		old = (struct hw__revision){.entries_bytes = cut};
		cr_assert_eq(hw__edit_prepare(&edit), 0);
		cr_assert_eq(hw__edit_apply(&edit, part, &old, &next, &plan),
			     between ? 0 : -EBADMSG, "cut at %zu", cut);
		free(part);
	}
	old = (struct hw__revision){.entries_bytes = whole - origin};
	cr_expect_eq(hw__edit_apply(&edit, now.bytes + origin, &old, &next, &plan), -EBADMSG,
		     "the origin comes first");
}

/* No writer stores such a key. It matches no key, and nothing is read beyond its end. */
Test(edit, a_stored_key_with_a_nul_in_it_never_matches)
{
	char stored[300] = "k", *key = strdup("k");
	unsigned char *end;

	cr_assert_eq(first(&(struct headway_spec){.size = 0}), 0);
	end = hw__entry_put(now.bytes + plan.bytes, HW__ENTRY_MESSAGE, stored, sizeof stored, "v",
			    1);
	plan.bytes = plan.inline_bytes = (size_t)(end - now.bytes);
	cr_assert_eq(say_one(key, "w"), 0);
	cr_expect_str_eq(shown(), "O k=v k=w");
	free(key);
}

Test(edit, unknown_entries_are_kept)
{
	unsigned char *end;

	cr_assert_eq(first(&(struct headway_spec){.name = "n"}), 0);
	end = hw__entry_put(now.bytes + plan.bytes, (enum hw__entry_kind)77, "k", 1, "future", 6);
	plan.bytes = plan.inline_bytes = (size_t)(end - now.bytes);
	cr_assert_eq(say_one("k", "v"), 0);
	cr_expect_str_eq(shown(), "O Nn ?future k=v");
}

/* With all extents and every other block in use, ending a record still succeeds. */
Test(edit, ending_a_record_needs_no_extent, .init = fixture_up, .fini = fixture_down)
{
	struct headway_record *r = fixture_start(NULL);
	const char *text = fixture_text(2000, 'v');

	cr_assert_eq(headway_message(r, "a", "1"), 0);
	cr_assert_eq(headway_message(r, "long", text), 0);
	cr_assert_neq(fixture_block(r)->h.overflow, 0);
	fixture_exhaust(HW__EXTENTS, 0);
	cr_expect_eq(headway_message(r, "long", text + 1), -ENOSPC);
	cr_expect_eq(headway_message(r, "a", "2"), 0, "the chain rides along");
	cr_expect_eq(headway_finish(r), 0);
	cr_expect_eq(headway_status(r), HEADWAY_FINISHED);
	headway_release(r);
}
