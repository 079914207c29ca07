/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Detection of dead owners: a record whose owner is dead becomes Error, whatever the owner did with
 * its descriptors, children and threads before; a record whose owner is alive never does.
 *
 * Each test starts an owner: a process that opens the arena, starts a record, runs a scene and
 * waits to be killed. This process is a subreaper, so it inherits the processes that the scene
 * leaves behind.
 */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <pthread.h>
#include <spawn.h>
#include <sys/prctl.h>

extern char **environ;

static struct shared {
	struct headway_id id, second; /* the owner's record, and another one of the scene */
	pid_t left_behind;            /* a process that outlives the owner */
	volatile int ready, go;
} * shared;

static const char *name;

static void await(volatile int *flag)
{
	while (!*flag)
		sleep_ms(2);
}

/* Starts the owner and waits until its scene is complete. */
static pid_t start_owner(void (*scene)(struct headway_arena *, struct headway_record *))
{
	pid_t pid;

	name = new_name();
	memset(shared, 0, sizeof(*shared));
	pid = fork_child();
	if (!pid) {
		struct headway_arena *arena = open_small(name);
		struct headway_record *record = start_record(arena, "owned", &shared->id);

		if (scene)
			scene(arena, record);
		shared->ready = 1;
		for (;;)
			(void)pause();
	}
	while (!shared->ready) {
		NEED_INT(waitpid(pid, NULL, WNOHANG), 0);
		sleep_ms(2);
	}
	return pid;
}

static void expect_running(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_reap_report report = {.size = sizeof(report)};

	CHECK_INT(status_of(arena, id), HEADWAY_RUNNING);
	CHECK_INT(headway_reap(arena, NULL, &report), 0);
	CHECK_INT(report.lost, 0);
	CHECK_INT(report.members_swept, 0);
	CHECK_INT(status_of(arena, id), HEADWAY_RUNNING);
	CHECK_INT(headway_wait(arena, id, 0), -ETIMEDOUT);
}

/* After the death of pid every reader sees its record as lost, before and after the sweep. */
static void expect_lost(struct headway_arena *arena, const struct headway_id *id, pid_t pid)
{
	struct headway_arena *reader = open_read_only(name);
	struct headway_reap_report report = {.size = sizeof(report)};
	struct headway_snapshot *snapshot;
	char text[96];

	CHECK_INT(headway_wait(reader, id, 5000), HEADWAY_ERROR);
	CHECK_INT(headway_reap(arena, NULL, &report), 0);
	CHECK(report.lost >= 1);
	snapshot = read_record(reader, id);
	CHECK_INT(snapshot->status, HEADWAY_ERROR);
	CHECK_INT(snapshot->lost, 1);
	CHECK_INT(snapshot->owner_pid, pid);
	CHECK_INT(snapshot->owner_alive, 0);
	CHECK(snapshot->finished_ns != 0);
	(void)snprintf(text, sizeof(text), "owner died (pid %d, test_locks)", (int)pid);
	CHECK_TEXT(value_of(snapshot, "Error"), text);
	CHECK_TEXT(snapshot->owner_command, "test_locks");
	headway_snapshot_free(snapshot);
	headway_close(reader);
}

/* Kills the owner and checks everything that is reported about its record, and the whole arena. */
static void kill_owner(struct headway_arena *arena, pid_t pid)
{
	struct headway_arena *reader;

	expect_running(arena, &shared->id);
	kill_child(pid);
	expect_lost(arena, &shared->id, pid);
	headway_close(arena);
	if (shared->left_behind) {
		(void)kill(shared->left_behind, SIGKILL);
		(void)wait_child(shared->left_behind);
		arena = open_small(name);
		CHECK_INT(headway_reap(arena, NULL, NULL), 0);
		headway_close(arena);
	}
	reader = open_read_only(name);
	check_whole(reader, 1);
	headway_close(reader);
	CHECK_INT(headway_unlink(name), 0);
}

static void killed_owner(void)
{
	pid_t pid = start_owner(NULL);

	kill_owner(open_small(name), pid);
}

