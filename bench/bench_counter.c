/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of headway_add and headway_set, compared with a bare locked add. */
#include "harness.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* ---- the floor: a locked add on memory that is shared ---------------------------------------- */

static void xadd_run(void *context, uint64_t count)
{
	uint64_t *word = context;

	while (count--)
		__atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
}

static void xadd_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	if (*(uint64_t *)context != ops[0] + ops[1])
		bench_fail("the floor's counter is wrong");
}

static uint64_t *shared_line(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		bench_fail("mmap failed");
	return page;
}

/* ---- Headway --------------------------------------------------------------------------------- */

static void add_run(void *context, uint64_t count)
{
	struct headway_record *record = ((struct sample_writer *)context)->record;
	int error = 0;

	while (count--)
		error |= headway_add(record, 1);
	bench_must(error ? -1 : 0, "headway_add");
}

static uint64_t done_of(const struct sample_writer *w)
{
	struct headway_snapshot *s = NULL;
	uint64_t done;

	bench_must(headway_read(w->arena, &w->id, &s), "headway_read");
	done = s->done;
	headway_snapshot_free(s);
	return done;
}

static void add_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	uint64_t done = done_of(context), total = ops[0] + ops[1];

	if (done != total)
		bench_fail("done is %llu after %llu adds", (unsigned long long)done,
			   (unsigned long long)total);
}

static uint64_t last_set;

static void set_run(void *context, uint64_t count)
{
	struct headway_record *record = ((struct sample_writer *)context)->record;
	int error = 0;

	while (count--) {
		error |= headway_set(record, ++last_set);
		bench_keep(record); /* the compiler must not merge the stores */
	}
	bench_must(error ? -1 : 0, "headway_set");
}

static void set_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	if (done_of(context) != ops[0] || last_set != ops[0])
		bench_fail("done is not what was set last");
}

/* ---- cases ----------------------------------------------------------------------------------- */

static void alone(void)
{
	struct bench_side sides[] = {
		{.name = "headway_add",
		 .argument = sample_writer_make("add", 0),
		 .run = add_run,
		 .check = add_check},
		{.name = "headway_set",
		 .argument = sample_writer_make("set", 0),
		 .run = set_run,
		 .check = set_check},
		{.name = "lock_xadd",
		 .argument = shared_line(),
		 .run = xadd_run,
		 .check = xadd_check},
	};
	struct bench_result r[3];

	if (!bench_compare("counters", sides, 3, r))
		return;
	bench_say_pair("1", "add", &r[0], "lock_xadd", &r[2], RATIO_AT_MOST(1.25));
	bench_say_pair("2", "set", &r[1], "lock_xadd", &r[2], RATIO_AT_MOST(0.3));
	bench_say_alone("2", "set", &r[1], VALUE_AT_MOST(1.5));
}

/* All workers add to the same record. */
static void together(void)
{
	struct bench_side sides[] = {
		{.name = "striped-one",
		 .argument = sample_writer_make("striped-one", HEADWAY_STRIPED),
		 .join = sample_writer_join,
		 .run = add_run,
		 .check = add_check},
		{.name = "striped-two",
		 .workers = 2,
		 .argument = sample_writer_make("striped-two", HEADWAY_STRIPED),
		 .join = sample_writer_join,
		 .run = add_run,
		 .check = add_check},
		{.name = "plain-two",
		 .workers = 2,
		 .argument = sample_writer_make("plain-two", 0),
		 .join = sample_writer_join,
		 .run = add_run,
		 .check = add_check},
		{.name = "lock-xadd-two",
		 .workers = 2,
		 .argument = shared_line(),
		 .run = xadd_run,
		 .check = xadd_check},
	};
	struct bench_result r[4];

	if (!bench_compare("13 contended counters", sides, 4, r))
		return;
	bench_say_pair("13", "striped_add,_two_processes", &r[1], "one_process", &r[0],
		       RATIO_AT_MOST(1.3));
	bench_say_pair("13", "plain_add,_two_processes", &r[2], "lock_xadd,_one_line", &r[3],
		       NO_TARGET);
	bench_say_pair("13", "striped_add,_two_processes", &r[1], "plain_add,_two_processes", &r[2],
		       NO_TARGET);
}

int main(void)
{
	alone();
	together();
	return 0;
}
