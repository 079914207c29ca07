/* SPDX-License-Identifier: BSD-3-Clause */
/* Owners that seem to be dead but are alive: a program started by exec, and one whose
 * /proc/PID/stat cannot be read. */
#include "kit/arenas.h"
#include "kit/processes.h"

static const char *self;

/* ---- exec keeps pid and start time, and the new program may be given the old one's place ----- */

/* The program that exec starts: waits for a byte, starts a record, and writes its id to the
 * pipe. */
static int new_program(const char *name)
{
	struct headway_arena *arena;
	struct headway_id id;
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 1;
	arena = open_small(name);
	(void)start_record(arena, "new", &id);
	if (write(STDOUT_FILENO, &id, sizeof(id)) != sizeof(id))
		return 1;
	for (;;)
		(void)pause();
}

static void old_program(const char *name, int tell, int listen)
{
	struct headway_id id;

	(void)start_record(open_small(name), "old", &id);
	NEED_INT(write(tell, &id, sizeof(id)), sizeof(id));
	NEED(dup2(tell, STDOUT_FILENO) >= 0 && dup2(listen, STDIN_FILENO) >= 0);
	(void)execl(self, self, name, (char *)NULL);
	_exit(127);
}

static void await_exec(struct headway_arena *reader, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;
	int alive = 1;

	for (int i = 0; i < 2000 && alive; i++, sleep_ms(2)) {
		NEED_INT(headway_read(reader, id, &snapshot), 0);
		alive = snapshot->owner_alive;
	}
	CHECK_INT(alive, 0);
	headway_snapshot_free(snapshot);
}

static void program_that_exec_started_lives(void)
{
	const char *name = new_name();
	int to[2], from[2];
	struct headway_arena *reader;
	struct headway_snapshot *snapshot;
	struct headway_id old, new;
	pid_t pid;

	headway_close(open_small(name));
	reader = open_read_only(name);
	NEED(!pipe(to) && !pipe(from));
	pid = fork_child();
	if (!pid)
		old_program(name, from[1], to[0]);
	NEED_INT(read(from[0], &old, sizeof(old)), sizeof(old));
	await_exec(reader, &old); /* the result of an owner check is cached for 100 ms */
	NEED_INT(write(to[1], "", 1), 1);
	NEED_INT(read(from[0], &new, sizeof(new)), sizeof(new));
	CHECK_INT(headway_wait(reader, &new, 0), -ETIMEDOUT);
	snapshot = read_record(reader, &new);
	CHECK_INT(snapshot->owner_alive, 1);
	CHECK_INT(snapshot->owner_pid, pid);
	headway_snapshot_free(snapshot);
	CHECK_INT(headway_wait(reader, &old, 0), HEADWAY_ERROR);
	headway_close(reader);
	kill_child(pid);
	for (int i = 0; i < 2; i++)
		(void)close(to[i]), (void)close(from[i]);
}

/* ---- a read that fails says nothing of the process ------------------------------------------- */

static int read_error, reads_failed;

ssize_t __real_read(int fd, void *buffer, size_t bytes);
ssize_t __wrap_read(int fd, void *buffer, size_t bytes);

ssize_t __wrap_read(int fd, void *buffer, size_t bytes)
{
	if (!read_error)
		return __real_read(fd, buffer, bytes);
	reads_failed++;
	errno = read_error;
	return -1;
}

static void failed_read_is_not_a_death(void)
{
	static const int errors[] = {ENOMEM, EINTR, EIO};
	struct headway_reap_report report = {.size = sizeof(report)};
	struct headway_spec spec = {.size = sizeof(spec)};
	struct headway_arena *arena = open_small(new_name());
	struct headway_record *record = NULL;
	struct headway_id id;

	spec.owner_pid = (uint32_t)getppid();
	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	for (unsigned i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		reads_failed = 0;
		read_error = errors[i];
		CHECK_INT(headway_reap(arena, NULL, &report), 0);
		read_error = 0;
		CHECK(reads_failed > 0);
		CHECK_INT(report.lost, 0);
		CHECK_INT(status_of(arena, &id), HEADWAY_RUNNING);
	}
	read_error = ESRCH; /* as if it had ended after the file was opened */
	CHECK_INT(headway_reap(arena, NULL, &report), 0);
	read_error = 0;
	CHECK_INT(report.lost, 1);
	headway_release(record);
	headway_close(arena);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return new_program(argv[1]);
	check_begin(60);
	RUN(failed_read_is_not_a_death);
	for (int i = 0; i < 5; i++)
		RUN(program_that_exec_started_lives);
	return check_end();
}
