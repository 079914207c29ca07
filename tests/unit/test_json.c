/* SPDX-License-Identifier: BSD-3-Clause */
/* Both JSON views, for every size of the buffer and every alignment of the text. */
#include "headway.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MS        INT64_C(1000000)
#define SECOND    INT64_C(1000000000)
#define NOON_2023 (INT64_C(1687780800) * SECOND) /* 2023-06-26T12:00:00Z */

static struct headway_snapshot empty(void)
{
	struct headway_snapshot s = {.status = HEADWAY_RUNNING,
				     .name = "",
				     .unit = "",
				     .url = "/u",
				     .owner_command = ""};
	return s;
}

typedef int view(const struct headway_snapshot *, char *, size_t);

static int full_at_noon(const struct headway_snapshot *s, char *buffer, size_t size)
{
	struct headway_snapshot noon = *s;

	noon.read_ns = NOON_2023;
	return headway_json_full(&noon, buffer, size);
}

static void must_be(view *write, const struct headway_snapshot *s, const char *want)
{
	static char got[65536];
	int n = write(s, got, sizeof(got));

	cr_expect_str_eq(got, want);
	cr_expect_eq(n, (int)strlen(want));
}

/* The value of a message as the status view encodes it. */
static const char *shown(const char *value)
{
	static char got[65536];
	struct headway_message message = {"k", value};
	struct headway_snapshot s = empty();
	const char *before = "{\"status\":\"Running\",\"messages\":[{\"key\":\"k\",\"value\":\"";
	const char *after = "\"}],\"url\":\"/u\"}\n";
	int n;

	s.messages = &message;
	s.message_count = 1;
	n = headway_json(&s, got, sizeof(got));
	cr_assert_eq(n, (int)strlen(got));
	cr_assert_eq(strncmp(got, before, strlen(before)), 0);
	cr_assert_str_eq(got + n - strlen(after), after);
	got[n - (int)strlen(after)] = '\0';
	return got + strlen(before);
}

/* ---- the status view ------------------------------------------------------------------------- */

Test(json, shows_a_record_without_anything)
{
	struct headway_snapshot s = empty();

	must_be(headway_json, &s, "{\"status\":\"Running\",\"messages\":[],\"url\":\"/u\"}\n");
	s.url = "";
	must_be(headway_json, &s, "{\"status\":\"Running\",\"messages\":[],\"url\":\"\"}\n");
}

Test(json, names_each_status)
{
	struct headway_snapshot s = empty();

	s.status = HEADWAY_FINISHED;
	must_be(headway_json, &s, "{\"status\":\"Finished\",\"messages\":[],\"url\":\"/u\"}\n");
	s.status = HEADWAY_ERROR;
	must_be(headway_json, &s, "{\"status\":\"Error\",\"messages\":[],\"url\":\"/u\"}\n");
}

Test(json, shows_messages_in_order_then_results_then_url)
{
	struct headway_message messages[] = {{"Step", "1/2"}, {"", ""}, {"A <b>", "c"}};
	struct headway_snapshot s = empty();

	s.messages = messages;
	s.message_count = 3;
	s.results = "{\"n\":1}";
	s.results_length = 7;
	must_be(headway_json, &s,
		"{\"status\":\"Running\",\"messages\":[{\"key\":\"Step\",\"value\":\"1/2\"},"
		"{\"key\":\"\",\"value\":\"\"},{\"key\":\"A \\u003cb\\u003e\",\"value\":\"c\"}],"
		"\"results\":{\"n\":1},\"url\":\"/u\"}\n");
}

Test(json, shows_results_that_are_null)
{
	struct headway_snapshot s = empty();

	s.results = "null";
	s.results_length = 4;
	must_be(headway_json, &s,
		"{\"status\":\"Running\",\"messages\":[],\"results\":null,\"url\":\"/u\"}\n");
}

