/* SPDX-License-Identifier: BSD-3-Clause */
/* The status view, byte for byte, and the members of the full view. */
#include "kit/arenas.h"
#include "kit/processes.h"

static struct headway_arena *arena;
static struct headway_record *record;
static struct headway_id id;
static struct headway_snapshot *snapshot;
static char id_text[HEADWAY_ID_TEXT];
static char json[70000], expected[70000];

static void fresh(void)
{
	headway_release(record);
	record = start_record(arena, "json", &id);
	NEED_INT(headway_format_id(&id, id_text), 0);
}

/* Expects the status view to be begin, followed by the url and a newline. */
static void expect_status(const char *begin)
{
	int length;

	NEED_INT(headway_read(arena, &id, &snapshot), 0);
	(void)snprintf(expected, sizeof(expected), "%s,\"url\":\"/_/status/%s\"}\n", begin,
		       id_text);
	memset(json, 'x', sizeof(json));
	length = headway_json(snapshot, json, sizeof(json));
	CHECK_INT(length, strlen(expected));
	CHECK_TEXT(json, expected);
}

static void every_state(void)
{
	fresh();
	expect_status("{\"status\":\"Running\",\"messages\":[]");
	CHECK_INT(headway_message(record, "Step", "1/2"), 0);
	CHECK_INT(headway_results(record, " { \"n\" : 1 } ", 13), 0);
	expect_status("{\"status\":\"Running\",\"messages\":[{\"key\":\"Step\",\"value\":\"1/2\"}],"
		      "\"results\":{\"n\":1}");
	CHECK_INT(headway_finish(record), 0);
	expect_status(
		"{\"status\":\"Finished\",\"messages\":[{\"key\":\"Step\",\"value\":\"1/2\"}],"
		"\"results\":{\"n\":1}");
	fresh();
	CHECK_INT(headway_results(record, "null", 4), 0);
	CHECK_INT(headway_error(record, "it <broke>"), 0);
	expect_status("{\"status\":\"Error\",\"messages\":[{\"key\":\"Error\","
		      "\"value\":\"it \\u003cbroke\\u003e\"}],\"results\":null");
}

static void url_of_ones_own(void)
{
	fresh();
	CHECK_INT(headway_url(record, "/a?b=\"c\"&d=<e>"), 0);
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
	CHECK(headway_json(snapshot, json, sizeof(json)) > 0);
	CHECK_TEXT(json, "{\"status\":\"Running\",\"messages\":[],"
			 "\"url\":\"/a?b=\\\"c\\\"\\u0026d=\\u003ce\\u003e\"}\n");
}