static void others_who_have_it_open_are_told(void)
{
	pid_t pid = start_owner(NULL);
	struct headway_arena *arena = open_small(name);
	struct headway_record *record = NULL;

	NEED_INT(headway_resume(arena, &shared->id, &record), 0);
	CHECK_INT(headway_message(record, "Error", "not yet"), 0);
	CHECK_INT(headway_message(record, "from", "another"), 0);
	CHECK_INT(headway_add(record, 3), 0);
	expect_running(arena, &shared->id);
	kill_child(pid);
	expect_lost(arena, &shared->id, pid);
	CHECK_INT(headway_message(record, "k", "v"), -EALREADY);
	CHECK_INT(headway_finish(record), -EALREADY);
	CHECK_INT(headway_error(record, "e"), -EALREADY);
	CHECK_INT(headway_add(record, 1), -EALREADY);
	CHECK_INT(headway_status(record), HEADWAY_ERROR);
	headway_release(record);

	struct headway_snapshot *snapshot = read_record(arena, &shared->id);
	CHECK_INT(snapshot->message_count, 2);
	CHECK_TEXT(value_of(snapshot, "from"), "another");
	CHECK_INT(snapshot->done, 3);
	headway_snapshot_free(snapshot);
	headway_close(arena);
}

static void scene_fork(struct headway_arena *arena, struct headway_record *record)
{
	(void)arena;
	(void)record;
	pid_t pid = fork();

	if (!pid) {
		(void)alarm(60);
		for (;;)
			(void)pause();
	}
	shared->left_behind = pid;
}

static void forked_child_lives_on(void)
{
	pid_t pid = start_owner(scene_fork);

	kill_owner(open_small(name), pid);
}

/* The child used the inherited handle, so it is a member itself. */
static void scene_fork_and_use(struct headway_arena *arena, struct headway_record *record)
{
	volatile int *go = &shared->go;
	pid_t pid = fork();

	if (!pid) {
		(void)alarm(60);
		if (headway_message(record, "child", "was here") || headway_add(record, 5))
			_exit(1);
		start_record(arena, "child's", &shared->second);
		*go = 1;
		for (;;)
			(void)pause();
	}
	shared->left_behind = pid;
	await(go);
}

static void forked_child_that_is_a_member_lives_on(void)
{
	pid_t pid = start_owner(scene_fork_and_use);
	struct headway_arena *arena = open_small(name);
	struct headway_snapshot *snapshot;

	kill_child(pid);
	expect_lost(arena, &shared->id, pid);
	expect_running(arena, &shared->second);
	kill_child(shared->left_behind);
	expect_lost(arena, &shared->second, shared->left_behind);
	snapshot = read_record(arena, &shared->id);
	CHECK_TEXT(value_of(snapshot, "child"), "was here");
	CHECK_INT(snapshot->done, 5);
	headway_snapshot_free(snapshot);
	headway_close(arena);
}

static void scene_vfork(struct headway_arena *arena, struct headway_record *record)
{
	(void)arena;
	(void)record;
	pid_t pid = vfork();

	if (!pid) {
		(void)execl("/bin/sleep", "sleep", "60", (char *)NULL);
		_exit(127);
	}
	shared->left_behind = pid;
}

static void vforked_program_lives_on(void)
{
	pid_t pid = start_owner(scene_vfork);

	kill_owner(open_small(name), pid);
}

static void scene_spawn(struct headway_arena *arena, struct headway_record *record)
{
	char program[] = "sleep", time[] = "60", *argv[] = {program, time, NULL};

	(void)arena;
	(void)record;
	if (posix_spawnp(&shared->left_behind, "sleep", NULL, NULL, argv, environ))
		_exit(1);
}

static void spawned_program_lives_on(void)
{
	pid_t pid = start_owner(scene_spawn);

	kill_owner(open_small(name), pid);
}

static void scene_closefrom(struct headway_arena *arena, struct headway_record *record)
{
	closefrom(3);
	if (headway_message(record, "after", "closefrom"))
		_exit(1);
	start_record(arena, "after closefrom", &shared->second);
}

static void closefrom_owner_stays_alive(void)
{
	pid_t pid = start_owner(scene_closefrom);
	struct headway_arena *arenas[6];

	for (unsigned i = 0; i < 6;
	     i++) /* each could be given the owner's index if that were free */
		arenas[i] = open_small(name);
	for (unsigned i = 0; i < 6; i++)
		expect_running(arenas[i], &shared->id);
	expect_running(arenas[0], &shared->second);
	for (unsigned i = 1; i < 6; i++)
		headway_close(arenas[i]);
	kill_owner(arenas[0], pid);
}

