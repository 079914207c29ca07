/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of the library in one process without fork. Runs natively, and under an emulator of another
 * machine, where the layout must be the same. */
#include "kit/check.h"

#include "arena/arena.h"

#include <pthread.h>

enum { THREADS = 4, ADDS = 2000, LONG = 30000 };

static char name[64], long_text[LONG + 1];

static struct headway_arena *opened(void)
{
	struct headway_options o = {.size = sizeof o,
				    .slots = 16,
				    .members = 4,
				    .bytes = 512 << 10,
				    .base_path = "/b/"};
	struct headway_arena *arena;

	if (headway_open(name, &o, &arena) != 0) {
		fprintf(stderr, "%s cannot be opened\n", name);
		exit(1);
	}
	return arena;
}

static void audit(struct headway_arena *arena)
{
	struct headway_fsck_report report = {.size = sizeof report};

	CHECK(headway_fsck(arena, &report) == 0);
	if (report.damaged || report.leaked)
		fprintf(stderr, "fsck: %s\n", report.first);
	CHECK(!report.damaged && !report.leaked);
}

static void life_of_a_record(struct headway_arena *arena)
{
	static const struct headway_message two[] = {{"Step", "2/2"}, {"more", "yes"}};
	struct headway_snapshot *s = NULL;
	struct headway_record *r;
	struct headway_id id;

	CHECK(headway_start(arena, NULL, &r) == 0 && headway_get_id(r, &id) == 0);
	CHECK(headway_message(r, "Step", "1/2") == 0);
	CHECK(headway_update(r, two, 2) == 0);
	CHECK(headway_message(r, "long", long_text) == 0);
	CHECK(headway_results(r, " [ 1, 2 ] ", 10) == 0);
	CHECK(headway_add(r, 5) == 0 && headway_set_total(r, 9) == 0);
	CHECK(headway_read(arena, &id, &s) == 0);
	CHECK(s->status == HEADWAY_RUNNING && s->version == 5 && s->done == 5 && s->total == 9);
	CHECK(s->message_count == 3 && !strcmp(s->messages[0].value, "2/2") &&
	      !strcmp(s->messages[2].value, long_text) && !strcmp(s->results, "[1,2]"));
	CHECK(s->owner_alive == 1 && s->owner_pid == (uint32_t)getpid());
	CHECK(headway_finish(r) == 0 && headway_message(r, "a", "b") == -EALREADY);
	CHECK(headway_read(arena, &id, &s) == 0 && s->status == HEADWAY_FINISHED && s->done == 5);
	headway_snapshot_free(s);
	headway_release(r);
	audit(arena);
	for (int i = 0; i < 40; i++) { /* later starts have to make room */
		CHECK(headway_start(arena, NULL, &r) == 0);
		CHECK(headway_results(r, "7", 1) == 0 && headway_error(r, "e") == 0);
		headway_release(r);
	}
	CHECK(headway_read(arena, &id, &s) == -ESTALE);
	audit(arena);
}

/* ---- many threads at one record -------------------------------------------------------------- */

static void *add(void *record)
{
	char key[24], value[24];

	snprintf(key, sizeof key, "%lx", (unsigned long)pthread_self() >> 8);
	for (int i = 0; i < ADDS; i++) {
		CHECK(headway_add(record, 1) == 0);
		snprintf(value, sizeof value, "%d", i);
		if (i % 8 == 0)
			CHECK(headway_message(record, key, value) == 0);
	}
	return NULL;
}

static void threads(struct headway_arena *arena, unsigned flags)
{
	struct headway_spec spec = {.size = sizeof spec, .flags = flags};
	struct headway_snapshot *s = NULL;
	struct headway_record *r;
	struct headway_id id;
	pthread_t thread[THREADS];

	CHECK(headway_start(arena, &spec, &r) == 0 && headway_get_id(r, &id) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&thread[i], NULL, add, r) == 0);
	for (uint64_t last = 0; last < 1 + THREADS * ADDS / 8; last = s->version) {
		CHECK(headway_read(arena, &id, &s) == 0);
		if (!s || s->version < last)
			break;
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	CHECK(headway_read(arena, &id, &s) == 0);
	CHECK(s->done == THREADS * ADDS && s->version == 1 + THREADS * ADDS / 8 &&
	      s->message_count == THREADS);
	CHECK(headway_finish(r) == 0);
	headway_snapshot_free(s);
	headway_release(r);
	audit(arena);
}

/* ---- text: sixteen bytes at a time as one by one --------------------------------------------- */

static void escapes(struct headway_arena *arena)
{
	static const struct {
		const char *raw, *json;
	} odd[] = {
		{"\"", "\\\""},      {"<", "\\u003c"},         {"&", "\\u0026"},
		{"\n", "\\n"},       {"\x01", "\\u0001"},      {"\x7f", "\x7f"},
		{"\xff", "\\ufffd"}, {"\xc3\xa9", "\xc3\xa9"}, {"\\", "\\\\"},
	};
	struct headway_snapshot *s = NULL;
	struct headway_record *r;
	struct headway_id id;

	CHECK(headway_start(arena, NULL, &r) == 0 && headway_get_id(r, &id) == 0);
	for (int at = 0; at < 40; at++) {
		for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
			char raw[64], want[160], json[512];

			snprintf(raw, sizeof raw, "%.*s%s%.*s", at, long_text, odd[k].raw, 40 - at,
				 long_text);
			snprintf(want, sizeof want, "{\"key\":\"k\",\"value\":\"%.*s%s%.*s\"}", at,
				 long_text, odd[k].json, 40 - at, long_text);
			CHECK(headway_message(r, "k", raw) == 0 &&
			      headway_read(arena, &id, &s) == 0);
			CHECK(headway_json(s, json, sizeof json) > 0 && strstr(json, want));
		}
	}
	CHECK(headway_finish(r) == 0);
	headway_snapshot_free(s);
	headway_release(r);
}

int main(void)
{
	struct headway_arena *arena;

	snprintf(name, sizeof name, "/headway-function-%d", (int)getpid());
	memset(long_text, 'x', LONG);
	alarm(100);
	arena = opened();
	life_of_a_record(arena);
	threads(arena, 0);
	threads(arena, HEADWAY_STRIPED);
	escapes(arena);
	headway_close(arena);
	CHECK(headway_unlink(name) == 0);
	printf("layout %016llx\n", (unsigned long long)hw__layout_fingerprint());
	return check_end();
}