Test(json, escapes_html_and_separators_inside_results)
{
	struct headway_snapshot s = empty();

	s.results = "[\"<a href=\\\"x\\\">&\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x82\xac\"]";
	s.results_length = strlen(s.results);
	must_be(headway_json, &s,
		"{\"status\":\"Running\",\"messages\":[],\"results\":[\"\\u003ca "
		"href=\\\"x\\\"\\u003e"
		"\\u0026\\u2028\\u2029\xe2\x80\xaa\xe2\x82\xac\"],\"url\":\"/u\"}\n");
}

Test(json, reads_results_up_to_their_length_only)
{
	struct headway_snapshot s = empty();

	s.results = "1234567\xe2\x80\xa8<>&";
	s.results_length = 7;
	must_be(headway_json, &s,
		"{\"status\":\"Running\",\"messages\":[],\"results\":1234567,\"url\":\"/u\"}\n");
	s.results_length = 9; /* half a separator is unchanged */
	must_be(headway_json, &s,
		"{\"status\":\"Running\",\"messages\":[],\"results\":1234567\xe2\x80,\"url\":\"/"
		"u\"}\n");
}

/* ---- text ------------------------------------------------------------------------------------ */

Test(json, escapes_what_go_escapes)
{
	cr_expect_str_eq(shown("\" \\ /"), "\\\" \\\\ /");
	cr_expect_str_eq(shown("\b\f\n\r\t"), "\\b\\f\\n\\r\\t");
	cr_expect_str_eq(shown("<>&'"), "\\u003c\\u003e\\u0026'");
	cr_expect_str_eq(shown("\x01\x07\x0b\x0e\x1b\x1f \x7f"),
			 "\\u0001\\u0007\\u000b\\u000e\\u001b\\u001f \x7f");
	cr_expect_str_eq(shown("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"),
			 "\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa");
}

Test(json, leaves_the_rest_of_ascii_and_unicode_unchanged)
{
	const char *plain = " !#$%'()*+,-./0123456789:;=?@ABCXYZ[]^_`abcxyz{|}~";
	const char *unicode =
		"caf\xc3\xa9 \xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x98\x80 \xef\xbf\xbd \xef\xbb\xbf";
	const char *edges = "\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
			    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";

	cr_expect_str_eq(shown(plain), plain);
	cr_expect_str_eq(shown(unicode), unicode);
	cr_expect_str_eq(shown(edges), edges);
}

Test(json, replaces_each_invalid_byte_by_one_replacement_character)
{
	static const struct {
		const char *text;
		unsigned replaced;
	} bad[] = {
		{"\x80", 1},
		{"\xff", 1},
		{"\xc0\x80", 2},
		{"\xc1\xbf", 2},
		{"\xc3", 1},
		{"\xe2\x82", 2},
		{"\xf0\x9f\x98", 3},
		{"\xed\xa0\x80", 3},
		{"\xe0\x9f\xbf", 3},
		{"\xf0\x8f\xbf\xbf", 4},
		{"\xf4\x90\x80\x80", 4},
		{"\xf5\x80", 2},
		{"\xe2\xe2", 2},
		{"\xf0\x9f\xf0", 3},
		{"\xe2\x80\xc0", 3},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[64], want[64] = "a";

		snprintf(text, sizeof(text), "a%sz", bad[i].text);
		for (unsigned k = 0; k < bad[i].replaced; k++)
			strcat(want, "\\ufffd");
		strcat(want, "z");
		cr_expect_str_eq(shown(text), want);
		text[strlen(text) - 1] = want[strlen(want) - 1] = '\0'; /* and at the very end */
		cr_expect_str_eq(shown(text), want);
	}
	cr_expect_str_eq(shown("\xe2\x80\xc3\xa9"), "\\ufffd\\ufffd\xc3\xa9");
	cr_expect_str_eq(shown("\xf0\x9f\x98\xe2\x82\xac"), "\\ufffd\\ufffd\\ufffd\xe2\x82\xac");
}

