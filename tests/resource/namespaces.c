/* SPDX-License-Identifier: BSD-3-Clause */
/* Pid namespaces that share the arena file: a process in another namespace is never taken for dead,
 * whether its record is a member's or names its owner by pid; also not if /proc shows another
 * namespace's processes under the same numbers. */
#include "kit/as_root.h"
#include "kit/arenas.h"
#include "kit/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { SKIP = 77 };

/* State shared by both sides. */
static struct shared {
	struct headway_id member, process; /* the records of a side, one for each kind of owner */
	int ready, done, failed;
	pid_t outer; /* a process outside whose pid also exists inside */
} * shared;

static char name[128];

static struct headway_arena *opened(void)
{
	struct headway_options o = {
		.size = sizeof o, .slots = 16, .members = 8, .bytes = 256 << 10};
	struct headway_arena *arena;

	CHECK_INT(headway_open(name, &o, &arena), 0);
	if (!arena)
		exit(1);
	return arena;
}

static void set(int *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

static void wait_until(int *flag)
{
	while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
		usleep(1000);
}

static void begin(struct headway_arena *arena, uint32_t owner, struct headway_id *id)
{
	struct headway_spec spec = {.size = sizeof spec, .owner_pid = owner, .name = "n"};
	struct headway_record *r;

	CHECK_INT(headway_start(arena, &spec, &r), 0);
	if (r)
		CHECK_INT(headway_get_id(r, id), 0);
	headway_release(r);
}

static void expect(struct headway_arena *arena, const struct headway_id *id, int status, int alive,
		   const char *what)
{
	struct headway_snapshot *s = NULL;

	CHECK_INT(headway_read(arena, id, &s), 0);
	if (s && (s->status != status || (status == HEADWAY_RUNNING && s->owner_alive != alive)))
		FAIL("%s: status %d, not %d; alive %d, not %d", what, s->status, status,
		     s->owner_alive, alive);
	headway_snapshot_free(s);
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

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Runs fn as the first process of a new pid namespace; own_proc: with a /proc of that namespace. */
static int in_namespace(void (*fn)(void), int own_proc)
{
	int status = 0;
	pid_t pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
		return SKIP;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		check_failures = 0;
		alarm(60);
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		    (own_proc && mount("proc", "/proc", "proc", 0, NULL) != 0))
			_exit(SKIP);
		fn();
		_exit(check_failures != 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- outside owns, inside reaps; inside owns, outside reaps ---------------------------------- */

static void inside(void)
{
	struct headway_id outer_member = shared->member, outer_process = shared->process;
	struct headway_arena *arena = opened();
	pid_t pid = sleeper();

	CHECK_INT(getpid(), 1);
	for (int i = 0; i < 3; i++)
		CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	expect(arena, &outer_member, HEADWAY_RUNNING, 1, "a member outside, seen from inside");
	expect(arena, &outer_process, HEADWAY_RUNNING, -1, "a process outside, seen from inside");
	begin(arena, 0, &shared->member);
	begin(arena, (uint32_t)pid, &shared->process);
	expect(arena, &shared->process, HEADWAY_RUNNING, 1, "a process inside, seen from inside");
	set(&shared->ready);
	wait_until(&shared->done);
	end(pid);
	_exit(check_failures != 0); /* exits without closing the arena */
}

static int inside_run(void *unused)
{
	(void)unused;
	return in_namespace(inside, 1);
}

static int both_ways(void)
{
	struct headway_arena *arena = opened();
	struct headway_id member, process;
	pid_t pid = sleeper(), child;
	int status = 0;

	begin(arena, 0, &shared->member);
	begin(arena, (uint32_t)pid, &shared->process);
	member = shared->member;
	process = shared->process;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		check_failures = 0;
		_exit(inside_run(NULL));
	}
	while (!__atomic_load_n(&shared->ready, __ATOMIC_ACQUIRE) &&
	       waitpid(child, &status, WNOHANG) == 0)
		usleep(1000);
	if (shared->ready) {
		for (int i = 0; i < 3; i++)
			CHECK_INT(headway_reap(arena, NULL, NULL), 0);
		expect(arena, &shared->member, HEADWAY_RUNNING, 1,
		       "a member inside, seen from outside");
		expect(arena, &shared->process, HEADWAY_RUNNING, -1,
		       "a process inside, seen from outside");
		expect(arena, &process, HEADWAY_RUNNING, 1, "a process outside, seen from outside");
		set(&shared->done);
		waitpid(child, &status, 0);
		CHECK_INT(headway_reap(arena, NULL, NULL), 0);
		expect(arena, &shared->member, HEADWAY_ERROR, 0, "a member inside that is dead");
		expect(arena, &shared->process, HEADWAY_RUNNING, -1, "nobody can tell");
		expect(arena, &member, HEADWAY_RUNNING, 1, "a member outside");
	}
	end(pid);
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	expect(arena, &process, HEADWAY_ERROR, 0, "a process outside that is dead");
	headway_close(arena);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- the same number inside and outside, and /proc tells of outside -------------------------- */

static pid_t sleeper_numbered(pid_t number)
{
	char text[16];
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	int length = snprintf(text, sizeof text, "%d", (int)number - 1);

	if (fd < 0 || write(fd, text, (size_t)length) != length)
		length = 0;
	if (fd >= 0)
		close(fd);
	return length ? sleeper() : -1;
}

static void twins(void)
{
	struct headway_arena *arena = opened();
	pid_t pid = sleeper_numbered(shared->outer);
	struct headway_spec spec = {.size = sizeof spec, .owner_pid = (uint32_t)pid};
	struct headway_record *r;
	struct headway_id id;

	if (pid != shared->outer)
		_exit(SKIP);
	/* may be refused, since the owner cannot be checked */
	if (headway_start(arena, &spec, &r) == 0) {
		CHECK_INT(headway_get_id(r, &id), 0);
		headway_release(r);
		set(&shared->ready);
		wait_until(&shared->done);
		usleep(150000); /* longer than a result of an owner check is cached */
		CHECK_INT(headway_reap(arena, NULL, NULL), 0);
		expect(arena, &id, HEADWAY_RUNNING, -1, "a living process, whose outer twin died");
	}
	end(pid);
	headway_close(arena);
}

static int twins_run(void *unused)
{
	(void)unused;
	return in_namespace(twins, 0);
}

static int same_number(void)
{
	pid_t pid = sleeper(), child;
	int status = 0;

	memset(shared, 0, sizeof *shared);
	shared->outer = pid;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		check_failures = 0;
		_exit(twins_run(NULL));
	}
	while (!__atomic_load_n(&shared->ready, __ATOMIC_ACQUIRE) &&
	       waitpid(child, &status, WNOHANG) == 0)
		usleep(1000);
	end(pid);
	set(&shared->done);
	if (shared->ready)
		waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(void)
{
	int first, second;

	run_as_root();
	if (as_root_status != -1)
		return WIFEXITED(as_root_status) ? WEXITSTATUS(as_root_status) : 1;
	snprintf(name, sizeof name, "%s", new_name());
	shared = shared_memory(sizeof *shared);
	check_begin(100);
	first = both_ways();
	second = same_number();
	(void)headway_unlink(name);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
	CHECK((first == 0 || first == SKIP) && (second == 0 || second == SKIP));
	if (check_end())
		return 1;
	if (first == SKIP)
		printf("skipped: no pid namespaces may be made, nor is there sudo without a "
		       "password\n");
	return first;
}
