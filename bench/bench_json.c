/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of the status view, compared with Go's encoder, cJSON and jansson; and the throughput of
 * a list. */
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<cjson/cJSON.h>)
#include <cjson/cJSON.h>
#define HAVE_CJSON 1
#endif
#if __has_include(<jansson.h>)
#include <jansson.h>
#define HAVE_JANSSON 1
#endif

enum { LIST = 1000, TEXT = 4096 };

struct view {
	struct headway_snapshot *snapshot;
	int length;
	char text[TEXT];
};

static void headway_run(void *context, uint64_t count)
{
	struct view *v = context;

	while (count--) {
		v->length = headway_json(v->snapshot, v->text, sizeof v->text);
		bench_keep(v);
	}
}

/* All sides write the same bytes, except that only Headway and Go end with a newline. */
static void view_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const struct view *v = context;
	char want[TEXT];
	size_t length = (size_t)headway_json(v->snapshot, want, sizeof want) - 1;

	(void)ops;
	if (strncmp(v->text, want, length) != 0 || strlen(v->text) > length + 1)
		bench_fail("the views differ: %s", v->text);
}

#ifdef HAVE_CJSON
/* Builds the tree, prints it into the same buffer, frees the tree. */
static void cjson_run(void *context, uint64_t count)
{
	struct view *v = context;
	const struct headway_snapshot *s = v->snapshot;

	while (count--) {
		cJSON *root = cJSON_CreateObject(), *messages;

		cJSON_AddStringToObject(root, "status", "Running");
		messages = cJSON_AddArrayToObject(root, "messages");
		for (size_t i = 0; i < s->message_count; i++) {
			cJSON *m = cJSON_CreateObject();

			cJSON_AddStringToObject(m, "key", s->messages[i].key);
			cJSON_AddStringToObject(m, "value", s->messages[i].value);
			cJSON_AddItemToArray(messages, m);
		}
		cJSON_AddStringToObject(root, "url", s->url);
		if (!cJSON_PrintPreallocated(root, v->text, sizeof v->text, false))
			bench_fail("cJSON failed");
		cJSON_Delete(root);
		bench_keep(v);
	}
}
#endif

#ifdef HAVE_JANSSON
static void jansson_run(void *context, uint64_t count)
{
	struct view *v = context;
	const struct headway_snapshot *s = v->snapshot;

	while (count--) {
		json_t *root = json_object(), *messages = json_array();
		size_t length;

		json_object_set_new(root, "status", json_string("Running"));
		for (size_t i = 0; i < s->message_count; i++) {
			json_t *m = json_object();

			json_object_set_new(m, "key", json_string(s->messages[i].key));
			json_object_set_new(m, "value", json_string(s->messages[i].value));
			json_array_append_new(messages, m);
		}
		json_object_set_new(root, "messages", messages);
		json_object_set_new(root, "url", json_string(s->url));
		length = json_dumpb(root, v->text, sizeof v->text - 1, JSON_COMPACT);
		v->text[length] = '\0';
		json_decref(root);
		bench_keep(v);
	}
}
#endif

static void go_run(void *context, uint64_t ns, struct bench_slice *slice)
{
	go_slice(context, "encode", ns, slice);
}

static void go_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	size_t length = strlen(go_show(context));

	(void)ops;
	if (length != SAMPLE_JSON_BYTES)
		bench_fail("the Go program's view has %zu bytes", length);
}

/* ---- cases ----------------------------------------------------------------------------------- */

static struct headway_snapshot *snapshot_make(struct headway_arena *arena)
{
	struct headway_record *record = sample_record(arena, 0);
	struct headway_snapshot *s = NULL;
	struct headway_id id;

	headway_get_id(record, &id);
	bench_must(headway_read(arena, &id, &s), "headway_read");
	headway_release(record);
	return s;
}

static struct view *view_make(struct headway_arena *arena)
{
	struct view *v = calloc(1, sizeof *v);

	if (!v)
		bench_fail("out of memory");
	v->snapshot = snapshot_make(arena);
	return v;
}

static void one_view(struct headway_arena *arena)
{
	struct bench_side sides[BENCH_SIDES] = {{.name = "headway_json",
						 .argument = view_make(arena),
						 .run = headway_run,
						 .check = view_check}};
	struct bench_target targets[BENCH_SIDES];
	struct bench_result r[BENCH_SIDES];
	struct go_program *go = go_program();
	unsigned count = 1;

	if (go) {
		targets[count] = FASTER_AT_LEAST(10);
		sides[count++] = (struct bench_side){.name = "Go,_encoding/json",
						     .argument = go,
						     .slice = go_run,
						     .check = go_check};
	}
#ifdef HAVE_CJSON
	targets[count] = FASTER_AT_LEAST(15);
	sides[count++] = (struct bench_side){.name = "cJSON",
					     .argument = view_make(arena),
					     .run = cjson_run,
					     .check = view_check};
#else
	peer_skip("cJSON", "built without libcjson-dev");
#endif
#ifdef HAVE_JANSSON
	targets[count] = NO_TARGET;
	sides[count++] = (struct bench_side){.name = "jansson",
					     .argument = view_make(arena),
					     .run = jansson_run,
					     .check = view_check};
#else
	peer_skip("jansson", "built without libjansson-dev");
#endif
	if (!bench_compare("8 status view", sides, count, r))
		return;
	bench_say_alone("8", "status_view", &r[0], VALUE_AT_MOST(70));
	for (unsigned i = 1; i < count; i++)
		bench_say_pair("8", "status_view", &r[0], sides[i].name, &r[i], targets[i]);
}

/* A list: the status views of a thousand records, concatenated. */
struct list {
	struct headway_snapshot *snapshots[LIST];
	char text[LIST * TEXT / 8];
	size_t length;
};

static void list_run(void *context, uint64_t count)
{
	struct list *l = context;

	while (count--) {
		l->length = 0;
		for (unsigned i = 0; i < LIST; i++)
			l->length += (size_t)headway_json(l->snapshots[i], l->text + l->length,
							  sizeof l->text - l->length);
		bench_keep(l);
	}
}

static void list_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const struct list *l = context;

	(void)ops;
	if (l->length != (size_t)LIST * SAMPLE_JSON_BYTES || strlen(l->text) != l->length)
		bench_fail("the list has %zu bytes", l->length);
}

static void list(struct headway_arena *arena)
{
	static struct list l;
	struct bench_side side = {
		.name = "list", .argument = &l, .run = list_run, .check = list_check};
	struct bench_result r;
	struct bench_figure ns;
	struct bench_line line = {
		.number = "8", .what = "list_of_1000", .unit = "GB/s", .target = VALUE_AT_LEAST(4)};

	for (unsigned i = 0; i < LIST; i++)
		l.snapshots[i] = snapshot_make(arena);
	if (!bench_compare("8 list", &side, 1, &r))
		return;
	ns = bench_figure(&r);
	line.value = (struct bench_figure){(double)l.length / ns.median, (double)l.length / ns.high,
					   (double)l.length / ns.low};
	bench_say(&line);
}

int main(void)
{
	struct headway_arena *arena = sample_arena("json", 0);

	one_view(arena);
	list(arena);
	headway_close(arena);
	return 0;
}