Test(json, escapes_each_byte_at_every_offset)
{
	for (unsigned byte = 1; byte < 0x80; byte++) {
		char alone[2] = {(char)byte}, escaped[8];

		strcpy(escaped, shown(alone));
		for (size_t at = 0; at < 40; at++) {
			char text[64], want[64];

			snprintf(text, sizeof(text), "%.*s%s%.*s", (int)at,
				 "........................................", alone, (int)(at % 5),
				 "----");
			snprintf(want, sizeof(want), "%.*s%s%.*s", (int)at,
				 "........................................", escaped, (int)(at % 5),
				 "----");
			cr_expect_str_eq(shown(text), want, "byte %u at %zu", byte, at);
		}
	}
}

/* The text ends at the end of a page before an inaccessible one, or crosses a page boundary. */
Test(json, never_reads_beyond_the_end_of_a_text)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);

	cr_assert_neq(memory, MAP_FAILED);
	cr_assert_eq(mprotect(memory + 2 * page, page, PROT_NONE), 0);
	for (size_t length = 0; length < 70; length++) {
		char want[80];

		for (size_t i = 0; i < length; i++)
			want[i] = (char)('a' + i % 26);
		want[length] = '\0';
		memcpy(memory + 2 * page - length - 1, want, length + 1);
		cr_expect_str_eq(shown(memory + 2 * page - length - 1), want);
		for (size_t from = page - 70; from < page + 2; from++) {
			memcpy(memory + from, want, length + 1);
			cr_expect_str_eq(shown(memory + from), want);
		}
	}
	strcpy(memory + 2 * page - 3, "\xf0\x9f");
	cr_expect_str_eq(shown(memory + 2 * page - 3), "\\ufffd\\ufffd");
	strcpy(memory + 2 * page - 2, "\xe2");
	cr_expect_str_eq(shown(memory + 2 * page - 2), "\\ufffd");
	munmap(memory, 3 * page);
}

/* ---- every size of the buffer ---------------------------------------------------------------- */

/* At most size bytes are written: the beginning of the text and a NUL. The result is the length of
 * the whole text. */
static void must_be_cut_at_every_size(view *write, const struct headway_snapshot *s)
{
	static char whole[65536], got[65536 + 64];
	int n = write(s, whole, sizeof(whole));

	cr_assert_gt(n, 0);
	cr_expect_eq(write(s, NULL, 0), n);
	cr_expect_eq(write(s, NULL, 100), n);
	for (size_t size = 0; size <= (size_t)n + 300; size++) {
		size_t kept = size > (size_t)n ? (size_t)n : size ? size - 1 : 0;

		memset(got, '#', sizeof(got));
		cr_assert_eq(write(s, got + 32, size), n, "size %zu", size);
		cr_assert(!memcmp(got + 32, whole, kept), "size %zu", size);
		if (size)
			cr_assert_eq(got[32 + kept], '\0', "size %zu", size);
		for (size_t i = 0; i < 32; i++)
			cr_assert(got[i] == '#' && got[32 + size + i] == '#', "size %zu", size);
	}
}

Test(json, is_truncated_like_snprintf_at_every_size)
{
	struct headway_message messages[] = {
		{"Step", "one of a few"},
		{"\x01\x02\x03\x04\x05\x06\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18",
		 "<<<<>>>>&&&&"},
		{"\xe4\xbd\xa0\xe5\xa5\xbd", "\xff\xfe\xc0\xc1\xe2\x80\xa8"},
		{"long", NULL},
	};
	const char *names[] = {"files", "a \"b\"", NULL};
	const uint64_t counters[] = {3, UINT64_MAX};
	const struct headway_id id = {
		{1, 2, 3, 4, 5, 6, 0x87, 8, 0x89, 10, 11, 12, 13, 14, 15, 255}};
	struct headway_snapshot s = empty();
	char *text = calloc(1, 2048);

	memset(text, 'x', 1500); /* longer than the writer's internal buffer */
	messages[3].value = text;
	s.messages = messages;
	s.message_count = 4;
	s.results = "{\"a\":\"<b>&\xe2\x80\xa8\",\"long enough to need more\":[1,2,3,4,5,6,7,8,9]}";
	s.results_length = strlen(s.results);
	s.counter_names = names;
	s.counters = counters;
	s.counter_count = 2;
	s.parent = &id;
	s.owner_pid = 4711;
	s.owner_command = "cp -r";
	s.done = UINT64_MAX - 1;
	s.total = UINT64_MAX;
	s.started_ns = NOON_2023 - 1;
	s.updated_ns = NOON_2023;
	must_be_cut_at_every_size(headway_json, &s);
	must_be_cut_at_every_size(full_at_noon, &s);
	s.message_count = 0;
	s.results = NULL;
	must_be_cut_at_every_size(headway_json, &s);
	must_be_cut_at_every_size(full_at_noon, &s);
	free(text);
}

