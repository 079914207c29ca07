/* SPDX-License-Identifier: BSD-3-Clause */
/* Records: arguments of start, messages, url, ends, handles, versions. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <time.h>

static const char *name;
static struct headway_arena *arena;
static struct headway_record *record;
static struct headway_id id;
static struct headway_snapshot *snapshot;

static void fresh(void)
{
	headway_release(record);
	record = start_record(arena, "fresh", &id);
}

static void look(void)
{
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
}

static void expect_message(size_t index, const char *key, const char *value)
{
	if (snapshot->message_count <= index) {
		CHECK_INT(snapshot->message_count, index + 1);
		return;
	}
	CHECK_TEXT(snapshot->messages[index].key, key);
	CHECK_TEXT(snapshot->messages[index].value, value);
}

static int64_t wall_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void a_bare_record(void)
{
	char text[HEADWAY_ID_TEXT], url[64];
	int64_t before = wall_clock_ns(), after;

	headway_release(record);
	NEED_INT(headway_start(arena, NULL, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	after = wall_clock_ns();
	look();
	CHECK(!memcmp(&snapshot->id, &id, sizeof(id)));
	CHECK_INT(snapshot->status, HEADWAY_RUNNING);
	CHECK_INT(headway_status(record), HEADWAY_RUNNING);
	CHECK_INT(snapshot->lost, 0);
	CHECK_INT(snapshot->stale, 0);
	CHECK_INT(snapshot->owner_alive, 1);
	CHECK_INT(snapshot->owner_pid, getpid());
	CHECK_TEXT(snapshot->owner_command,
		   "test_api_record"); /* 15 bytes, as the kernel truncates it */
	CHECK_INT(snapshot->detached, 0);
	CHECK_TEXT(snapshot->name, "");
	CHECK_TEXT(snapshot->unit, "");
	CHECK(!snapshot->parent);
	CHECK_INT(snapshot->message_count, 0);
	CHECK(!snapshot->results);
	CHECK_INT(snapshot->results_length, 0);
	CHECK_INT(snapshot->done, 0);
	CHECK_INT(snapshot->total, 0);
	CHECK_INT(snapshot->counter_count, 0);
	CHECK_INT(snapshot->finished_ns, 0);
	CHECK_INT(snapshot->ttl_seconds, 0);
	/* The arena's coarse clock ticks every few milliseconds. */
	CHECK(snapshot->started_ns > before - 50000000 && snapshot->started_ns < after + 50000000);
	CHECK(snapshot->updated_ns >= snapshot->started_ns - 50000000);
	CHECK_INT(headway_format_id(&id, text), 0);
	(void)snprintf(url, sizeof(url), "/_/status/%s", text);
	CHECK_TEXT(snapshot->url, url);
}

static void everything_in_the_spec(void)
{
	const char *counters[] = {"a", "b", "c", "d", "e", "errors", NULL};
	struct headway_id parent;
	struct headway_spec spec = {.size = sizeof(spec),
				    .name = "copy \xff\x01 <x>",
				    .unit = "bytes",
				    .parent = &parent,
				    .total = UINT64_MAX,
				    .counters = counters,
				    .ttl_seconds = 17};

	fresh();
	parent = id;
	headway_release(record);
	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	look();
	CHECK_TEXT(snapshot->name, spec.name);
	CHECK_TEXT(snapshot->unit, "bytes");
	CHECK(snapshot->parent && !memcmp(snapshot->parent, &parent, sizeof(parent)));
	CHECK(snapshot->total == UINT64_MAX);
	CHECK_INT(snapshot->counter_count, 6);
	CHECK_TEXT(snapshot->counter_names[0], "a");
	CHECK_TEXT(snapshot->counter_names[5], "errors");
	CHECK(!snapshot->counter_names[6]);
	CHECK_INT(snapshot->ttl_seconds, 17);
}

