/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How often does a reader have to try again while a writer does not pause?
 *
 * The library does not tell, and need not.  This program is linked with --wrap=hw__version_copy, which is
 * called once a try, so that the tries can be counted in the reader's process.
 */
#include "harness.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>

struct hw__attachment;
struct hw__buffer;
struct hw__version;

int __real_hw__version_copy(const struct hw__attachment *attachment, uint64_t ref,
			    struct hw__buffer *buffer, bool with_results,
			    struct hw__version *version);
int __wrap_hw__version_copy(const struct hw__attachment *attachment, uint64_t ref,
			    struct hw__buffer *buffer, bool with_results,
			    struct hw__version *version);

static uint64_t tries;

int __wrap_hw__version_copy(const struct hw__attachment *attachment, uint64_t ref,
			    struct hw__buffer *buffer, bool with_results,
			    struct hw__version *version)
{
	tries++;
	return __real_hw__version_copy(attachment, ref, buffer, with_results, version);
}

/* Worker 0 reads, worker 1 writes. */
struct role {
	struct sample_writer *writer;
	struct headway_arena *arena; /* the reader's */
	struct headway_snapshot *snapshot;
};

static uint64_t reads, tries_seen;

static void *join(void *argument, unsigned worker)
{
	struct headway_options options = {.size = sizeof options, .flags = HEADWAY_READ_ONLY};
	struct role *r = calloc(1, sizeof *r);

	if (!r)
		bench_fail("out of memory");
	r->writer = argument;
	if (worker)
		sample_writer_join(argument, worker);
	else
		bench_must(headway_open(r->writer->path, &options, &r->arena), "headway_open");
	tries = 0;
	return r;
}

static void run(void *context, uint64_t count)
{
	struct role *r = context;

	if (!r->arena) {
		sample_writer_run(r->writer, count);
		return;
	}
	while (count--)
		bench_must(headway_read(r->arena, &r->writer->id, &r->snapshot), "headway_read");
}

static void check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const struct headway_snapshot *s = ((struct role *)context)->snapshot;

	reads = ops[0];
	tries_seen = tries;
	if (s->version < 2 || s->message_count != SAMPLE_KEYS)
		bench_fail("what was read is not the record");
}

int main(void)
{
	struct bench_side side = {.name = "reader",
				  .workers = 2,
				  .argument = sample_writer_make("tries", 0),
				  .join = join,
				  .run = run,
				  .check = check};
	struct bench_result r;

	if (!bench_compare("5 tries", &side, 1, &r))
		return 0;
	if (tries_seen < reads)
		bench_fail("%llu reads, but %llu tries were counted", (unsigned long long)reads,
			   (unsigned long long)tries_seen);
	bench_say_alone("5", "read,while-one-writes", &r, NO_TARGET);
	bench_say_value("5", "tries-a-read,while-one-writes", "tries",
			(double)tries_seen / (double)reads, VALUE_AT_MOST(1.01));
	return 0;
}