Test(json, reports_invalid_arguments)
{
	enum { TEXT = 1 << 20 };
	static struct headway_message messages[2047];
	struct headway_snapshot s = empty();
	char *text = calloc(1, TEXT + 1), small[8];
	int left;

	cr_expect_eq(headway_json(NULL, small, sizeof(small)), -EINVAL);
	cr_expect_eq(headway_json_full(NULL, small, sizeof(small)), -EINVAL);
	memset(text, 'x', TEXT);
	for (size_t i = 0; i < 2047; i++)
		messages[i].key = "", messages[i].value = text;
	s.messages = messages;
	s.message_count = 2047;
	left = INT_MAX - (2047 * TEXT + 2047 * 22 + 45);
	messages[0].key = text + TEXT - left;
	cr_expect_eq(headway_json(&s, NULL, 0), INT_MAX);
	messages[0].key--;
	cr_expect_eq(headway_json(&s, small, sizeof(small)), -EOVERFLOW);
	cr_expect_str_eq(small, "{\"statu");
	free(text);
}

/* ---- the full view --------------------------------------------------------------------------- */

Test(json, shows_everything_in_the_full_view)
{
	struct headway_message message = {"Step", "1/2"};
	const char *names[] = {"files", "skipped", NULL};
	const uint64_t counters[] = {3, 18446744073709551615u};
	const struct headway_id parent = {{0xff, [15] = 0x10}};
	struct headway_snapshot s = {
		.id = {{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0x8d, 0xef, 0x80, 0x12, 3, 4, 5, 6, 7,
			8}},
		.status = HEADWAY_RUNNING,
		.owner_alive = 1,
		.version = 7,
		.name = "copy \"all\"",
		.unit = "bytes",
		.url = "/_/status/x",
		.parent = &parent,
		.messages = &message,
		.message_count = 1,
		.results = "[]",
		.results_length = 2,
		.done = 250,
		.total = 1000,
		.counters = counters,
		.counter_names = names,
		.counter_count = 2,
		.owner_pid = 4711,
		.owner_command = "cp",
		.started_ns = NOON_2023 - 10 * SECOND,
		.updated_ns = NOON_2023 - 1500 * MS,
	};

	must_be(full_at_noon, &s,
		"{\"status\":\"Running\",\"messages\":[{\"key\":\"Step\",\"value\":\"1/"
		"2\"}],\"results\":[],"
		"\"url\":\"/_/status/x\",\"id\":\"01234567-89ab-8def-8012-030405060708\","
		"\"name\":\"copy \\\"all\\\"\",\"unit\":\"bytes\",\"done\":250,\"total\":1000,"
		"\"counters\":{\"files\":3,\"skipped\":18446744073709551615},"
		"\"parent\":\"ff000000-0000-0000-0000-000000000010\","
		"\"owner\":{\"pid\":4711,\"command\":\"cp\",\"alive\":true},"
		"\"started_at\":\"2023-06-26T11:59:50Z\",\"updated_at\":\"2023-06-26T11:59:58.5Z\","
		"\"finished_at\":null,\"elapsed_seconds\":10.000000,\"rate\":25.000000,"
		"\"eta_seconds\":30.000000,\"lost\":false,\"version\":7,"
		"\"cancel_requested\":null}\n");
}

