/* SPDX-License-Identifier: BSD-3-Clause */
/* Making room: a request that can be met is met, however many records must be evicted for it; a
 * request that cannot be met evicts none. */
#include "kit/arenas.h"
#include "kit/processes.h"

enum { SLOTS = 120, PAGE = 4032 }; /* PAGE: bytes that an extent holds */

static const char *name;
static struct headway_arena *arena;
static char *text;

static struct headway_info info_of(void)
{
	struct headway_info info = {.size = sizeof(info)};

	CHECK_INT(headway_info(arena, &info), 0);
	return info;
}

static void set_up(void)
{
	struct headway_options opt = {
		.size = sizeof(opt), .slots = SLOTS, .members = 2, .bytes = 2u << 20};

	name = new_name();
	arena = open_arena(name, &opt);
	text = malloc(4u << 20);
	NEED(text);
	memset(text, 'x', 4u << 20);
	text[0] = '"';
}

static void tear_down(void)
{
	struct headway_arena *reader;

	headway_close(arena);
	reader = open_read_only(name);
	check_whole(reader, 1);
	headway_close(reader);
	CHECK_INT(headway_unlink(name), 0);
	free(text);
}

/* Sets results that take the given number of extents; finish: with the end of the record. */
static int results(struct headway_record *record, size_t extents, int finish)
{
	size_t length = extents * PAGE - 100;
	int error;

	text[length - 1] = '"';
	error = finish ? headway_finish_with_results(record, text, length)
		       : headway_results(record, text, length);
	text[length - 1] = 'x';
	return error;
}

/* Makes count ended records of the given number of extents each. */
static void finished_records(unsigned count, size_t extents)
{
	for (unsigned i = 0; i < count; i++) {
		struct headway_record *record = start_record(arena, "over", NULL);

		CHECK_INT(extents ? results(record, extents, 1) : headway_finish(record), 0);
		headway_release(record);
	}
}

/* Many small records, of one extent each, over many rounds. */
static void many_small_records_make_room_for_a_large_one(void)
{
	struct headway_record *holds, *wants;

	set_up();
	holds = start_record(arena, "holds", NULL);
	wants = start_record(arena, "wants", NULL);
	CHECK_INT(results(holds, info_of().extents_free - 100, 0), 0);
	finished_records(100, 1);
	CHECK_INT(info_of().extents_free, 0);
	CHECK_INT(results(wants, 80, 0), 0);
	CHECK(info_of().evicted >= 80);
	headway_release(wants);
	headway_release(holds);
	tear_down();
}

static void what_cannot_be_met_evicts_nothing(void)
{
	struct headway_record *holds, *wants;
	struct headway_info info;

	set_up();
	holds = start_record(arena, "holds", NULL);
	wants = start_record(arena, "wants", NULL);
	info = info_of();
	CHECK_INT(results(holds, info.extents / 2, 0), 0);
	finished_records(50, 1);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(results(wants, info.extents - info.extents / 2 + 1, 0), -ENOSPC);
		CHECK_INT(info_of().evicted, 0);
		CHECK_INT(info_of().slots_used, 52);
	}
	CHECK_INT(results(wants, info.extents - info.extents / 2, 0), 0);
	CHECK_INT(info_of().evicted, 50);
	headway_release(wants);
	headway_release(holds);
	tear_down();
}

/* The old results stay until the new ones are complete: both must fit. */
static void results_that_replace_their_own(void)
{
	struct headway_record *wants;
	size_t part;

	set_up();
	wants = start_record(arena, "wants", NULL);
	part = info_of().extents * 6 / 10;
	CHECK_INT(results(wants, part, 0), 0);
	finished_records(20, 2);
	CHECK_INT(results(wants, part, 0), -ENOSPC);
	CHECK_INT(results(wants, part, 1), -ENOSPC);
	CHECK_INT(info_of().evicted, 0);
	CHECK_INT(headway_status(wants), HEADWAY_RUNNING);
	headway_release(wants);
	tear_down();
}

/* Results and long messages in one update, each small enough alone. */
static void all_that_a_change_needs_is_counted(void)
{
	struct headway_record *holds, *wants;
	struct headway_info info;
	size_t free_extents;

	set_up();
	holds = start_record(arena, "holds", NULL);
	wants = start_record(arena, "wants", NULL);
	info = info_of();
	CHECK_INT(results(holds, info.extents / 2, 0), 0);
	text[5 * PAGE - 500] = '\0'; /* five extents, rewritten by each update */
	CHECK_INT(headway_message(wants, "long", text), 0);
	text[5 * PAGE - 500] = 'x';
	CHECK_INT(headway_url(wants, "/a/rather/long/url/that/moves/what/lies/behind/it"), 0);
	finished_records(20, 1);
	free_extents = info_of().extents_free;
	text[5 * PAGE - 500] = '\0';
	CHECK_INT(headway_message(wants, "longer", text), 0);
	text[5 * PAGE - 500] = 'x';
	CHECK(info_of().extents_free < free_extents);
	CHECK_INT(info_of().evicted, 0);
	CHECK_INT(results(wants, info_of().extents_free + 21, 0), -ENOSPC);
	CHECK_INT(info_of().evicted, 0);
	headway_release(wants);
	headway_release(holds);
	tear_down();
}

/* All slots are in use, and a start needs more extents than the arena has. */
static void a_start_that_cannot_be_met_evicts_nothing(void)
{
	struct headway_spec spec = {.size = sizeof(spec), .name = text};
	struct headway_record *holds, *out = NULL;
	struct headway_info info;

	set_up();
	spec.name = text;
	holds = start_record(arena, "holds", NULL);
	info = info_of();
	CHECK_INT(results(holds, info.extents - 20, 0), 0);
	finished_records(SLOTS - 1, 0);
	text[60 * PAGE] = '\0';
	CHECK_INT(headway_start(arena, &spec, &out), -ENOSPC);
	text[60 * PAGE] = 'x';
	text[(info.extents + 2) * (size_t)PAGE] = '\0';
	CHECK_INT(headway_start(arena, &spec, &out), -E2BIG);
	CHECK_INT(info_of().evicted, 0);
	CHECK_INT(info_of().slots_used, SLOTS);
	spec.name = "short";
	CHECK_INT(headway_start(arena, &spec, &out), 0);
	CHECK(info_of().evicted > 0);
	headway_release(out);
	headway_release(holds);
	tear_down();
}

int main(void)
{
	check_begin(60);
	RUN(many_small_records_make_room_for_a_large_one);
	RUN(what_cannot_be_met_evicts_nothing);
	RUN(results_that_replace_their_own);
	RUN(all_that_a_change_needs_is_counted);
	RUN(a_start_that_cannot_be_met_evicts_nothing);
	return check_end();
}
