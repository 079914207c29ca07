/* SPDX-License-Identifier: BSD-3-Clause */
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUND(step, query, stage, commit, details)                                                 \
	{"Step", step}, {"Query", query}, {"Stage", stage}, {"Commit", commit},                    \
	{                                                                                          \
		"Details", details                                                                 \
	}

/* Like real messages: the length of a key's value changes a little from one update to the next. */
const struct headway_message sample_updates[SAMPLE_UPDATES] = {
	ROUND("3/7", "select id, size from parts where kind = 4", "3 of 7: sort the parts",
	      "9f1c20e7b35d", "1482 of 9000 rows merged, 12 wait for it; next: parts"),
	ROUND("4/7", "select id, size from parts where kind = 5", "4 of 7: merge the parts",
	      "b07d4e91aa62", "1903 of 9000 rows merged, none waits for a lock; next: ids"),
	ROUND("5/7", "select id, name from users where kind = 11", "5 of 7: look for doubles",
	      "04c8f3d2960b", "2750 of 9000 rows merged, 3 wait for a lock; next: users"),
	ROUND("6/7", "delete from parts where kind = 5", "6 of 7: write the index", "e3315c7f08d4",
	      "4017 of 9000 rows merged, 5 wait for a lock; next: index"),
	ROUND("7/7", "update users set seen = 1 where id = 77", "7 of 7: hand it over",
	      "5a9e0b64cd17", "8999 of 9000 rows merged, 1 waits for a lock; next: none"),
	ROUND("1/10", "select id, size from files where kind = 1", "1 of 10: find the files",
	      "c2f86d103e9a", "12 of 120000 rows read, 100 wait for a lock; next: files"),
	ROUND("9/10", "select id from files where size > 4096", "9 of 10: sort the files",
	      "716b9af5e204", "99000 of 120000 rows read, 7 wait for a lock; next: sort"),
	ROUND("10/10", "insert into parts select * from files", "10 of 10: keep them",
	      "d840e2579bc3", "120000 of 120000 rows read, none waits; next: start over"),
};

const char *sample_value(unsigned key, uint64_t ops)
{
	uint64_t last;

	if (ops <= key)
		return sample_updates[key].value; /* the first values are set at the start */
	last = ops - 1 - (ops - 1 - key) % SAMPLE_KEYS;
	return sample_updates[last % SAMPLE_UPDATES].value;
}

const char *sample_arena_path(const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", bench_dir(), name) < 0)
		bench_fail("out of memory");
	return path;
}

struct headway_arena *sample_arena(const char *name, uint32_t slots)
{
	struct headway_options options = {.size = sizeof options, .slots = slots};
	struct headway_arena *arena;

	bench_must(headway_open(sample_arena_path(name), &options, &arena), "headway_open");
	return arena;
}

static void json_verify(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;
	char json[1024];
	int length;

	bench_must(headway_read(arena, id, &snapshot), "headway_read");
	length = headway_json(snapshot, json, sizeof json);
	headway_snapshot_free(snapshot);
	if (length != SAMPLE_JSON_BYTES)
		bench_fail("the sample has %d bytes as JSON, not %d: %s", length, SAMPLE_JSON_BYTES,
			   json);
}

struct headway_record *sample_record(struct headway_arena *arena, unsigned flags)
{
	struct headway_spec spec = {.size = sizeof spec, .flags = flags};
	struct headway_record *record;
	struct headway_id id;

	bench_must(headway_start(arena, &spec, &record), "headway_start");
	bench_must(headway_update(record, sample_updates, SAMPLE_KEYS), "headway_update");
	headway_get_id(record, &id);
	json_verify(arena, &id);
	return record;
}

/* ---- a writer -------------------------------------------------------------------------------- */

struct sample_writer *sample_writer_make(const char *name, unsigned flags)
{
	struct sample_writer *w = calloc(1, sizeof *w);

	if (!w)
		bench_fail("out of memory");
	w->path = sample_arena_path(name);
	w->arena = sample_arena(name, 0);
	w->record = sample_record(w->arena, flags);
	headway_get_id(w->record, &w->id);
	w->first_version = 2; /* 1 is the start, 2 the first messages */
	return w;
}

struct sample_writer *sample_writer_beside(const struct sample_writer *writer)
{
	struct sample_writer *w = calloc(1, sizeof *w);

	if (!w)
		bench_fail("out of memory");
	w->path = writer->path;
	w->arena = writer->arena;
	w->record = sample_record(w->arena, 0);
	headway_get_id(w->record, &w->id);
	w->first_version = writer->first_version;
	return w;
}

void *sample_writer_join(void *argument, unsigned worker)
{
	struct sample_writer *w = argument;
	struct headway_options options = {.size = sizeof options, .flags = HEADWAY_EXISTING};

	if (worker) { /* worker 0 keeps its own handles */
		bench_must(headway_open(w->path, &options, &w->arena), "headway_open");
		bench_must(headway_resume(w->arena, &w->id, &w->record), "headway_resume");
	}
	return w;
}

void sample_writer_run(void *context, uint64_t count)
{
	struct sample_writer *w = context;

	while (count--) {
		const struct headway_message *m = sample_next(&w->next);
		int error = headway_message(w->record, m->key, m->value);

		if (error)
			bench_fail("headway_message: %s", headway_strerror(error));
	}
}

void sample_writer_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct sample_writer *w = context;
	struct headway_snapshot *s = NULL;
	uint64_t total = 0;

	for (unsigned i = 0; i < BENCH_WORKERS; i++)
		total += ops[i];
	bench_must(headway_read(w->arena, &w->id, &s), "headway_read");
	if (s->version != w->first_version + total)
		bench_fail("%llu updates made, version went from %llu to %llu",
			   (unsigned long long)total, (unsigned long long)w->first_version,
			   (unsigned long long)s->version);
	if (s->message_count != SAMPLE_KEYS)
		bench_fail("%zu messages, not %d", s->message_count, SAMPLE_KEYS);
	for (unsigned i = 0; i < SAMPLE_KEYS && total == ops[0]; i++)
		if (strcmp(s->messages[i].value, sample_value(i, total)) != 0)
			bench_fail("%s is \"%s\", not \"%s\"", s->messages[i].key,
				   s->messages[i].value, sample_value(i, total));
	headway_snapshot_free(s);
}