static void refused_specs(void)
{
	const char *seven[] = {"a", "b", "c", "d", "e", "f", "g", NULL};
	const char *empty[] = {"a", "", NULL}, *none[] = {NULL};
	struct headway_spec spec = {.size = sizeof(spec), .counters = seven};
	struct headway_record *out = NULL;

	CHECK_INT(headway_start(arena, &spec, &out), -EINVAL);
	spec.counters = empty;
	CHECK_INT(headway_start(arena, &spec, &out), -EINVAL);
	spec.counters = NULL;
	spec.flags = 1u << 20;
	CHECK_INT(headway_start(arena, &spec, &out), -EINVAL);
	spec.flags = 0;
	spec.owner_pid = 0x3fffffff; /* larger than any pid */
	CHECK_INT(headway_start(arena, &spec, &out), -ESRCH);
	spec.flags = HEADWAY_DETACHED;
	spec.owner_pid = (uint32_t)getpid();
	CHECK_INT(headway_start(arena, &spec, &out), -EINVAL);
	spec.flags = 0;
	spec.owner_pid = 0;
	CHECK(!out);
	CHECK_INT(headway_start(NULL, &spec, &out), -EINVAL);
	CHECK_INT(headway_start(arena, &spec, NULL), -EINVAL);
	spec.counters = none;
	CHECK_INT(headway_start(arena, &spec, &out), 0);
	headway_release(out);
}

/* Nothing is evicted for what could not have room in an empty arena. */
static void a_name_that_the_arena_cannot_hold(void)
{
	struct headway_info info = {.size = sizeof(info)};
	struct headway_spec spec = {.size = sizeof(spec)};
	struct headway_record *out = NULL;
	char *long_name;
	size_t length;

	fresh();
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	record = NULL;
	CHECK_INT(headway_info(arena, &info), 0);
	length = (size_t)info.extents * info.extent_bytes;
	long_name = malloc(length + 1);
	NEED(long_name);
	memset(long_name, 'n', length);
	long_name[length] = '\0';
	spec.name = long_name;
	CHECK_INT(headway_start(arena, &spec, &out), -E2BIG);
	CHECK(!out);
	CHECK_INT(status_of(arena, &id), HEADWAY_FINISHED);
	free(long_name);
}

/* A program built with an older header passes a smaller struct, one with a newer header a larger
 * one. */
