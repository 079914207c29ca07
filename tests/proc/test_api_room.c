/* SPDX-License-Identifier: BSD-3-Clause */
/* A full arena: which records are evicted and in which order, which never are, and that a refused
 * call changes nothing. */
#include "kit/arenas.h"
#include "kit/processes.h"

enum { SLOTS = 8 };

static const char *name;
static struct headway_arena *arena;
static struct headway_record *records[SLOTS];
static struct headway_id ids[SLOTS];

static void set_up(uint64_t bytes)
{
	struct headway_options opt = {
		.size = sizeof(opt), .slots = SLOTS, .members = 2, .bytes = bytes};

	name = new_name();
	arena = open_arena(name, &opt);
	for (unsigned i = 0; i < SLOTS; i++)
		records[i] = NULL;
}

static void tear_down(void)
{
	struct headway_arena *reader;

	for (unsigned i = 0; i < SLOTS; i++)
		headway_release(records[i]);
	headway_close(arena);
	reader = open_read_only(name);
	check_whole(reader, 1);
	headway_close(reader);
	CHECK_INT(headway_unlink(name), 0);
}

static void fill(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		records[i] = start_record(arena, "filler", &ids[i]);
}

/* Ends record i and closes its handle, so that it may be evicted. */
static void end(unsigned i, int status)
{
	CHECK_INT(status == HEADWAY_ERROR ? headway_error(records[i], "e")
					  : headway_finish(records[i]),
		  0);
	headway_release(records[i]);
	records[i] = NULL;
	sleep_ms(12); /* the arena's clock ticks at least every 10 ms */
}

static void running_is_never_evicted(void)
{
	struct headway_record *out = NULL;
	struct headway_info info = {.size = sizeof(info)};

	set_up(0);
	fill();
	for (unsigned i = 0; i < SLOTS / 2; i++) { /* both open and closed ones */
		headway_release(records[i]);
		records[i] = NULL;
	}
	CHECK_INT(headway_start(arena, NULL, &out), -ENOSPC);
	CHECK_INT(headway_start(arena, NULL, &out), -ENOSPC);
	CHECK(!out);
	for (unsigned i = 0; i < SLOTS; i++)
		CHECK_INT(status_of(arena, &ids[i]), HEADWAY_RUNNING);
	CHECK_INT(headway_message(records[SLOTS - 1], "still", "works"), 0);
	CHECK_INT(headway_info(arena, &info), 0);
	CHECK_INT(info.slots_used, SLOTS);
	CHECK_INT(info.slots_running, SLOTS);
	CHECK_INT(info.evicted, 0);
	CHECK_INT(info.no_room, 2);
	tear_down();
}

static void open_records_are_not_evicted(void)
{
	struct headway_record *out = NULL;

	set_up(0);
	fill();
	CHECK_INT(headway_finish(records[3]), 0);
	CHECK_INT(headway_start(arena, NULL, &out), -ENOSPC);
	CHECK_INT(status_of(arena, &ids[3]), HEADWAY_FINISHED);
	headway_release(records[3]);
	records[3] = NULL;
	CHECK_INT(headway_start(arena, NULL, &out), 0);
	CHECK_INT(status_of(arena, &ids[3]), -ESTALE);
	headway_release(out);
	tear_down();
}

/* Starts one more record: gone must be evicted for it, and stays must not. */
static void expect_evicted(unsigned gone, unsigned stays)
{
	headway_release(start_record(arena, "one more", NULL));
	CHECK_INT(status_of(arena, &ids[gone]), -ESTALE);
	CHECK(status_of(arena, &ids[stays]) > 0);
}