/* Texts and their encoding by Go. */
static const char *const escapes[][2] = {
	{"plain /path 'quoted'", "plain /path 'quoted'"},
	{"\"\\", "\\\"\\\\"},
	{"\b\f\n\r\t", "\\b\\f\\n\\r\\t"},
	{"\x01\x02\x07\x0b\x0e\x1f\x7f", "\\u0001\\u0002\\u0007\\u000b\\u000e\\u001f\x7f"},
	{"<>&", "\\u003c\\u003e\\u0026"},
	{"\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa", "\\u2028\\u2029\xe2\x80\xaa"},
	{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xef\xbf\xbd",
	 "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xef\xbf\xbd"},
	{"\xff", "\\ufffd"},
	{"a\x80z", "a\\ufffdz"},
	{"\xc0\xaf", "\\ufffd\\ufffd"},
	{"\xe2\x82", "\\ufffd\\ufffd"},
	{"\xe2\x82z", "\\ufffd\\ufffdz"},
	{"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
	{"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
	{"\xf0\x9f\x98", "\\ufffd\\ufffd\\ufffd"},
	{"\xf8\x88\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd"},
	{"\xc3\xa9\xc3", "\xc3\xa9\\ufffd"},
};

static void escapes_as_in_go(void)
{
	char begin[300];

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		fresh();
		CHECK_INT(headway_message(record, escapes[i][0], escapes[i][0]), 0);
		(void)snprintf(
			begin, sizeof(begin),
			"{\"status\":\"Running\",\"messages\":[{\"key\":\"%s\",\"value\":\"%s\"}]",
			escapes[i][1], escapes[i][1]);
		expect_status(begin);
		CHECK_INT(headway_finish(record), 0);
	}
}

/* Go compacts a RawMessage and escapes <, >, & and line separators in it. */
static void results_as_in_go(void)
{
	static const char text[] =
		"{ \"<a>\" : [ 1.50 , -0 , 1E9 ] , \"b&\" : \"\\u003C\\/ \xe2\x80\xa8\" }";

	fresh();
	CHECK_INT(headway_results(record, text, sizeof(text) - 1), 0);
	expect_status("{\"status\":\"Running\",\"messages\":[],\"results\":"
		      "{\"\\u003ca\\u003e\":[1.50,-0,1E9],\"b\\u0026\":\"\\u003C\\/ \\u2028\"}");
}

/* As with snprintf, the result does not depend on the size, no byte beyond it is written, and the
 * text ends in NUL. */
static void buffers_of_every_size(void)
{
	static char whole[3000];

	fresh();
	CHECK_INT(headway_message(record, "Step", "<1/2>\xff"), 0);
	CHECK_INT(headway_finish_with_results(record, "[\"&\"]", 5), 0);
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
	for (int full = 0; full < 2; full++) {
		int (*write)(const struct headway_snapshot *, char *,
			     size_t) = full ? headway_json_full : headway_json;
		int length = write(snapshot, NULL, 0), again;

		CHECK(length > 0 && length < (int)sizeof(whole) - 10);
		CHECK_INT(write(snapshot, whole, sizeof(whole)), length);
		CHECK_INT(strlen(whole), length);
		for (size_t size = 1; size <= (size_t)length + 2; size++) {
			char *buffer = malloc(size);
			size_t kept = size <= (size_t)length ? size - 1 : (size_t)length;

			NEED(buffer);
			memset(buffer, 'x', size);
			again = write(snapshot, buffer, size);
			CHECK_INT(again, length);
			CHECK(!memcmp(buffer, whole, kept) && !buffer[kept]);
			free(buffer);
		}
		CHECK_INT(write(NULL, whole, sizeof(whole)), -EINVAL);
	}
}

/* A snapshot holds one version. Its text does not depend on the time of the call, so a length
 * measured with a first call holds for the second, which fills the buffer. */
static void full_view_of_one_snapshot_is_one_text(void)
{
	static char again[sizeof(json)];

	fresh();
	CHECK_INT(headway_set_total(record, 1000), 0);
	CHECK_INT(headway_add(record, 10), 0);
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
	CHECK(headway_json_full(snapshot, json, sizeof(json)) > 0);
	sleep_ms(30);
	CHECK(headway_json_full(snapshot, again, sizeof(again)) > 0);
	CHECK_TEXT(strstr(again, "\"elapsed_seconds\""), strstr(json, "\"elapsed_seconds\""));
}

static const char *field(const char *name)
{
	static char text[32];
	const char *found;

	(void)snprintf(text, sizeof(text), "\"%s\":", name);
	found = strstr(json, text);
	if (!found) {
		FAIL("not so: %s", text);
		return "";
	}
	return found + strlen(text);
}

static void expect_field(const char *name, const char *value)
{
	if (strncmp(field(name), value, strlen(value)) != 0)
		CHECK_TEXT(field(name), value);
}

/* RFC 3339 in UTC: 2026-01-02T03:04:05… Z */
static void expect_time(const char *name)
{
	const char *text = field(name);
	int year, month, day, hour, minute, end = 0;
	double second;

	CHECK_INT(sscanf(text, "\"%4d-%2d-%2dT%2d:%2d:%lfZ\"%n", &year, &month, &day, &hour,
			 &minute, &second, &end),
		  6);
	CHECK(end >= 22 && text[end - 1] == '"' && text[end - 2] == 'Z');
	CHECK(year >= 2024);
}

static void full_view(void)
{
	static const char *const counters[] = {"good", "b\"ad", NULL};
	struct headway_spec spec = {.size = sizeof(spec),
				    .name = "copy",
				    .unit = "bytes",
				    .total = 100,
				    .counters = counters,
				    .parent = &id};
	char parent[48], owner[96], quoted[48];

	fresh();
	(void)snprintf(parent, sizeof(parent), "\"%s\"", id_text);
	headway_release(record);
	record = NULL;
	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	NEED_INT(headway_format_id(&id, id_text), 0);
	CHECK_INT(headway_add(record, 50), 0);
	CHECK_INT(headway_counter_add(record, 1, 7), 0);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
	CHECK(headway_json_full(snapshot, json, sizeof(json)) > 0);
	(void)snprintf(quoted, sizeof(quoted), "\"%s\"", id_text);
	(void)snprintf(owner, sizeof(owner),
		       "{\"pid\":%d,\"command\":\"test_api_json\",\"alive\":true}", (int)getpid());
	expect_field("status", "\"Running\"");
	expect_field("messages", "[{\"key\":\"k\",\"value\":\"v\"}]");
	expect_field("id", quoted);
	expect_field("name", "\"copy\"");
	expect_field("unit", "\"bytes\"");
	expect_field("done", "50");
	expect_field("total", "100");
	expect_field("counters", "{\"good\":0,\"b\\\"ad\":7}");
	expect_field("parent", parent);
	expect_field("owner", owner);
	expect_time("started_at");
	expect_time("updated_at");
	expect_field("finished_at", "null");
	(void)field("elapsed_seconds");
	(void)field("rate");
	(void)field("eta_seconds");
	expect_field("lost", "false");
	expect_field("version", "2");
	CHECK(!strstr(json, "\"results\""));
	CHECK_INT(headway_finish(record), 0);
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
	CHECK(headway_json_full(snapshot, json, sizeof(json)) > 0);
	expect_time("finished_at");
	expect_field("status", "\"Finished\"");
	expect_field("version", "3");
}

static void full_view_of_unknowns(void)
{
	struct headway_spec spec = {.size = sizeof(spec), .flags = HEADWAY_DETACHED};

	headway_release(record);
	record = NULL;
	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
	CHECK(headway_json_full(snapshot, json, sizeof(json)) > 0);
	expect_field("parent", "null");
	expect_field("owner", "null");
	expect_field("eta_seconds", "null");
	expect_field("done", "0");
	expect_field("counters", "{}");
	CHECK_INT(headway_finish(record), 0);
}

int main(void)
{
	check_begin(60);
	arena = open_arena(new_name(), NULL);
	RUN(every_state);
	RUN(url_of_ones_own);
	RUN(escapes_as_in_go);
	RUN(results_as_in_go);
	RUN(buffers_of_every_size);
	RUN(full_view_of_one_snapshot_is_one_text);
	RUN(full_view);
	RUN(full_view_of_unknowns);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
	return check_end();
}
