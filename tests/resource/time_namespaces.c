/* SPDX-License-Identifier: BSD-3-Clause */
/* Time namespaces that share the arena file. A process whose clocks are an hour ahead expires no
 * fresh record and ends no record whose owner lives; nor does a process outside with records made
 * inside. A member's death is detected by its lock, in every namespace. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

enum { SKIP = 77, AHEAD_SECONDS = 7200 };

static struct shared {
	struct headway_id owned, finished, failed, foreign; /* started outside */
	struct headway_id inner, inner_finished, ended_inside, ended_outside;
	int ready, done;
} * shared;

static char name[128];

static struct headway_arena *opened(void)
{
	struct headway_options o = {.size = sizeof o,
				    .slots = 16,
				    .members = 8,
				    .bytes = 256 << 10,
				    .ttl_seconds = 60,
				    .error_ttl_seconds = 60};
	struct headway_arena *arena;

	CHECK_INT(headway_open(name, &o, &arena), 0);
	if (!arena)
		exit(1);
	return arena;
}

static struct headway_record *begin(struct headway_arena *arena, uint32_t owner,
				    struct headway_id *id)
{
	struct headway_spec spec = {.size = sizeof spec, .owner_pid = owner};
	struct headway_record *r;

	CHECK_INT(headway_start(arena, &spec, &r), 0);
	if (!r)
		exit(1);
	CHECK_INT(headway_get_id(r, id), 0);
	return r;
}

static void finished(struct headway_arena *arena, struct headway_id *id)
{
	struct headway_record *r = begin(arena, 0, id);

	CHECK_INT(headway_finish(r), 0);
	headway_release(r);
}

static void expect(struct headway_arena *arena, const struct headway_id *id, int status, int alive,
		   const char *what)
{
	struct headway_snapshot *s = NULL;
	int error = headway_read(arena, id, &s);

	if (error)
		FAIL("%s: %s", what, headway_strerror(error));
	else if (s->status != status || (status == HEADWAY_RUNNING && s->owner_alive != alive))
		FAIL("%s: status %d, not %d; alive %d, not %d", what, s->status, status,
		     s->owner_alive, alive);
	headway_snapshot_free(s);
}

static void reap(struct headway_arena *arena)
{
	struct headway_reap_report report = {.size = sizeof report};

	CHECK_INT(headway_reap(arena, NULL, &report), 0);
	CHECK_INT(report.expired, 0);
	CHECK_INT(report.lost, 0);
}

/* Runs fn in a new time namespace whose clocks are ahead. */
static int in_namespace(void (*fn)(void))
{
	char offsets[80];
	int fd, status,
		length = snprintf(offsets, sizeof offsets, "monotonic %d 0\nboottime %d 0\n",
				  AHEAD_SECONDS, AHEAD_SECONDS);
	pid_t pid;

	if (unshare(CLONE_NEWTIME) != 0)
		return SKIP;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, offsets, (size_t)length) != length)
		return SKIP;
	close(fd);
	fflush(NULL);
	pid = fork(); /* the child is the first process in the namespace */
	if (pid == 0) {
		check_failures = 0;
		fn();
		_exit(check_failures != 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void inside(void)
{
	struct headway_arena *arena = opened();
	struct headway_spec detached = {.size = sizeof detached, .flags = HEADWAY_DETACHED};
	struct headway_record *r;

	reap(arena);
	expect(arena, &shared->owned, HEADWAY_RUNNING, 1, "a living member, seen from inside");
	expect(arena, &shared->foreign, HEADWAY_RUNNING, -1, "a living process, seen from inside");
	expect(arena, &shared->finished, HEADWAY_FINISHED, 0, "fresh, seen from inside");
	expect(arena, &shared->failed, HEADWAY_ERROR, 0, "failed just now, seen from inside");
	r = begin(arena, 0, &shared->inner);
	headway_release(r);
	finished(arena, &shared->inner_finished);
	CHECK_INT(headway_resume(arena, &shared->ended_inside, &r), 0);
	CHECK_INT(headway_finish(r), 0);
	headway_release(r);
	CHECK_INT(headway_start(arena, &detached, &r), 0);
	CHECK_INT(headway_get_id(r, &shared->ended_outside), 0);
	headway_release(r);
	__atomic_store_n(&shared->ready, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&shared->done, __ATOMIC_ACQUIRE))
		usleep(1000);
	reap(arena);
	expect(arena, &shared->ended_outside, HEADWAY_FINISHED, -1, "ended outside");
	_exit(check_failures != 0); /* exits without a close: the record inside loses its owner */
}

static pid_t sleeper(void)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(100);
		for (;;)
			pause();
	}
	return pid;
}

static int run(void)
{
	struct headway_reap_report report = {.size = sizeof report};
	struct headway_arena *arena = opened();
	struct headway_record *r = begin(arena, 0, &shared->owned), *failed, *open;
	pid_t pid = sleeper(), child;
	int status = 0;

	headway_release(begin(arena, (uint32_t)pid, &shared->foreign));
	finished(arena, &shared->finished);
	failed = begin(arena, 0, &shared->failed);
	CHECK_INT(headway_error(failed, "why"), 0);
	headway_release(failed);
	open = begin(arena, 0, &shared->ended_inside);
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(in_namespace(inside));
	while (!__atomic_load_n(&shared->ready, __ATOMIC_ACQUIRE) &&
	       waitpid(child, &status, WNOHANG) == 0)
		usleep(1000);
	if (shared->ready) {
		CHECK_INT(headway_resume(arena, &shared->ended_outside, &failed), 0);
		CHECK_INT(headway_finish(failed), 0);
		headway_release(failed);
		__atomic_store_n(&shared->done, 1, __ATOMIC_RELEASE);
		waitpid(child, &status, 0);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 0) {
		CHECK_INT(headway_reap(arena, NULL, &report), 0);
		CHECK_INT(report.expired, 0);
		CHECK_INT(report.lost, 1); /* detected by the lock, not by a clock */
		expect(arena, &shared->inner, HEADWAY_ERROR, 0, "a member inside that is dead");
		expect(arena, &shared->inner_finished, HEADWAY_FINISHED, 0, "finished inside");
		expect(arena, &shared->ended_inside, HEADWAY_FINISHED, 0, "ended inside");
		expect(arena, &shared->foreign, HEADWAY_RUNNING, 1, "a living process");
		expect(arena, &shared->owned, HEADWAY_RUNNING, 1, "a living member");
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	headway_release(r);
	headway_release(open);
	headway_close(arena);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(void)
{
	int code;

	snprintf(name, sizeof name, "%s", new_name());
	shared = shared_memory(sizeof *shared);
	check_begin(100);
	code = run();
	(void)headway_unlink(name);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
	CHECK(code == 0 || code == SKIP);
	if (check_end())
		return 1;
	if (code == SKIP)
		printf("skipped: no time namespaces may be made\n");
	return code;
}