Test(json, shows_null_for_absent_values)
{
	struct headway_snapshot s = empty();

	s.detached = 1;
	must_be(full_at_noon, &s,
		"{\"status\":\"Running\",\"messages\":[],\"url\":\"/u\","
		"\"id\":\"00000000-0000-0000-0000-000000000000\",\"name\":\"\",\"unit\":\"\","
		"\"done\":0,"
		"\"total\":0,\"counters\":{},\"parent\":null,\"owner\":null,\"started_at\":null,"
		"\"updated_at\":null,\"finished_at\":null,\"elapsed_seconds\":null,\"rate\":null,"
		"\"eta_seconds\":null,\"lost\":false,\"version\":0,"
		"\"cancel_requested\":null}\n");
}

/* The text from one member of the full view up to the next. */
static const char *member(const struct headway_snapshot *s, const char *name, const char *next)
{
	static char got[4096], quoted[64];
	char *from, *to;

	cr_assert_gt(full_at_noon(s, got, sizeof(got)), 0);
	snprintf(quoted, sizeof(quoted), ",\"%s\":", name);
	from = strstr(got, quoted);
	cr_assert(from);
	from += strlen(quoted);
	snprintf(quoted, sizeof(quoted), ",\"%s\":", next);
	to = strstr(from, quoted);
	cr_assert(to);
	*to = '\0';
	return from;
}

#define ELAPSED(s) member(s, "elapsed_seconds", "rate")
#define RATE(s)    member(s, "rate", "eta_seconds")
#define ETA(s)     member(s, "eta_seconds", "lost")

Test(json, shows_whether_the_owner_is_alive)
{
	struct headway_snapshot s = empty();

	s.owner_alive = 1;
	cr_expect_str_eq(member(&s, "owner", "started_at"), "null", "there is no pid");
	s.owner_pid = 4294967295u;
	s.owner_command = "a<b";
	s.owner_alive = 0;
	cr_expect_str_eq(member(&s, "owner", "started_at"),
			 "{\"pid\":4294967295,\"command\":\"a\\u003cb\",\"alive\":false}");
	s.owner_alive = -1;
	cr_expect_str_eq(member(&s, "owner", "started_at"),
			 "{\"pid\":4294967295,\"command\":\"a\\u003cb\",\"alive\":null}");
	s.detached = 1;
	cr_expect_str_eq(member(&s, "owner", "started_at"), "null");
	s.lost = 1;
	cr_expect_str_eq(member(&s, "lost", "version"), "true");
}

Test(json, writes_numbers_of_every_width)
{
	uint64_t power = 1;

	for (unsigned width = 1; width <= 20; width++, power *= 10) {
		const uint64_t numbers[] = {power - 1, power, power + 1, power / 10 * 37};

		for (unsigned i = 0; i < 4; i++) {
			struct headway_snapshot s = empty();
			char want[32];

			s.done = numbers[i];
			snprintf(want, sizeof(want), "%llu", (unsigned long long)numbers[i]);
			cr_expect_str_eq(member(&s, "done", "total"), want);
		}
	}
}

Test(json, shows_times_as_go_does)
{
	static const struct {
		int64_t ns;
		const char *text;
	} times[] = {
		{1, "\"1970-01-01T00:00:00.000000001Z\""},
		{-1, "\"1969-12-31T23:59:59.999999999Z\""},
		{SECOND, "\"1970-01-01T00:00:01Z\""},
		{1700000000 * SECOND + 120 * MS, "\"2023-11-14T22:13:20.12Z\""},
		{951782400 * SECOND, "\"2000-02-29T00:00:00Z\""},
		{951868799 * SECOND + 999999999, "\"2000-02-29T23:59:59.999999999Z\""},
		{1709251199 * SECOND, "\"2024-02-29T23:59:59Z\""},
		{1735689599 * SECOND, "\"2024-12-31T23:59:59Z\""},
		{4107542400 * SECOND, "\"2100-03-01T00:00:00Z\""},
		{4107542399 * SECOND, "\"2100-02-28T23:59:59Z\""},
		{INT64_MAX, "\"2262-04-11T23:47:16.854775807Z\""},
		{INT64_MIN, "\"1677-09-21T00:12:43.145224192Z\""},
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct headway_snapshot s = empty();

		s.started_ns = s.finished_ns = times[i].ns;
		cr_expect_str_eq(member(&s, "started_at", "updated_at"), times[i].text);
		cr_expect_str_eq(member(&s, "finished_at", "elapsed_seconds"), times[i].text);
	}
}

