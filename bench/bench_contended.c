/* SPDX-License-Identifier: BSD-3-Clause */
/* Contention: two writers on one record; a writer and a reader of one record; two writers on two
 * records. Beside them what the processors ask for it, which changes with the way from one to the
 * other. */
#include "floors.h"
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* ---- a reader that never pauses -------------------------------------------------------------- */

struct reader_or_writer {
	struct sample_writer *writer;
	struct headway_arena *arena; /* read-only for the reader; NULL for the writer */
	struct headway_snapshot *snapshot;
	uint64_t version;
};

static struct reader_or_writer *role_make(struct sample_writer *writer, bool reads)
{
	struct headway_options options = {.size = sizeof options, .flags = HEADWAY_READ_ONLY};
	struct reader_or_writer *r = calloc(1, sizeof *r);

	if (!r)
		bench_fail("out of memory");
	r->writer = writer;
	if (reads)
		bench_must(headway_open(writer->path, &options, &r->arena), "headway_open");
	return r;
}

static void *writer_first_join(void *argument, unsigned worker)
{
	return role_make(argument, worker == 1);
}

static void *reader_first_join(void *argument, unsigned worker)
{
	return role_make(sample_writer_join(argument, worker), worker == 0);
}

/* Versions never decrease. -EAGAIN would mean that the bounded number of tries was not enough. */
static void read_run(struct reader_or_writer *r, uint64_t count)
{
	while (count--) {
		bench_must(headway_read(r->arena, &r->writer->id, &r->snapshot), "headway_read");
		if (r->snapshot->version < r->version || r->snapshot->stale)
			bench_fail("a reader saw version %llu after %llu",
				   (unsigned long long)r->snapshot->version,
				   (unsigned long long)r->version);
		r->version = r->snapshot->version;
	}
}

static void read_or_write_run(void *context, uint64_t count)
{
	struct reader_or_writer *r = context;

	if (r->arena)
		read_run(r, count);
	else
		sample_writer_run(r->writer, count);
}

/* No update is lost while another process reads without pause. */
static void writer_first_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const uint64_t writes[BENCH_WORKERS] = {ops[0]};

	sample_writer_check(((struct reader_or_writer *)context)->writer, writes);
}

static void reader_first_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const uint64_t writes[BENCH_WORKERS] = {ops[1]};

	sample_writer_check(((struct reader_or_writer *)context)->writer, writes);
}

/* ---- a record for each process --------------------------------------------------------------- */

/* Worker 1 starts a record of its own in the same arena. */
static void *own_record_join(void *argument, unsigned worker)
{
	struct sample_writer *w = sample_writer_join(argument, worker);

	if (worker) {
		headway_release(w->record);
		w->record = sample_record(w->arena, 0);
	}
	return w;
}

static void own_record_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const uint64_t writes[BENCH_WORKERS] = {ops[0]};

	sample_writer_check(context, writes);
}

struct lines {
	struct {
		uint64_t word;
		char rest[4096 - sizeof(uint64_t)];
	} of[BENCH_WORKERS];
};

static void *line_join(void *argument, unsigned worker)
{
	return &((struct lines *)argument)->of[worker].word;
}

static void line_run(void *context, uint64_t count)
{
	uint64_t *word = context;

	while (count--)
		__atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
}

static struct lines *lines_make(void)
{
	void *lines = mmap(NULL, sizeof(struct lines), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (lines == MAP_FAILED)
		bench_fail("mmap failed");
	return lines;
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void two_writers(void)
{
	struct bench_side sides[] = {
		{.name = "headway",
		 .workers = 2,
		 .measure = BENCH_TOTAL,
		 .argument = sample_writer_make("two-writers", 0),
		 .join = sample_writer_join,
		 .run = sample_writer_run,
		 .check = sample_writer_check},
		{.name = "robust_mutex",
		 .workers = 2,
		 .measure = BENCH_TOTAL,
		 .argument = mutex_record_make(),
		 .join = mutex_writer_join,
		 .run = mutex_writer_run,
		 .check = mutex_writer_check},
		floor_two_swap(),
		floor_line(),
	};
	static const char what[] = "message,_two_processes,_one_record";
	struct bench_result r[4];

	if (!bench_compare("4 two writers", sides, 4, r))
		return;
	bench_say_pair("4", what, &r[0], sides[1].name, &r[1], RATIO_AT_MOST(0.5));
	bench_say_pair("4", what, &r[0], sides[2].name, &r[2], NO_TARGET);
	bench_say_alone("4", sides[3].name, &r[3], NO_TARGET);
}

static void writer_and_reader(void)
{
	struct bench_side sides[] = {
		{.name = "headway",
		 .workers = 2,
		 .argument = sample_writer_make("writer-reader", 0),
		 .join = writer_first_join,
		 .run = read_or_write_run,
		 .check = writer_first_check},
		{.name = "robust_mutex",
		 .workers = 2,
		 .argument = mutex_record_make(),
		 .join = mutex_writer_join,
		 .run = mutex_write_beside_read_run,
		 .check = mutex_writer_check},
		{.name = "headway,read",
		 .workers = 2,
		 .argument = sample_writer_make("reader-writer", 0),
		 .join = reader_first_join,
		 .run = read_or_write_run,
		 .check = reader_first_check},
		{.name = "robust_mutex",
		 .workers = 2,
		 .argument = mutex_record_make(),
		 .join = mutex_writer_join,
		 .run = mutex_read_beside_write_run,
		 .check = mutex_read_beside_write_check},
		floor_swap_beside_copy(),
		floor_line(),
	};
	struct bench_result r[6];

	if (!bench_compare("5 writer and reader", sides, 6, r))
		return;
	bench_say_pair("5", "message,_while_one_reads", &r[0], sides[1].name, &r[1],
		       RATIO_AT_MOST(1));
	bench_say_pair("5", "message,_while_one_reads", &r[0], sides[4].name, &r[4], NO_TARGET);
	bench_say_pair("5", "read,_while_one_writes", &r[2], sides[3].name, &r[3], NO_TARGET);
	bench_say_alone("5", sides[5].name, &r[5], NO_TARGET);
}

static void two_records(void)
{
	struct bench_side sides[] = {
		{.name = "one",
		 .workers = 1,
		 .measure = BENCH_TOTAL,
		 .argument = sample_writer_make("one-process", 0),
		 .join = own_record_join,
		 .run = sample_writer_run,
		 .check = own_record_check},
		{.name = "two",
		 .workers = 2,
		 .measure = BENCH_TOTAL,
		 .argument = sample_writer_make("two-processes", 0),
		 .join = own_record_join,
		 .run = sample_writer_run,
		 .check = own_record_check},
		{.name = "floor-one",
		 .workers = 1,
		 .measure = BENCH_TOTAL,
		 .argument = lines_make(),
		 .join = line_join,
		 .run = line_run},
		{.name = "floor-two",
		 .workers = 2,
		 .measure = BENCH_TOTAL,
		 .argument = lines_make(),
		 .join = line_join,
		 .run = line_run},
	};
	struct bench_result r[4];

	if (!bench_compare("6 two records", sides, 4, r))
		return;
	bench_say_pair("6", "message,_two_processes,_two_records", &r[1], "one_process", &r[0],
		       FASTER_AT_LEAST(1.9));
	bench_say_pair("6", "the_floor:_lock_xadd,_two_lines", &r[3], "one_process", &r[2],
		       NO_TARGET);
}

int main(void)
{
	two_writers();
	writer_and_reader();
	two_records();
	return 0;
}
