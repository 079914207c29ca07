/* SPDX-License-Identifier: BSD-3-Clause */
/* Inline counters: sums of one thread, many threads and many processes; plain and striped. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <pthread.h>

enum { THREADS = 3, ADDS = 100000 };

static struct headway_arena *arena;
static struct headway_record *record;
static struct headway_id id;
static struct headway_snapshot *snapshot;

static void fresh(unsigned flags)
{
	static const char *const names[] = {"good", "bad", "c", "d", "e", "f", NULL};
	struct headway_spec spec = {
		.size = sizeof(spec), .flags = flags, .counters = names, .total = 40};

	headway_release(record);
	record = NULL;
	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
}

static void look(void)
{
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
}

static void expect(uint64_t done, uint64_t total, uint64_t good, uint64_t last)
{
	look();
	CHECK_INT(snapshot->done, done);
	CHECK_INT(snapshot->total, total);
	NEED_INT(snapshot->counter_count, 6);
	CHECK_INT(snapshot->counters[0], good);
	CHECK_INT(snapshot->counters[1], 0);
	CHECK_INT(snapshot->counters[5], last);
}

static void count(unsigned flags)
{
	fresh(flags);
	expect(0, 40, 0, 0);
	CHECK_INT(headway_add(record, 5), 0);
	CHECK_INT(headway_add(record, 0), 0);
	CHECK_INT(headway_add(record, 6), 0);
	CHECK_INT(headway_set_total(record, 100), 0);
	CHECK_INT(headway_counter_add(record, 0, 3), 0);
	CHECK_INT(headway_counter_add(record, 5, 1), 0);
	CHECK_INT(headway_counter_add(record, 5, UINT64_MAX), 0); /* modulo 2^64 */
	CHECK_INT(headway_counter_add(record, 6, 1), -EINVAL);
	CHECK_INT(headway_counter_add(record, UINT32_MAX - 1, 1), -EINVAL);
	CHECK_INT(headway_counter_add(record, UINT32_MAX, 1), -EINVAL);
	expect(11, 100, 3, 0);
	CHECK_INT(headway_set(record, 50), flags & HEADWAY_STRIPED ? -EINVAL : 0);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	expect(flags & HEADWAY_STRIPED ? 11 : 50, 100, 3, 0);
	CHECK_INT(headway_set_total(record, 0), 0);
	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(headway_counter_add(record, 0, 1), -EALREADY);
	CHECK_INT(headway_add(record, 1), -EALREADY);
	CHECK_INT(headway_set_total(record, 1), -EALREADY);
	expect(flags & HEADWAY_STRIPED ? 11 : 50, 0, 3, 0);
}

static void plain(void)
{
	count(0);
}

static void striped(void)
{
	count(HEADWAY_STRIPED);
}

static void no_counters(void)
{
	headway_release(record);
	record = start_record(arena, "none", &id);
	CHECK_INT(headway_counter_add(record, 0, 1), -EINVAL);
	look();
	CHECK_INT(snapshot->counter_count, 0);
	CHECK(snapshot->counter_names && !snapshot->counter_names[0]);
}

static void *add_many(void *handle)
{
	for (unsigned i = 0; i < ADDS; i++)
		if (headway_add(handle, 1) || headway_counter_add(handle, 0, 2))
			return handle;
	return NULL;
}

/* Threads share a handle or have one each; each process has its own. */
static void add_from_everywhere(unsigned flags)
{
	struct headway_record *handles[THREADS] = {NULL};
	pthread_t threads[THREADS];
	pid_t pids[2];
	void *failed;

	fresh(flags);
	for (unsigned i = 0; i < 2; i++) {
		pids[i] = fork_child();
		if (!pids[i]) {
			CHECK(!add_many(record));
			end_child();
		}
	}
	for (unsigned i = 0; i < THREADS; i++) {
		if (i)
			NEED_INT(headway_resume(arena, &id, &handles[i]), 0);
		NEED_INT(pthread_create(&threads[i], NULL, add_many, i ? handles[i] : record), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(threads[i], &failed), 0);
		CHECK(!failed);
		headway_release(handles[i]);
	}
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(wait_child(pids[i]), 0);
	expect((uint64_t)ADDS * (THREADS + 2), 40, (uint64_t)ADDS * (THREADS + 2) * 2, 0);
	CHECK_INT(headway_finish(record), 0);
	expect((uint64_t)ADDS * (THREADS + 2), 40, (uint64_t)ADDS * (THREADS + 2) * 2, 0);
}

static void plain_from_everywhere(void)
{
	add_from_everywhere(0);
}

static void striped_from_everywhere(void)
{
	add_from_everywhere(HEADWAY_STRIPED);
}

/* The next record reuses the stripes and starts at 0. */
static void stripes_start_at_zero(void)
{
	for (unsigned i = 0; i < 200; i++) {
		fresh(HEADWAY_STRIPED);
		expect(0, 40, 0, 0);
		CHECK_INT(headway_add(record, 1), 0);
		CHECK_INT(headway_counter_add(record, 5, 1), 0);
		expect(1, 40, 0, 1);
		CHECK_INT(headway_finish(record), 0);
	}
}

int main(void)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 64};
	const char *name;

	check_begin(60);
	name = new_name();
	arena = open_arena(name, &opt);
	RUN(plain);
	RUN(striped);
	RUN(no_counters);
	RUN(plain_from_everywhere);
	RUN(striped_from_everywhere);
	RUN(stripes_start_at_zero);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
	arena = open_read_only(name);
	check_whole(arena, 1);
	headway_close(arena);
	return check_end();
}
