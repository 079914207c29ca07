/* SPDX-License-Identifier: BSD-3-Clause */
/* When the arena's file cannot be opened any more, since its name was removed or this process gave
 * up its rights, locks cannot be queried. Then owners are checked by pid, start time and mapping. */
#include "kit/arenas.h"
#include "kit/processes.h"

enum { NOBODY = 65534 };

static struct headway_arena *arena;
static struct headway_id id;

static volatile int *another_program; /* set: the owner becomes another program */

/* A process that starts a record and waits to be killed. */
static pid_t owner_start(const char *name)
{
	struct headway_id *theirs = shared_memory(sizeof(*theirs));
	volatile int *ready = shared_memory(sizeof(int));
	pid_t pid = fork_child();

	if (!pid) {
		(void)start_record(open_arena(name, NULL), "a child's", theirs);
		*ready = 1;
		while (!*another_program)
			sleep_ms(2);
		(void)execlp("sleep", "sleep", "60", (char *)NULL);
		_exit(1);
	}
	while (!*ready && waitpid(pid, NULL, WNOHANG) == 0)
		sleep_ms(2);
	NEED_INT(*ready, 1);
	id = *theirs;
	return pid;
}

static struct headway_reap_report reap(unsigned flags)
{
	struct headway_reap_policy policy = {.size = sizeof(policy), .flags = flags};
	struct headway_reap_report report = {.size = sizeof(report)};

	CHECK_INT(headway_reap(arena, &policy, &report), 0);
	return report;
}

static void expect_alive(void)
{
	struct headway_snapshot *snapshot = read_record(arena, &id);

	CHECK_INT(snapshot->owner_alive, 1);
	CHECK_INT(snapshot->status, HEADWAY_RUNNING);
	headway_snapshot_free(snapshot);
	CHECK_INT(reap(0).live, 1);
	CHECK_INT(headway_remove(arena, &id), -EBUSY);
}

static void expect_dead(void)
{
	struct headway_snapshot *snapshot;

	CHECK_INT(headway_wait(arena, &id, -1), HEADWAY_ERROR);
	CHECK_INT(reap(HEADWAY_DRY_RUN).lost, 1);
	CHECK_INT(reap(0).lost, 1);
	CHECK_INT(reap(0).lost, 0);
	snapshot = read_record(arena, &id);
	CHECK_INT(snapshot->lost, 1);
	headway_snapshot_free(snapshot);
}

/* Returns the owner of a record in an arena that has lost its name. */
static pid_t nameless_owner_start(void)
{
	const char *name = new_name();
	pid_t pid;

	arena = open_small(name);
	pid = owner_start(name);
	CHECK_INT(headway_unlink(name), 0);
	expect_alive();
	return pid;
}

static void the_dead_of_a_nameless_arena_are_told(void)
{
	pid_t pid = nameless_owner_start();

	kill_child(pid);
	expect_dead();
	headway_close(arena);
}

/* exec() keeps pid and start time, but not the membership. */
static void another_program_is_not_the_owner(void)
{
	pid_t pid = nameless_owner_start();

	*another_program = 1;
	expect_dead();
	*another_program = 0;
	CHECK_INT(waitpid(pid, NULL, WNOHANG), 0);
	kill_child(pid);
	headway_close(arena);
}

/* The same for a process that gave up root, in root's arena. */
static void dead_owners_are_found_without_rights(void)
{
	const char *name = new_name();
	struct headway_record *record;
	pid_t owner, pid;

	if (geteuid() != 0) {
		printf("NOTE left out for lack of rights: a process that gives up its own\n");
		return;
	}
	owner = owner_start(name);
	pid = fork_child();
	if (!pid) {
		arena = open_arena(name, NULL);
		NEED(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
		record = start_record(arena, "one's own", NULL);
		CHECK_INT(headway_message(record, "k", "v"), 0);
		CHECK_INT(headway_finish(record), 0);
		headway_release(record);
		expect_alive();
		(void)raise(SIGSTOP); /* until the owner has been killed */
		expect_dead();
		headway_close(arena);
		end_child();
	}
	CHECK_INT(waitpid(pid, NULL, WUNTRACED), pid);
	kill_child(owner);
	CHECK_INT(kill(pid, SIGCONT), 0);
	CHECK_INT(wait_child(pid), 0);
	arena = open_small(name); /* opened by a process that has the right to sweep */
	(void)reap(0);
	headway_close(arena);
	arena = open_read_only(name);
	check_whole(arena, 1);
	headway_close(arena);
}

int main(void)
{
	check_begin(60);
	another_program = shared_memory(sizeof(int));
	RUN(the_dead_of_a_nameless_arena_are_told);
	RUN(another_program_is_not_the_owner);
	RUN(dead_owners_are_found_without_rights);
	return check_end();
}