static void oldest_finished_goes_first_then_errors(void)
{
	struct headway_info info = {.size = sizeof(info)};
	struct headway_record *out = NULL;

	set_up(0);
	fill();
	end(5, HEADWAY_ERROR); /* the oldest, but its status is Error */
	end(6, HEADWAY_FINISHED);
	end(2, HEADWAY_FINISHED);
	end(1, HEADWAY_ERROR);
	end(4, HEADWAY_FINISHED);
	expect_evicted(6, 2);
	expect_evicted(2, 4);
	expect_evicted(4, 5);
	expect_evicted(5, 1);
	CHECK_INT(status_of(arena, &ids[1]), HEADWAY_ERROR);
	headway_release(start_record(arena, "one more", NULL));
	CHECK_INT(status_of(arena, &ids[1]), -ESTALE);
	CHECK_INT(headway_start(arena, NULL, &out), -ENOSPC);
	CHECK_INT(headway_info(arena, &info), 0);
	CHECK_INT(info.evicted, 5);
	tear_down();
}

static void expired_go_before_younger_finished(void)
{
	struct headway_spec spec = {.size = sizeof(spec), .ttl_seconds = 1};

	set_up(0);
	for (unsigned i = 0; i < SLOTS; i++) {
		spec.ttl_seconds = i == 4 ? 1 : 1000;
		NEED_INT(headway_start(arena, &spec, &records[i]), 0);
		NEED_INT(headway_get_id(records[i], &ids[i]), 0);
	}
	end(3, HEADWAY_FINISHED);
	end(4, HEADWAY_ERROR);
	sleep_ms(1100);
	expect_evicted(4, 3);
	expect_evicted(3, 5);
	tear_down();
}

static void a_handle_of_an_evicted_record_cannot_be_made(void)
{
	struct headway_record *out = NULL;

	set_up(0);
	fill();
	end(0, HEADWAY_FINISHED);
	headway_release(start_record(arena, "one more", NULL));
	CHECK_INT(headway_resume(arena, &ids[0], &out), -ESTALE);
	CHECK_INT(headway_wait(arena, &ids[0], 0), -ESTALE);
	CHECK(!out);
	tear_down();
}

/* Results of the records from first on fill all extents but for less than one page. */
static void fill_extents(unsigned first, char *text)
{
	for (unsigned i = first; i < SLOTS; i++) {
		for (size_t length = 1u << 20; length > 2048; length /= 2) {
			memset(text, 'x', length);
			text[0] = text[length - 1] = '"';
			if (!headway_results(records[i], text, length))
				break;
		}
	}
	memset(text, 'x', 65536);
	text[0] = text[65535] = '"';
}

static void expect_unchanged(unsigned i, struct headway_snapshot *before)
{
	struct headway_snapshot *after = read_record(arena, &ids[i]);

	CHECK_INT(after->version, before->version);
	CHECK_INT(after->status, HEADWAY_RUNNING);
	CHECK_INT(after->message_count, before->message_count);
	CHECK_TEXT(after->results, before->results);
	CHECK_TEXT(value_of(after, "k"), value_of(before, "k"));
	CHECK_TEXT(value_of(after, "new"), NULL);
	headway_snapshot_free(after);
	headway_snapshot_free(before);
}

/* Without free extents long values are refused and change nothing; short values and ends still
 * succeed. */
