/* SPDX-License-Identifier: BSD-3-Clause */
/* Results: every kind of JSON value is stored without white space; a text that is not one JSON
 * value is refused and changes nothing. */
#include "kit/arenas.h"
#include "kit/processes.h"

static struct headway_arena *arena;
static struct headway_record *record;
static struct headway_id id;
static struct headway_snapshot *snapshot;

static void look(void)
{
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
}

static void every_kind(void)
{
	static const char *const texts[][2] = {
		{"null", "null"},
		{"true", "true"},
		{" false\n", "false"},
		{"0", "0"},
		{"-0", "-0"},
		{"-12.50e+03", "-12.50e+03"},
		{"1E400", "1E400"},
		{"123456789012345678901234567890.000000000000000000001",
		 "123456789012345678901234567890.000000000000000000001"},
		{"\"\"", "\"\""},
		{"\"a\\u0000\\ud800\\n\\/ \xc3\xa9\"", "\"a\\u0000\\ud800\\n\\/ \xc3\xa9\""},
		{"[]", "[]"},
		{"\t[ 1 ,\r\n[ ] , { } ] ", "[1,[],{}]"},
		{"{}", "{}"},
		{"{ \"a\" : 1 , \"a\" : \" b \" }", "{\"a\":1,\"a\":\" b \"}"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK_INT(headway_results(record, texts[i][0], strlen(texts[i][0])), 0);
		look();
		CHECK_TEXT(snapshot->results, texts[i][1]);
		CHECK_INT(snapshot->results_length, strlen(texts[i][1]));
	}
}

static void refusals(void)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"}",
		"[1,]",
		"{\"a\"}",
		"{\"a\":}",
		"{a:1}",
		"{'a':1}",
		"[1 2]",
		"1 2",
		"01",
		"+1",
		".5",
		"1.",
		"1e",
		"-",
		"nul",
		"nulll",
		"True",
		"NaN",
		"\"",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\n\"",
		"\"\t\"",
		"[1]]",
		"{\"a\":1,}",
		"// c\n1",
		"\xef\xbb\xbf"
		"1",
		"\"\xff\"",
		"\"\xc0\xaf\"",
		"\"\xed\xa0\x80\"",
		"\"\xf4\x90\x80\x80\"",
		"\"\xc3\"",
		"1\v",
		"1\f",
		"\xc2\xa0"
		"1",
		"[1}",
	};
	uint64_t version;

	CHECK_INT(headway_results(record, "[\"kept\"]", 8), 0);
	version = version_of(arena, &id);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int code = headway_results(record, texts[i], strlen(texts[i]));

		if (code != -EINVAL)
			printf("taken: <%s>\n", texts[i]);
		CHECK_INT(code, -EINVAL);
		CHECK_INT(headway_finish_with_results(record, texts[i], strlen(texts[i])), -EINVAL);
	}
	CHECK_INT(headway_results(record, "1\0", 2), -EINVAL);
	CHECK_INT(headway_results(record, "\"\0\"", 3), -EINVAL);
	CHECK_INT(headway_results(record, NULL, 0), -EINVAL);
	CHECK_INT(headway_results(record, NULL, 5), -EINVAL);
	look();
	CHECK_INT(snapshot->version, version);
	CHECK_TEXT(snapshot->results, "[\"kept\"]");
	CHECK_INT(headway_status(record), HEADWAY_RUNNING);
}

/* Only the given length is read; no NUL is needed. */
static void length_rules(void)
{
	static const char text[] = {'[', '1', ']', 'x'};

	CHECK_INT(headway_results(record, text, 3), 0);
	look();
	CHECK_TEXT(snapshot->results, "[1]");
}

static void depth(void)
{
	char *text = malloc(20002);

	NEED(text);
	memset(text, '[', 10000);
	memset(text + 10000, ']', 10000);
	CHECK_INT(headway_results(record, text, 20000), 0);
	look();
	CHECK_INT(snapshot->results_length, 20000);
	memset(text, '[', 10001);
	memset(text + 10001, ']', 10001);
	CHECK_INT(headway_results(record, text, 20002), -EINVAL);
	free(text);
}

/* Four mebibytes, replaced repeatedly, and kept across updates of messages. */
static void four_mebibytes(void)
{
	size_t length = 4u << 20;
	char *text = malloc(length + 1);

	NEED(text);
	for (unsigned round = 0; round < 6; round++) {
		memset(text, 'a' + (int)round, length);
		text[0] = text[length - 1] = '"';
		text[length] = 0;
		CHECK_INT(headway_results(record, text, length), 0);
		CHECK_INT(headway_message(record, "round", round & 1 ? "odd" : "even"), 0);
		look();
		CHECK_INT(snapshot->results_length, length);
		CHECK(snapshot->results && !memcmp(snapshot->results, text, length + 1));
		CHECK_TEXT(value_of(snapshot, "round"), round & 1 ? "odd" : "even");
	}
	CHECK_INT(headway_finish_with_results(record, text, length), 0);
	look();
	CHECK(snapshot->results && !memcmp(snapshot->results, text, length + 1));
	free(text);
}

/* Larger than the whole arena: refused; the old results stay. */
static void longer_than_the_arena(void)
{
	size_t length = 48u << 20;
	char *text = malloc(length + 1);
	int code;

	NEED(text);
	memset(text, 'x', length);
	text[0] = text[length - 1] = '"';
	text[length] = 0;
	headway_release(record);
	record = start_record(arena, "too long", &id);
	CHECK_INT(headway_results(record, "7", 1), 0);
	code = headway_results(record, text, length);
	CHECK(code == -E2BIG || code == -ENOSPC);
	text[length - 1] = 'x';
	code = headway_message(record, "k", text);
	CHECK(code == -E2BIG || code == -ENOSPC);
	look();
	CHECK_TEXT(snapshot->results, "7");
	CHECK_INT(snapshot->message_count, 0);
	CHECK_INT(snapshot->version, 2);
	CHECK_INT(headway_message(record, "k", "short"), 0);
	free(text);
}

int main(void)
{
	const char *name;

	check_begin(60);
	name = new_name();
	arena = open_arena(name, NULL);
	record = start_record(arena, "results", &id);
	look();
	CHECK(!snapshot->results);
	RUN(every_kind);
	RUN(refusals);
	RUN(length_rules);
	RUN(depth);
	RUN(four_mebibytes);
	RUN(longer_than_the_arena);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
	arena = open_read_only(name);
	check_whole(arena, 1);
	headway_close(arena);
	return check_end();
}
