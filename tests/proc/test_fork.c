/* SPDX-License-Identifier: BSD-3-Clause */
/* Handles inherited across fork(): the child becomes a member of its own, the parent stays the
 * owner, and neither can change what belongs to the other. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <pthread.h>
#include <sys/prctl.h>

static struct shared {
	struct headway_id id;
	pid_t pid;
	volatile int ready;
} * shared;

static const char *name;
static struct headway_arena *arena;
static struct headway_record *record;
static struct headway_id id;

static void set_up(const struct headway_options *opt)
{
	name = new_name();
	memset(shared, 0, sizeof(*shared));
	arena = opt ? open_arena(name, opt) : open_small(name);
	record = start_record(arena, "parent's", &id);
}

/* Checks that the parent's record is unchanged; then ends it and checks the whole arena. */
static void expect_untouched_and_tear_down(void)
{
	struct headway_arena *reader;

	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	CHECK_INT(status_of(arena, &id), HEADWAY_RUNNING);
	CHECK_INT(headway_message(record, "parent", "goes on"), 0);
	CHECK_INT(headway_add(record, 100), 0);
	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(status_of(arena, &id), HEADWAY_FINISHED);
	headway_release(record);
	headway_close(arena);
	reader = open_read_only(name);
	check_whole(reader, 1);
	headway_close(reader);
	CHECK_INT(headway_unlink(name), 0);
}

static void use_and_hang(void)
{
	CHECK_INT(headway_message(record, "child", "1"), 0);
	CHECK_INT(headway_add(record, 7), 0);
	start_record(arena, "child's", &shared->id);
	shared->pid = getpid();
	shared->ready = check_failures ? -1 : 1;
	for (;;)
		(void)pause();
}

static void expect_used(void)
{
	struct headway_snapshot *snapshot = read_record(arena, &id);
	char text[96];

	CHECK_INT(shared->ready, 1);
	CHECK_TEXT(value_of(snapshot, "child"), "1");
	CHECK_INT(snapshot->done, 7);
	CHECK_INT(snapshot->owner_pid, getpid());
	CHECK_INT(status_of(arena, &shared->id), HEADWAY_RUNNING);
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	CHECK_INT(status_of(arena, &shared->id), HEADWAY_RUNNING);
	kill_child(shared->pid);
	CHECK_INT(headway_wait(arena, &shared->id, 3000), HEADWAY_ERROR);
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	NEED_INT(headway_read(arena, &shared->id, &snapshot), 0);
	(void)snprintf(text, sizeof(text), "owner died (pid %d, test_fork)", (int)shared->pid);
	CHECK_TEXT(value_of(snapshot, "Error"), text);
	CHECK_INT(snapshot->owner_pid, shared->pid);
	headway_snapshot_free(snapshot);
}

static void child_uses_them_and_is_killed(void)
{
	set_up(NULL);
	if (!fork_child())
		use_and_hang();
	while (!shared->ready)
		sleep_ms(2);
	expect_used();
	expect_untouched_and_tear_down();
}