Test(json, counts_elapsed_time_until_now_or_the_end)
{
	struct headway_snapshot s = empty();

	s.started_ns = NOON_2023 - 90061500 * MS;
	cr_expect_str_eq(ELAPSED(&s), "90061.500000");
	s.updated_ns = NOON_2023 - 61500 * MS;
	cr_expect_str_eq(ELAPSED(&s), "90061.500000");
	s.status = HEADWAY_ERROR; /* time of the end unknown: that of the last change counts */
	cr_expect_str_eq(ELAPSED(&s), "90000.000000");
	s.status = HEADWAY_FINISHED;
	s.finished_ns = s.started_ns + 1234567;
	cr_expect_str_eq(ELAPSED(&s), "0.001234");
	s.finished_ns = s.started_ns - 1; /* the clock was set back */
	cr_expect_str_eq(ELAPSED(&s), "0.000000");
	s.started_ns = INT64_MIN;
	s.finished_ns = INT64_MAX;
	cr_expect_str_eq(ELAPSED(&s), "0.000000");
}

Test(json, shows_a_rate_after_the_first_unit)
{
	struct headway_snapshot s = empty();

	s.started_ns = NOON_2023 - 3 * SECOND;
	cr_expect_str_eq(RATE(&s), "null");
	s.done = 1;
	cr_expect_str_eq(RATE(&s), "0.333333");
	s.done = 2;
	cr_expect_str_eq(RATE(&s), "0.666667");
	s.done = UINT64_MAX;
	cr_expect_str_eq(RATE(&s), "6148914691236517205.000000");
	s.started_ns = NOON_2023;
	cr_expect_str_eq(RATE(&s), "null");
	s.started_ns = NOON_2023 - 1;
	cr_expect_str_eq(RATE(&s), "18446744073709551615000000000.000000");
	s.done = 10000000000u;
	cr_expect_str_eq(RATE(&s), "10000000000000000000.000000");
	s.status = HEADWAY_FINISHED;
	s.started_ns = NOON_2023 - 10 * SECOND;
	s.finished_ns = NOON_2023 - 5 * SECOND;
	cr_expect_str_eq(RATE(&s), "2000000000.000000");
}

Test(json, shows_the_time_left_only_when_it_is_known)
{
	struct headway_snapshot s = empty();

	s.started_ns = NOON_2023 - 10 * SECOND;
	s.done = 1;
	cr_expect_str_eq(ETA(&s), "null"); /* no total */
	s.total = 4;
	cr_expect_str_eq(ETA(&s), "30.000000");
	s.total = UINT64_MAX;
	cr_expect_str_eq(ETA(&s), "184467440737095516140.000000");
	s.started_ns = INT64_MIN / 8;
	cr_expect_str_eq(ETA(&s), "52401708402679419954873281155.271819");
	s.started_ns = NOON_2023;
	cr_expect_str_eq(ETA(&s), "null"); /* no time yet */
	s.total = 1;
	cr_expect_str_eq(ETA(&s), "0.000000");
	s.done = 5;
	cr_expect_str_eq(ETA(&s), "0.000000");
	s.started_ns = NOON_2023 - 10 * SECOND;
	s.done = 0;
	cr_expect_str_eq(ETA(&s), "null");
	s.done = 1;
	s.total = 2;
	s.status = HEADWAY_FINISHED;
	cr_expect_str_eq(ETA(&s), "null");
}