/* Daemonizing: the process that started the record exits, its grandchild continues. */
static void scene_daemon(struct headway_arena *arena, struct headway_record *record)
{
	volatile int *go = &shared->go;
	pid_t pid = fork();

	if (pid) {
		await(go);
		return;
	}
	(void)setsid();
	if (fork())
		_exit(0);
	(void)alarm(60);
	shared->left_behind = getpid();
	if (headway_message(record, "grandchild", "1"))
		_exit(1);
	start_record(arena, "daemon's", &shared->second);
	shared->go = 1;
	for (;;)
		(void)pause();
}

static void daemon_owns_only_what_it_started(void)
{
	pid_t pid = start_owner(scene_daemon);
	struct headway_arena *arena = open_small(name);

	expect_running(arena, &shared->second);
	kill_child(pid);
	expect_lost(arena, &shared->id, pid);
	expect_running(arena, &shared->second);
	kill_child(shared->left_behind);
	expect_lost(arena, &shared->second, shared->left_behind);
	headway_close(arena);
}

static void *start_in_thread(void *arena)
{
	return start_record(arena, "thread's", &shared->second);
}

static void scene_thread(struct headway_arena *arena, struct headway_record *record)
{
	pthread_t thread;
	void *started = NULL;

	(void)record;
	if (pthread_create(&thread, NULL, start_in_thread, arena) ||
	    pthread_join(thread, &started) || headway_message(started, "thread", "gone"))
		_exit(1);
}

static void thread_that_started_it_exits(void)
{
	pid_t pid = start_owner(scene_thread);
	struct headway_arena *arena = open_small(name);

	expect_running(arena, &shared->second);
	kill_owner(arena, pid);
}

static void stopped_owner_is_not_dead(void)
{
	pid_t pid = start_owner(NULL);
	struct headway_arena *arena = open_small(name);
	struct headway_snapshot *snapshot;

	CHECK_INT(kill(pid, SIGSTOP), 0);
	CHECK_INT(waitpid(pid, NULL, WUNTRACED), pid);
	for (unsigned i = 0; i < 3; i++, sleep_ms(110))
		expect_running(arena, &shared->id);
	snapshot = read_record(arena, &shared->id);
	CHECK_INT(snapshot->owner_alive, 1);
	CHECK_INT(snapshot->owner_pid, pid);
	headway_snapshot_free(snapshot);
	CHECK_INT(kill(pid, SIGCONT), 0);
	kill_owner(arena, pid);
}

/* exec() keeps the pid but ends the program, so the owner is gone. */
static void scene_exec_later(struct headway_arena *arena, struct headway_record *record)
{
	(void)arena;
	(void)record;
	shared->ready = 1;
	await(&shared->go);
	(void)execl("/bin/sleep", "sleep", "60", (char *)NULL);
	_exit(127);
}

static void exec_of_the_owner(void)
{
	pid_t pid = start_owner(scene_exec_later);
	struct headway_arena *arena = open_small(name);

	expect_running(arena, &shared->id);
	shared->go = 1;
	expect_lost(arena, &shared->id, pid);
	CHECK_INT(waitpid(pid, NULL, WNOHANG), 0);
	headway_close(arena);
	kill_child(pid);
}

static void scene_exit_later(struct headway_arena *arena, struct headway_record *record)
{
	(void)arena;
	(void)record;
	shared->ready = 1;
	await(&shared->go);
	_exit(0);
}

static void owner_that_exits(void)
{
	pid_t pid = start_owner(scene_exit_later);
	struct headway_arena *arena = open_small(name);

	expect_running(arena, &shared->id);
	shared->go = 1;
	CHECK_INT(wait_child(pid), 0);
	expect_lost(arena, &shared->id, pid);
	headway_close(arena);
}

int main(void)
{
	check_begin(60);
	shared = shared_memory(sizeof(*shared));
	NEED_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	RUN(killed_owner);
	RUN(others_who_have_it_open_are_told);
	RUN(forked_child_lives_on);
	RUN(forked_child_that_is_a_member_lives_on);
	RUN(vforked_program_lives_on);
	RUN(spawned_program_lives_on);
	RUN(closefrom_owner_stays_alive);
	RUN(daemon_owns_only_what_it_started);
	RUN(thread_that_started_it_exits);
	RUN(stopped_owner_is_not_dead);
	RUN(exec_of_the_owner);
	RUN(owner_that_exits);
	return check_end();
}