static void specs_of_other_sizes(void)
{
	struct {
		struct headway_spec known;
		unsigned char more[64];
	} newer = {.known = {.size = sizeof(newer), .name = "newer"}};
	struct headway_spec older = {.size = offsetof(struct headway_spec, owner_pid),
				     .name = "older",
				     .owner_pid = 0x3fffffff};

	headway_release(record);
	NEED_INT(headway_start(arena, &older, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	look();
	CHECK_TEXT(snapshot->name, "older");
	CHECK_INT(snapshot->owner_pid, getpid());

	headway_release(record);
	record = NULL;
	NEED_INT(headway_start(arena, &newer.known, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	look();
	CHECK_TEXT(snapshot->name, "newer");
	headway_release(record);
	record = NULL;

	older.size = 0; /* 0 means the size of this version */
	older.unit = "u";
	older.owner_pid = 0;
	NEED_INT(headway_start(arena, &older, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	look();
	CHECK_TEXT(snapshot->unit, "u");
}

static void keys_keep_their_place(void)
{
	fresh();
	CHECK_INT(headway_message(record, "one", "1"), 0);
	CHECK_INT(headway_message(record, "two", ""), 0);
	CHECK_INT(headway_message(record, "three", "3"), 0);
	CHECK_INT(headway_message(record, "One", "other"), 0); /* keys are compared as bytes */
	CHECK_INT(headway_message(record, "one", "a longer value than there was before"), 0);
	CHECK_INT(headway_message(record, "two", "\xff\xfe\x01\n\"<"), 0);
	CHECK_INT(headway_message(record, "three", ""), 0);
	look();
	CHECK_INT(snapshot->message_count, 4);
	expect_message(0, "one", "a longer value than there was before");
	expect_message(1, "two", "\xff\xfe\x01\n\"<");
	expect_message(2, "three", "");
	expect_message(3, "One", "other");
}

static void refused_messages(void)
{
	const struct headway_message one[] = {{"k", "v"}};
	char *key = malloc(70000);
	uint64_t version;

	NEED(key);
	fresh();
	CHECK_INT(headway_message(record, "k", "v"), 0);
	version = version_of(arena, &id);
	memset(key, 'k', 70000);
	key[65535] = 0;
	CHECK_INT(headway_message(record, "", "v"), -EINVAL);
	CHECK_INT(headway_message(record, NULL, "v"), -EINVAL);
	CHECK_INT(headway_message(record, "k", NULL), -EINVAL);
	CHECK_INT(headway_message(NULL, "k", "v"), -EINVAL);
	CHECK_INT(headway_update(record, NULL, 1), -EINVAL);
	CHECK_INT(headway_update(NULL, NULL, 0), -EINVAL);
	CHECK_INT(headway_update(record, one, SIZE_MAX), -EINVAL);
	CHECK_INT(headway_update(record, one, SIZE_MAX / sizeof(*one)), -EINVAL);
	CHECK_INT(version_of(arena, &id), version);
	CHECK_INT(headway_message(record, key, "v"), 0);
	look();
	CHECK_TEXT(value_of(snapshot, key), "v");
	key[65535] = 'k';
	key[65536] = 0;
	CHECK_INT(headway_message(record, key, "v"), -E2BIG);
	CHECK_INT(version_of(arena, &id), version + 1);
	free(key);
}

static void update_is_all_or_nothing(void)
{
	struct headway_message messages[] = {
		{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}, {"b", "5"}};
	struct headway_message bad[] = {{"d", "1"}, {"", "2"}}, null[] = {{"d", "1"}, {"e", NULL}};
	uint64_t version;

	fresh();
	CHECK_INT(headway_message(record, "b", "0"), 0);
	version = version_of(arena, &id);
	CHECK_INT(headway_update(record, messages, 5), 0);
	look();
	CHECK_INT(snapshot->version, version + 1);
	CHECK_INT(snapshot->message_count, 3);
	expect_message(0, "b", "5");
	expect_message(1, "a", "3");
	expect_message(2, "c", "4");
	CHECK_INT(headway_update(record, bad, 2), -EINVAL);
	CHECK_INT(headway_update(record, null, 2), -EINVAL);
	CHECK_INT(headway_update(record, NULL, 0), 0);
	look();
	CHECK_INT(snapshot->message_count, 3);
}

static void values_of_every_size(void)
{
	static const size_t sizes[] = {0,     1,     100,     400,  440,  460,  470,  480,
				       490,   500,   510,     511,  512,  513,  4000, 4032,
				       4064,  4090,  4095,    4096, 4097, 8191, 8192, 65535,
				       65536, 70000, 1000000, 3,    0};
	char *value = malloc(1000001);

	NEED(value);
	fresh();
	CHECK_INT(headway_message(record, "first", "1"), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t j = 0; j < sizes[i]; j++)
			value[j] = (char)('a' + (j * 7 + i) % 26);
		value[sizes[i]] = 0;
		CHECK_INT(headway_message(record, "size", value), 0);
		look();
		CHECK_INT(snapshot->message_count, 2);
		CHECK_TEXT(value_of(snapshot, "size"), value);
		CHECK_TEXT(value_of(snapshot, "first"), "1");
	}
	free(value);
}

static void many_messages(void)
{
	char key[32], value[32];

	fresh();
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 250; i++) {
			(void)snprintf(key, sizeof(key), "key %u", i);
			(void)snprintf(value, sizeof(value), "value %u of %u", i, round);
			CHECK_INT(headway_message(record, key, value), 0);
		}
	}
	look();
	CHECK_INT(snapshot->message_count, 250);
	for (unsigned i = 0; i < 250 && i < snapshot->message_count; i++) {
		(void)snprintf(key, sizeof(key), "key %u", i);
		(void)snprintf(value, sizeof(value), "value %u of 1", i);
		expect_message(i, key, value);
	}
	CHECK_INT(snapshot->version, 501);
}

static void long_texts_with_long_values(void)
{
	char *text = malloc(65537);
	char key[8];

	NEED(text);
	memset(text, 'x', 65536);
	text[65536] = 0;
	fresh();
	for (unsigned i = 0; i < 8; i++) {
		(void)snprintf(key, sizeof(key), "k%u", i);
		text[0] = (char)('0' + i);
		CHECK_INT(headway_message(record, key, text), 0);
	}
	look();
	for (unsigned i = 0; i < 8; i++) {
		(void)snprintf(key, sizeof(key), "k%u", i);
		text[0] = (char)('0' + i);
		CHECK_TEXT(value_of(snapshot, key), text);
	}
	headway_release(record);
	record = start_record(arena, text, &id);
	CHECK_INT(headway_url(record, text), 0);
	look();
	CHECK_TEXT(snapshot->name, text);
	CHECK_TEXT(snapshot->url, text);
	free(text);
}

static void urls(void)
{
	char text[HEADWAY_ID_TEXT], url[64];

	fresh();
	CHECK_INT(headway_url(record, "https://example.org/?a=b&c=<d>"), 0);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	look();
	CHECK_TEXT(snapshot->url, "https://example.org/?a=b&c=<d>");
	CHECK_INT(headway_url(record, NULL), -EINVAL);
	CHECK_INT(headway_url(NULL, "x"), -EINVAL);
	CHECK_INT(headway_url(record, ""), 0);
	look();
	CHECK_INT(headway_format_id(&id, text), 0);
	(void)snprintf(url, sizeof(url), "/_/status/%s", text);
	CHECK_TEXT(snapshot->url, url);
	CHECK_INT(snapshot->version, 4);
	CHECK_INT(headway_url(record, "/last"), 0);
	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(headway_url(record, "/later"), -EALREADY);
	look();
	CHECK_TEXT(snapshot->url, "/last");
}

/* Every call on a record that is over returns -EALREADY and changes nothing. */
static void expect_over(int status)
{
	const struct headway_message messages[] = {{"late", "1"}};
	uint64_t version = version_of(arena, &id);

	CHECK_INT(headway_status(record), status);
	CHECK_INT(headway_message(record, "late", "1"), -EALREADY);
	CHECK_INT(headway_update(record, messages, 1), -EALREADY);
	CHECK_INT(headway_update(record, NULL, 0), -EALREADY);
	CHECK_INT(headway_results(record, "1", 1), -EALREADY);
	CHECK_INT(headway_url(record, "late"), -EALREADY);
	CHECK_INT(headway_finish(record), -EALREADY);
	CHECK_INT(headway_finish_with_results(record, "1", 1), -EALREADY);
	CHECK_INT(headway_error(record, "late"), -EALREADY);
	CHECK_INT(headway_add(record, 1), -EALREADY);
	CHECK_INT(headway_set(record, 1), -EALREADY);
	CHECK_INT(headway_set_total(record, 1), -EALREADY);
	look();
	CHECK_INT(snapshot->status, status);
	CHECK_INT(snapshot->version, version);
	CHECK(!value_of(snapshot, "late"));
	CHECK_INT(snapshot->done, 5);
	CHECK_INT(snapshot->total, 9);
	CHECK_INT(snapshot->lost, 0);
	CHECK(snapshot->finished_ns >= snapshot->started_ns && snapshot->finished_ns);
	CHECK_INT(headway_wait(arena, &id, -1), status);
}

static void fresh_with_counts(void)
{
	fresh();
	CHECK_INT(headway_set_total(record, 9), 0);
	CHECK_INT(headway_add(record, 5), 0);
}

static void ends_once(void)
{
	fresh_with_counts();
	CHECK_INT(headway_finish(record), 0);
	expect_over(HEADWAY_FINISHED);
	CHECK(!snapshot->results);

	fresh_with_counts();
	CHECK_INT(headway_finish_with_results(record, " { \"n\" : 1 } ", 13), 0);
	expect_over(HEADWAY_FINISHED);
	CHECK_TEXT(snapshot->results, "{\"n\":1}");

	fresh_with_counts();
	CHECK_INT(headway_message(record, "first", "1"), 0);
	CHECK_INT(headway_error(record, "disk full"), 0);
	expect_over(HEADWAY_ERROR);
	CHECK_INT(snapshot->message_count, 2);
	expect_message(1, "Error", "disk full");

	fresh_with_counts();
	CHECK_INT(headway_error(record, NULL), 0);
	expect_over(HEADWAY_ERROR);
	CHECK_INT(snapshot->message_count, 0);

	fresh_with_counts();
	CHECK_INT(headway_message(record, "Error", "none so far"), 0);
	CHECK_INT(headway_message(record, "last", "1"), 0);
	CHECK_INT(headway_error(record, ""), 0);
	expect_over(HEADWAY_ERROR);
	CHECK_INT(snapshot->message_count, 2);
	expect_message(0, "Error", "");
}

static void expect_totals(uint64_t started, uint64_t finished, uint64_t errors)
{
	static struct headway_info before;
	struct headway_info info = {.size = sizeof(info)};

	CHECK_INT(headway_info(arena, &info), 0);
	CHECK_INT(info.started - before.started, started);
	CHECK_INT(info.finished - before.finished, finished);
	CHECK_INT(info.errors - before.errors, errors);
	before = info;
}

static void each_start_and_end_is_counted_once(void)
{
	struct headway_info info = {.size = sizeof(info)};

	CHECK_INT(headway_info(arena, &info), 0);
	expect_totals(info.started, info.finished, info.errors);
	fresh();
	expect_totals(1, 0, 0);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	expect_totals(0, 0, 0);
	CHECK_INT(headway_finish(record), 0);
	expect_totals(0, 1, 0);
	CHECK_INT(headway_finish(record), -EALREADY);
	CHECK_INT(headway_error(record, "late"), -EALREADY);
	expect_totals(0, 0, 0);
	fresh();
	CHECK_INT(headway_finish_with_results(record, "1", 1), 0);
	expect_totals(1, 1, 0);
	fresh();
	CHECK_INT(headway_error(record, "disk full"), 0);
	expect_totals(1, 0, 1);
	fresh();
	CHECK_INT(headway_error(record, NULL), 0);
	expect_totals(1, 0, 1);
}

static void refused_results_do_not_end_it(void)
{
	fresh();
	CHECK_INT(headway_finish_with_results(record, "{", 1), -EINVAL);
	CHECK_INT(headway_finish_with_results(record, NULL, 1), -EINVAL);
	CHECK_INT(headway_status(record), HEADWAY_RUNNING);
	CHECK_INT(headway_finish(record), 0);
}

static void version_rises_with_every_change_but_counters(void)
{
	uint64_t version;

	fresh();
	version = version_of(arena, &id);
	CHECK_INT(version, 1);
	CHECK_INT(headway_add(record, 1), 0);
	CHECK_INT(headway_set(record, 7), 0);
	CHECK_INT(headway_set_total(record, 9), 0);
	CHECK_INT(version_of(arena, &id), version);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	CHECK_INT(version_of(arena, &id), version + 1);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	CHECK_INT(version_of(arena, &id), version + 2);
	CHECK_INT(headway_results(record, "[]", 2), 0);
	CHECK_INT(version_of(arena, &id), version + 3);
	CHECK_INT(headway_url(record, "/x"), 0);
	CHECK_INT(version_of(arena, &id), version + 4);
	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(version_of(arena, &id), version + 5);
}

static void two_handles_on_one_record(void)
{
	struct headway_record *second = NULL, *third = NULL;
	struct headway_id same;

	fresh();
	NEED_INT(headway_resume(arena, &id, &second), 0);
	NEED_INT(headway_resume(arena, &id, &third), 0);
	CHECK_INT(headway_get_id(second, &same), 0);
	CHECK(!memcmp(&same, &id, sizeof(id)));
	CHECK_INT(headway_message(second, "a", "1"), 0);
	CHECK_INT(headway_message(record, "b", "2"), 0);
	CHECK_INT(headway_add(second, 2), 0);
	CHECK_INT(headway_add(record, 3), 0);
	headway_release(record); /* an owner that releases a Running record remains its owner */
	record = second;
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	look();
	CHECK_INT(snapshot->status, HEADWAY_RUNNING);
	CHECK_INT(snapshot->done, 5);
	CHECK_INT(snapshot->message_count, 2);
	CHECK_INT(headway_finish(third), 0);
	CHECK_INT(headway_message(record, "c", "3"), -EALREADY);
	headway_release(third);
	NEED_INT(headway_resume(arena, &id, &third), 0); /* a record that is over can be opened */
	CHECK_INT(headway_message(third, "c", "3"), -EALREADY);
	CHECK_INT(headway_status(third), HEADWAY_FINISHED);
	headway_release(third);
}

static void released_records_stay(void)
{
	fresh();
	CHECK_INT(headway_message(record, "k", "v"), 0);
	headway_release(record);
	record = NULL;
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	look();
	CHECK_INT(snapshot->status, HEADWAY_RUNNING);
	CHECK_INT(snapshot->owner_alive, 1);
	NEED_INT(headway_resume(arena, &id, &record), 0);
	CHECK_INT(headway_message(record, "k", "w"), 0);
	CHECK_INT(headway_finish(record), 0);
}

static void null_arguments(void)
{
	struct headway_id out;

	CHECK_INT(headway_get_id(NULL, &out), -EINVAL);
	CHECK_INT(headway_get_id(record, NULL), -EINVAL);
	CHECK_INT(headway_results(NULL, "1", 1), -EINVAL);
	CHECK_INT(headway_finish(NULL), -EINVAL);
	CHECK_INT(headway_finish_with_results(NULL, "1", 1), -EINVAL);
	CHECK_INT(headway_error(NULL, "e"), -EINVAL);
	CHECK_INT(headway_status(NULL), -EINVAL);
	CHECK_INT(headway_add(NULL, 1), -EINVAL);
	CHECK_INT(headway_set(NULL, 1), -EINVAL);
	CHECK_INT(headway_set_total(NULL, 1), -EINVAL);
	CHECK_INT(headway_counter_add(NULL, 0, 1), -EINVAL);
	CHECK_INT(headway_resume(arena, NULL, &record), -EINVAL);
	CHECK_INT(headway_resume(NULL, &id, &record), -EINVAL);
	CHECK_INT(headway_resume(arena, &id, NULL), -EINVAL);
	headway_release(NULL);
	headway_close(NULL);
	headway_snapshot_free(NULL);
}

static void records_that_never_were(void)
{
	struct headway_record *out = NULL;
	struct headway_id never = {{0}}, other;

	CHECK_INT(headway_resume(arena, &never, &out), -ENOENT);
	memset(&other, 0xff, sizeof(other));
	CHECK_INT(headway_resume(arena, &other, &out), -ENOENT);
	CHECK_INT(headway_read(arena, &other, &snapshot), -ENOENT);
	CHECK(!out);
}

int main(void)
{
	check_begin(60);
	name = new_name();
	arena = open_arena(name, NULL);
	RUN(a_bare_record);
	RUN(everything_in_the_spec);
	RUN(refused_specs);
	RUN(a_name_that_the_arena_cannot_hold);
	RUN(specs_of_other_sizes);
	RUN(keys_keep_their_place);
	RUN(refused_messages);
	RUN(update_is_all_or_nothing);
	RUN(values_of_every_size);
	RUN(many_messages);
	RUN(long_texts_with_long_values);
	RUN(urls);
	RUN(ends_once);
	RUN(each_start_and_end_is_counted_once);
	RUN(refused_results_do_not_end_it);
	RUN(version_rises_with_every_change_but_counters);
	RUN(two_handles_on_one_record);
	RUN(released_records_stay);
	RUN(null_arguments);
	RUN(records_that_never_were);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
	arena = open_read_only(name);
	check_whole(arena, 1);
	headway_close(arena);
	return check_end();
}
