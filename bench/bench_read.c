/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cost of headway_read, compared with the floor (a copy of as many bytes) and with a mutex.
 *
 * A snapshot that is read into again keeps its copy while the record's version is unchanged. So
 * there are two figures: a record that changed since the last read (the usual case, which has the
 * target), and one that did not. For the first figure each update is followed by a read into each
 * of a few snapshots; the time of the updates alone, measured in the same round, is subtracted.
 */
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <stdlib.h>
#include <string.h>

enum { SNAPSHOTS = 8 };

struct reader {
	struct sample_writer *writer;
	struct headway_arena *arena; /* read-only */
	struct headway_snapshot *snapshots[SNAPSHOTS];
};

static void *join(void *argument, unsigned worker)
{
	struct headway_options options = {.size = sizeof options, .flags = HEADWAY_READ_ONLY};
	struct reader *r = argument;

	(void)worker;
	bench_must(headway_open(r->writer->path, &options, &r->arena), "headway_open");
	return r;
}

static inline void read_into(struct reader *r, unsigned i)
{
	bench_must(headway_read(r->arena, &r->writer->id, &r->snapshots[i]), "headway_read");
	bench_keep(r->snapshots[i]);
}

static void changed_run(void *context, uint64_t count)
{
	struct reader *r = context;

	while (count--) {
		sample_writer_run(r->writer, 1);
		for (unsigned i = 0; i < SNAPSHOTS; i++)
			read_into(r, i);
	}
}

static void unchanged_run(void *context, uint64_t count)
{
	while (count--)
		read_into(context, 0);
}

/* The snapshot holds the record as it is after ops updates. */
static void verify(const struct headway_snapshot *s, uint64_t ops)
{
	if (s->message_count != SAMPLE_KEYS || s->status != HEADWAY_RUNNING || s->stale ||
	    s->version != 2 + ops)
		bench_fail("what was read is not the record: %zu messages, version %llu, not %llu",
			   s->message_count, (unsigned long long)s->version,
			   (unsigned long long)(2 + ops));
	for (unsigned i = 0; i < SAMPLE_KEYS; i++)
		if (strcmp(s->messages[i].key, sample_updates[i].key) != 0 ||
		    strcmp(s->messages[i].value, sample_value(i, ops)) != 0)
			bench_fail("what was read is not the record: %s", s->messages[i].value);
}

static void changed_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	for (unsigned i = 0; i < SNAPSHOTS; i++)
		verify(((struct reader *)context)->snapshots[i], ops[0]);
}

static void unchanged_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	(void)ops;
	verify(((struct reader *)context)->snapshots[0], 0);
}

/* ---- the floor: head and entries, one line of counters --------------------------------------- */

enum { HEAD = 64, ENTRIES = 264, COUNTERS = 64 };

struct floor {
	char from[512], counters[64], to[512];
};

static void floor_run(void *context, uint64_t count)
{
	struct floor *f = context;

	while (count--) {
		bench_copy(f->to, f->from, HEAD + ENTRIES);
		bench_keep(f);
		bench_copy(f->to + HEAD + ENTRIES, f->counters, COUNTERS);
		bench_keep(f);
	}
}

/* ---- cases ----------------------------------------------------------------------------------- */

/* ns a read: (time of a round with reads - time of one without) / reads. */
static struct bench_result difference(const struct bench_result *with,
				      const struct bench_result *without)
{
	struct bench_result r = {.rounds = with->rounds,
				 .disturbed = with->disturbed + without->disturbed};

	for (unsigned i = 0; i < r.rounds; i++)
		r.ns[i] = (with->ns[i] - without->ns[i]) / SNAPSHOTS;
	return r;
}

int main(void)
{
	static struct reader changed, unchanged;
	static struct floor floor;
	struct bench_side sides[] = {
		{.name = "changed",
		 .argument = &changed,
		 .join = join,
		 .run = changed_run,
		 .check = changed_check},
		{.name = "update",
		 .argument = sample_writer_make("update-alone", 0),
		 .run = sample_writer_run,
		 .check = sample_writer_check},
		{.name = "unchanged",
		 .argument = &unchanged,
		 .join = join,
		 .run = unchanged_run,
		 .check = unchanged_check},
		{.name = "memcpy", .argument = &floor, .run = floor_run},
		{.name = "robust-mutex",
		 .argument = mutex_record_make(),
		 .join = mutex_writer_join,
		 .run = mutex_reader_run,
		 .check = mutex_reader_check},
	};
	struct bench_result r[5], fresh;

	changed.writer = sample_writer_make("changed", 0);
	unchanged.writer = sample_writer_make("unchanged", 0);
	if (!bench_compare("7 read", sides, 5, r))
		return 0;
	fresh = difference(&r[0], &r[1]);
	bench_say_alone("7", "read,_record_changed_since", &fresh, VALUE_AT_MOST(45));
	bench_say_pair("7", "read,_record_changed_since", &fresh, "memcpy_of_as_much", &r[3],
		       NO_TARGET);
	bench_say_pair("7", "read,_record_changed_since", &fresh, "robust_mutex", &r[4],
		       RATIO_AT_MOST(1.5));
	bench_say_pair("7", "read,_record_unchanged", &r[2], "robust_mutex", &r[4],
		       RATIO_AT_MOST(0.8));
	return 0;
}
