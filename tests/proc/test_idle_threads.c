/* SPDX-License-Identifier: BSD-3-Clause */
/* Idle threads do not reduce what others can use: however many blocks they keep between calls, in
 * any process, every slot can be used, records can be changed and ended, and nothing is evicted. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <pthread.h>

enum { THREADS = 1076, STACK = 64 << 10 };

static const char *name;
static struct headway_record *record;
static pthread_barrier_t came, leave;
static volatile int failed;

static void *idle(void *argument)
{
	(void)argument;
	for (int i = 0; i < 6; i++)
		if (headway_message(record, "k", i % 2 ? "odd" : "even") != 0)
			failed = 1;
	(void)pthread_barrier_wait(&came);
	(void)pthread_barrier_wait(&leave);
	return NULL;
}

/* Starts count threads that make some calls and then stay idle. */
static void threads_start(pthread_t *threads, unsigned count)
{
	pthread_attr_t small;

	failed = 0;
	NEED_INT(pthread_attr_init(&small), 0);
	NEED_INT(pthread_attr_setstacksize(&small, STACK), 0);
	NEED_INT(pthread_barrier_init(&came, NULL, count + 1), 0);
	NEED_INT(pthread_barrier_init(&leave, NULL, count + 1), 0);
	for (unsigned i = 0; i < count; i++)
		NEED_INT(pthread_create(&threads[i], &small, idle, NULL), 0);
	(void)pthread_barrier_wait(&came);
	CHECK_INT(failed, 0);
}

static void threads_end(pthread_t *threads, unsigned count)
{
	(void)pthread_barrier_wait(&leave);
	for (unsigned i = 0; i < count; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
}

static struct headway_info info_of(struct headway_arena *arena)
{
	struct headway_info info = {.size = sizeof(info)};

	CHECK_INT(headway_info(arena, &info), 0);
	return info;
}

/* Checks that every slot can be used, and every record changed and ended. */
static void expect_room(struct headway_arena *arena)
{
	struct headway_info before = info_of(arena);
	uint32_t count = before.slots - before.slots_used;
	struct headway_record **records = calloc(count, sizeof(*records)), *out = NULL;

	NEED(records);
	CHECK(before.blocks_free > count);
	for (uint32_t i = 0; i < count; i++)
		NEED_INT(headway_start(arena, NULL, &records[i]), 0);
	CHECK_INT(headway_start(arena, NULL, &out), -ENOSPC);
	for (uint32_t i = 0; i < count; i++) {
		CHECK_INT(headway_message(records[i], "k", "v"), 0);
		CHECK_INT(i % 2 ? headway_finish(records[i]) : headway_error(records[i], "e"), 0);
	}
	CHECK_INT(info_of(arena).evicted, before.evicted);
	for (uint32_t i = 0; i < count; i++)
		headway_release(records[i]);
	free(records);
}

static void of_this_process(void)
{
	static pthread_t threads[THREADS];
	struct headway_arena *arena = open_arena(name = new_name(), NULL);
	pid_t pid;

	record = start_record(arena, "all change it", NULL);
	threads_start(threads, THREADS);
	pid = fork_child();
	if (!pid) { /* another process, whose threads keep no blocks yet */
		struct headway_arena *own = open_arena(name, NULL);
		struct headway_id id;
		struct headway_record *other = start_record(own, "another's", &id);

		CHECK_INT(headway_message(other, "k", "v"), 0);
		CHECK_INT(headway_message(record, "k", "a child's"), 0);
		CHECK_INT(headway_finish(other), 0);
		headway_release(other);
		CHECK_INT(headway_remove(own, &id), 0);
		headway_close(own);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	expect_room(arena);
	CHECK_INT(headway_finish(record), 0);
	threads_end(threads, THREADS);
	headway_release(record);
	headway_close(arena);
	arena = open_read_only(name);
	check_whole(arena, 1);
	headway_close(arena);
}

/* The same number of threads, in eight processes. */
static void of_other_processes(void)
{
	enum { PROCESSES = 8, EACH = THREADS / PROCESSES };
	static pthread_t threads[EACH];
	struct headway_arena *arena = open_arena(name = new_name(), NULL);
	volatile int *ready = shared_memory(sizeof(int) * PROCESSES);
	pid_t pids[PROCESSES];

	for (int p = 0; p < PROCESSES; p++) {
		pids[p] = fork_child();
		if (!pids[p]) {
			struct headway_arena *own = open_arena(name, NULL);

			record = start_record(own, "a child's", NULL);
			threads_start(threads, EACH);
			ready[p] = failed ? -1 : 1;
			for (;;)
				(void)pause();
		}
	}
	for (int p = 0; p < PROCESSES; p++) {
		while (!ready[p] && waitpid(pids[p], NULL, WNOHANG) == 0)
			sleep_ms(2);
		CHECK_INT(ready[p], 1);
	}
	expect_room(arena);
	for (int p = 0; p < PROCESSES; p++)
		kill_child(pids[p]);
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	headway_close(arena);
	arena = open_read_only(name);
	check_whole(arena, 1);
	CHECK(info_of(arena).blocks_free >= info_of(arena).blocks - info_of(arena).slots);
	headway_close(arena);
	(void)munmap((void *)(uintptr_t)ready, sizeof(int) * PROCESSES);
}

static void *busy(void *argument)
{
	for (int i = 0; i < 300; i++)
		if (headway_message(argument, "k", i % 2 ? "odd" : "even") != 0)
			failed = 1;
	return NULL;
}

/* All slots are in use, and more threads update records than there are spare blocks. */
static void busy_ones_share_what_there_is(void)
{
	enum { SLOTS = 8, CROWD = 32 };
	struct headway_options opt = {.size = sizeof(opt), .slots = SLOTS, .members = 2};
	struct headway_arena *arena = open_arena(name = new_name(), &opt);
	struct headway_record *records[SLOTS];
	pthread_t threads[CROWD];

	failed = 0;
	for (int i = 0; i < SLOTS; i++)
		records[i] = start_record(arena, "all change it", NULL);
	for (int i = 0; i < CROWD; i++)
		NEED_INT(pthread_create(&threads[i], NULL, busy, records[i % SLOTS]), 0);
	for (int i = 0; i < CROWD; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	CHECK_INT(failed, 0);
	for (int i = 0; i < SLOTS; i++) {
		CHECK_INT(headway_finish(records[i]), 0);
		headway_release(records[i]);
	}
	headway_close(arena);
	arena = open_read_only(name);
	check_whole(arena, 1);
	headway_close(arena);
}

int main(void)
{
	check_begin(120);
	RUN(of_this_process);
	RUN(of_other_processes);
	RUN(busy_ones_share_what_there_is);
	return check_end();
}
