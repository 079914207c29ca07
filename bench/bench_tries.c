/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often a reader has to retry while a writer updates without pause.
 *
 * The library does not report retries. This program is linked with --wrap=hw__revision_copy, the
 * function that copies a revision: it is called once for each try, except where the reader already has
 * that revision, or copies one of the same shape at once, which is one try; if that copy is torn, the
 * function is called within the same try. Tries are therefore counted in the reader's process. Nothing is
 * timed here; bench_contended measures times, without counting.
 */
#include "harness.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>

struct hw__attachment;
struct hw__buffer;
struct hw__revision;

int __real_hw__revision_copy(const struct hw__attachment *attachment, uint64_t ref,
			     struct hw__buffer *buffer, bool with_results,
			     struct hw__revision *version);
int __wrap_hw__revision_copy(const struct hw__attachment *attachment, uint64_t ref,
			     struct hw__buffer *buffer, bool with_results,
			     struct hw__revision *version);

static uint64_t copies;

int __wrap_hw__revision_copy(const struct hw__attachment *attachment, uint64_t ref,
			     struct hw__buffer *buffer, bool with_results,
			     struct hw__revision *version)
{
	copies++;
	return __real_hw__revision_copy(attachment, ref, buffer, with_results, version);
}

struct reader {
	struct sample_writer *writer;
	struct headway_arena *arena;
	struct headway_snapshot *snapshot;
	uint64_t fresh;     /* reads that found another version than the read before */
	uint64_t tries;     /* tries that these reads took */
	uint64_t most;      /* most tries of one read */
	uint64_t unchanged; /* reads that copied nothing */
};

static void count_one(struct reader *r)
{
	uint64_t before = copies, version = r->snapshot ? r->snapshot->version : 0, took;

	bench_must(headway_read(r->arena, &r->writer->id, &r->snapshot), "headway_read");
	took = copies - before;
	if (r->snapshot->version < version || r->snapshot->stale)
		bench_fail("version %llu was read after %llu",
			   (unsigned long long)r->snapshot->version, (unsigned long long)version);
	if (!copies)
		bench_fail("no copy was counted: the library has another way to read, which "
			   "--wrap does not see");
	took += r->snapshot->version != version && !took;
	r->unchanged += took == 0;
	r->fresh += took != 0;
	r->tries += took;
	r->most = took > r->most ? took : r->most;
}

/* Worker 0 reads until it has seen enough new versions; worker 1 updates without pause. */
static struct reader reader;

static void *join(void *argument, unsigned worker)
{
	struct headway_options options = {.size = sizeof options, .flags = HEADWAY_READ_ONLY};

	reader.writer = argument;
	if (worker)
		return sample_writer_join(argument, worker);
	bench_must(headway_open(reader.writer->path, &options, &reader.arena), "headway_open");
	return &reader;
}

static void slice(void *context, uint64_t ns, struct bench_slice *out)
{
	uint64_t begin = bench_now_ns();

	out->ops = 0;
	do {
		if (context != &reader)
			sample_writer_run(context, 64);
		else
			count_one(&reader);
		out->ops += context != &reader ? 64 : 1;
		out->ns = bench_now_ns() - begin;
	} while (out->ns < ns);
	out->disturbed = bench_was_preempted();
}

static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const uint64_t writes[BENCH_WORKERS] = {ops[1]};

	if (context != &reader || reader.fresh + reader.unchanged != ops[0])
		bench_fail("%llu reads are not accounted for", (unsigned long long)ops[0]);
	sample_writer_check(reader.writer, writes);
}

int main(void)
{
	struct bench_side side = {.name = "reader",
				  .workers = 2,
				  .argument = sample_writer_make("tries", 0),
				  .join = join,
				  .slice = slice,
				  .check = check};
	struct bench_result r;

	if (!bench_compare("5 tries", &side, 1, &r))
		return 0;
	if (!reader.fresh)
		bench_fail("the reader saw no change in %llu reads",
			   (unsigned long long)reader.unchanged);
	printf("NOTE 5 %llu reads of a changed record took %llu tries, %llu at most; %llu found it "
	       "unchanged\n",
	       (unsigned long long)reader.fresh, (unsigned long long)reader.tries,
	       (unsigned long long)reader.most, (unsigned long long)reader.unchanged);
	bench_say_value("5", "tries_a_read_of_a_changed_record,_while_one_writes", "tries",
			(double)reader.tries / (double)reader.fresh, VALUE_AT_MOST(1.01));
	return 0;
}