static void no_room_for_long_values(void)
{
	struct headway_info info = {.size = sizeof(info)};
	struct headway_snapshot *before;
	char *text = malloc(1u << 20), *value = malloc(65537);

	NEED(text && value);
	memset(value, 'x', 65536);
	value[65536] = 0;
	set_up(1u << 20);
	fill();
	CHECK_INT(headway_message(records[0], "k", "before"), 0);
	CHECK_INT(headway_results(records[0], "[1]", 3), 0);
	CHECK_INT(headway_message(records[1], "k", value), 0);
	fill_extents(2, text);
	before = read_record(arena, &ids[0]);
	CHECK_INT(headway_results(records[0], text, 65536), -ENOSPC);
	CHECK_INT(headway_finish_with_results(records[0], text, 65536), -ENOSPC);
	CHECK_INT(headway_message(records[0], "k", value), -ENOSPC);
	CHECK_INT(headway_message(records[0], "new", value), -ENOSPC);
	CHECK_INT(headway_url(records[0], value), -ENOSPC);
	CHECK_INT(headway_error(records[0], value), -ENOSPC);
	expect_unchanged(0, before);
	CHECK_INT(headway_message(records[0], "k", "after"), 0);
	before = read_record(arena, &ids[1]);
	CHECK_INT(headway_message(records[1], "new", value), -ENOSPC);
	expect_unchanged(1, before);
	for (unsigned i = 0; i < SLOTS; i++)
		CHECK_INT(status_of(arena, &ids[i]), HEADWAY_RUNNING);
	CHECK_INT(headway_info(arena, &info), 0);
	CHECK(info.no_room >= 7);
	/* The end of a record makes room for another one. */
	CHECK_INT(headway_finish(records[1]), 0);
	headway_release(records[1]);
	records[1] = NULL;
	CHECK_INT(headway_message(records[0], "new", value), 0);
	CHECK_INT(status_of(arena, &ids[1]), -ESTALE);
	free(text);
	free(value);
	tear_down();
}

/* Texts that fit into a block at their own length do so however they came there, one by one or
 * after longer ones: nothing else needs the last bytes. */
static void short_texts_need_no_extents(void)
{
	char *text = malloc(1u << 20), key[] = "ka";
	struct headway_snapshot *s;

	NEED(text);
	set_up(1u << 20);
	fill();
	fill_extents(1, text);
	for (unsigned pass = 0; pass < 3; pass++)
		for (unsigned i = 0; i < 20; i++) {
			key[1] = (char)('a' + i);
			CHECK_INT(headway_message(records[0], key,
						  pass == 1 && i < 2 ? "longer" : "1"),
				  0);
		}
	s = read_record(arena, &ids[0]);
	CHECK_INT((long long)s->message_count, 20);
	for (unsigned i = 0; i < 20; i++)
		CHECK_TEXT(s->messages[i].value, "1");
	headway_snapshot_free(s);
	free(text);
	tear_down();
}

/* Replacing a long value frees the old one, so it can be repeated without limit in a nearly full
 * arena. */
static void replaced_values_give_room_back(void)
{
	char *text = malloc(65537);

	NEED(text);
	set_up(1u << 20);
	fill();
	for (unsigned i = 0; i < 2000; i++) {
		size_t length = (size_t)(i * 2654435761u) % 65536;

		memset(text, 'a' + (int)(i % 26), length);
		text[length] = 0;
		NEED_INT(headway_message(records[i % 2], "k", text), 0);
	}
	for (unsigned i = 0; i < 100000; i++)
		NEED_INT(headway_message(records[i % SLOTS], "k", "short"), 0);
	free(text);
	tear_down();
}

static void slots_are_used_again_for_ever(void)
{
	struct headway_id id, old;

	set_up(0);
	for (unsigned i = 0; i < 5000; i++) {
		struct headway_record *record = start_record(arena, "n", &id);

		NEED_INT(headway_message(record, "k", "v"), 0);
		NEED_INT(headway_finish(record), 0);
		headway_release(record);
		if (i == 0)
			old = id;
		NEED_INT(status_of(arena, &id), HEADWAY_FINISHED);
	}
	CHECK_INT(status_of(arena, &old), -ESTALE);
	tear_down();
}

int main(void)
{
	check_begin(60);
	RUN(running_is_never_evicted);
	RUN(open_records_are_not_evicted);
	RUN(oldest_finished_goes_first_then_errors);
	RUN(expired_go_before_younger_finished);
	RUN(a_handle_of_an_evicted_record_cannot_be_made);
	RUN(no_room_for_long_values);
	RUN(short_texts_need_no_extents);
	RUN(replaced_values_give_room_back);
	RUN(slots_are_used_again_for_ever);
	return check_end();
}
