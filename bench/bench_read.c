/* SPDX-License-Identifier: BSD-3-Clause */
/* What does it cost to read the record?  Against the floor, a copy of as many bytes, and a mutex. */
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	struct sample_writer *writer;
	struct headway_arena *arena;
	struct headway_snapshot *snapshot;
};

static void *join(void *argument, unsigned worker)
{
	struct headway_options options = {.size = sizeof options, .flags = HEADWAY_READ_ONLY};
	struct reader *r = argument;

	(void)worker;
	bench_must(headway_open(r->writer->path, &options, &r->arena), "headway_open");
	return r;
}

static void run(void *context, uint64_t count)
{
	struct reader *r = context;

	while (count--) {
		bench_must(headway_read(r->arena, &r->writer->id, &r->snapshot), "headway_read");
		bench_keep(r->snapshot);
	}
}

static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const struct headway_snapshot *s = ((struct reader *)context)->snapshot;

	(void)ops;
	if (s->message_count != SAMPLE_KEYS || s->status != HEADWAY_RUNNING)
		bench_fail("what was read is not the record");
	for (unsigned i = 0; i < SAMPLE_KEYS; i++)
		if (strcmp(s->messages[i].key, sample_updates[i].key) != 0 ||
		    strcmp(s->messages[i].value, sample_value(i, 0)) != 0)
			bench_fail("what was read is not the record: %s", s->messages[i].value);
}

/* ---- the floor: head and entries, one line of counters ---------------------------------------------------- */

enum { HEAD = 64, ENTRIES = 264, COUNTERS = 64 };

struct floor {
	char from[512], counters[64], to[512];
};

static void floor_run(void *context, uint64_t count)
{
	struct floor *f = context;

	while (count--) {
		memcpy(f->to, f->from, HEAD + ENTRIES);
		bench_keep(f);
		memcpy(f->to + HEAD + ENTRIES, f->counters, COUNTERS);
		bench_keep(f);
	}
}

int main(void)
{
	static struct reader reader;
	static struct floor floor;
	struct bench_side sides[] = {
		{.name = "headway_read",
		 .argument = &reader,
		 .join = join,
		 .run = run,
		 .check = check},
		{.name = "memcpy", .argument = &floor, .run = floor_run},
		{.name = "robust-mutex",
		 .argument = mutex_record_make(),
		 .join = mutex_writer_join,
		 .run = mutex_reader_run},
	};
	struct bench_result r[3];

	reader.writer = sample_writer_make("read", 0);
	if (!bench_compare("7 read", sides, 3, r))
		return 0;
	bench_say_alone("7", "read", &r[0], VALUE_AT_MOST(45));
	bench_say_pair("7", "read", &r[0], "memcpy-of-as-much", &r[1], NO_TARGET);
	bench_say_pair("7", "read", &r[0], "robust-mutex", &r[2], NO_TARGET);
	return 0;
}