static void grandchild_uses_them_and_is_killed(void)
{
	pid_t pid;

	set_up(NULL);
	pid = fork_child();
	if (!pid) {
		pid = fork_child();
		if (!pid)
			use_and_hang();
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	while (!shared->ready)
		sleep_ms(2);
	expect_used();
	expect_untouched_and_tear_down();
}

/* Parent, child and grandchild each use the handle before they fork. */
static void every_generation_uses_them(void)
{
	struct headway_snapshot *snapshot;
	pid_t pid;
	int depth;

	set_up(NULL);
	for (depth = 0; depth < 4; depth++) {
		CHECK_INT(headway_add(record, 1), 0);
		CHECK_INT(headway_message(record, (char[]){(char)('a' + depth), 0}, "x"), 0);
		pid = fork_child();
		if (pid)
			break;
	}
	if (depth < 4)
		CHECK_INT(wait_child(pid), 0);
	CHECK_INT(headway_message(record, (char[]){(char)('z' - depth), 0}, "x"), 0);
	if (depth)
		end_child();
	snapshot = read_record(arena, &id);
	CHECK_INT(snapshot->done, 4);
	CHECK_INT(snapshot->message_count, 9);
	CHECK_INT(snapshot->version, 10);
	headway_snapshot_free(snapshot);
	expect_untouched_and_tear_down();
}

static void child_releases_and_closes(void)
{
	struct headway_id own;
	pid_t pid;

	set_up(NULL);
	pid = fork_child();
	if (!pid) { /* before the first use of the handles */
		headway_release(record);
		headway_close(arena);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	CHECK_INT(status_of(arena, &id), HEADWAY_RUNNING);
	pid = fork_child();
	if (!pid) { /* after their first use */
		CHECK_INT(headway_message(record, "child", "2"), 0);
		headway_release(start_record(arena, "child's", &own));
		headway_release(record);
		headway_close(arena);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	expect_untouched_and_tear_down();
}

static void child_exits_through_exit(void)
{
	pid_t pid;

	set_up(NULL);
	(void)fflush(stdout);
	pid = fork_child();
	if (!pid) {
		CHECK_INT(headway_message(record, "child", "3"), 0);
		_exit(check_failures != 0);
	}
	CHECK_INT(wait_child(pid), 0);
	expect_untouched_and_tear_down();
}

static void child_ends_the_record_of_its_parent(void)
{
	pid_t pid;

	set_up(NULL);
	pid = fork_child();
	if (!pid) {
		CHECK_INT(headway_finish_with_results(record, "1", 1), 0);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	CHECK_INT(status_of(arena, &id), HEADWAY_FINISHED);
	CHECK_INT(headway_message(record, "k", "v"), -EALREADY);
	CHECK_INT(headway_add(record, 1), -EALREADY);
	headway_release(record);
	headway_close(arena);
}

static void child_finds_the_handle_of_a_closed_arena_stale(void)
{
	pid_t pid;

	set_up(NULL);
	headway_close(arena);
	pid = fork_child();
	if (!pid) {
		CHECK_INT(headway_message(record, "k", "v"), -ESTALE);
		CHECK_INT(headway_add(record, 1), -ESTALE);
		CHECK_INT(headway_status(record), -ESTALE);
		headway_release(record);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	headway_release(record);
}

static void child_without_a_place_is_told(void)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 8, .members = 1};
	struct headway_record *other = NULL;
	pid_t pid;

	set_up(&opt);
	pid = fork_child();
	if (!pid) {
		CHECK_INT(headway_message(record, "k", "v"), -EUSERS);
		CHECK_INT(headway_add(record, 1), -EUSERS);
		CHECK_INT(headway_start(arena, NULL, &other), -EUSERS);
		/* reading needs no member index */
		CHECK_INT(status_of(arena, &id), HEADWAY_RUNNING);
		end_child();
	}
	CHECK_INT(wait_child(pid), 0);
	expect_untouched_and_tear_down();
}

static void child_reads_with_an_inherited_read_only_handle(void)
{
	struct headway_arena *reader;
	pid_t pid;

	set_up(NULL);
	reader = open_read_only(name);
	pid = fork_child();
	if (!pid) {
		CHECK_INT(status_of(reader, &id), HEADWAY_RUNNING);
		shared->ready = 1;
		CHECK_INT(headway_wait(reader, &id, 5000), HEADWAY_FINISHED);
		headway_close(reader);
		end_child();
	}
	headway_close(reader);
	while (!shared->ready)
		sleep_ms(2);
	CHECK_INT(headway_finish(record), 0);
	CHECK_INT(wait_child(pid), 0);
	headway_release(record);
	headway_close(arena);
}

static volatile int stop;
static uint64_t updates[2];

static void *update_until_stopped(void *count)
{
	while (!stop && !headway_message(record, "thread", "x") && !headway_add(record, 1))
		++*(uint64_t *)count;
	return NULL;
}

/* The process forks while other threads are inside calls: the child does not inherit their
 * locks. */
static void forks_while_threads_update(void)
{
	pthread_t threads[2];
	struct headway_snapshot *snapshot;
	uint64_t sum = 0, by_children = 0;

	set_up(NULL);
	stop = 0;
	for (unsigned i = 0; i < 2; i++)
		NEED_INT(pthread_create(&threads[i], NULL, update_until_stopped, &updates[i]), 0);
	for (unsigned i = 0; i < 15; i++, by_children++) {
		pid_t pid = fork_child();

		if (!pid) {
			(void)alarm(10);
			CHECK_INT(headway_message(record, "fork", "x"), 0);
			CHECK_INT(headway_add(record, 1), 0);
			headway_release(start_record(arena, "child's", NULL));
			end_child();
		}
		CHECK_INT(wait_child(pid), 0);
		CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	}
	stop = 1;
	for (unsigned i = 0; i < 2; i++, sum += updates[i - 1])
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	snapshot = read_record(arena, &id);
	CHECK_INT(snapshot->done, sum + by_children);
	CHECK_INT(snapshot->version, 1 + sum + by_children);
	headway_snapshot_free(snapshot);
	expect_untouched_and_tear_down();
}

int main(void)
{
	check_begin(90);
	shared = shared_memory(sizeof(*shared));
	NEED_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	RUN(child_uses_them_and_is_killed);
	RUN(grandchild_uses_them_and_is_killed);
	RUN(every_generation_uses_them);
	RUN(child_releases_and_closes);
	RUN(child_exits_through_exit);
	RUN(child_ends_the_record_of_its_parent);
	RUN(child_finds_the_handle_of_a_closed_arena_stale);
	RUN(child_without_a_place_is_told);
	RUN(child_reads_with_an_inherited_read_only_handle);
	RUN(forks_while_threads_update);
	return check_end();
}
