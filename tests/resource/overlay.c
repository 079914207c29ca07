/* SPDX-License-Identifier: BSD-3-Clause */
/* An arena on overlayfs, which is the root file system of containers. There a mapping does not keep
 * a member's lock; a member nevertheless counts as alive exactly until its process ends, whatever
 * its children inherited. */
#include "kit/as_root.h"
#include "kit/arenas.h"
#include "kit/processes.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { SKIP = 77 };

/* State shared by the processes. */
static struct shared {
	struct headway_id id;
	int ready;
	pid_t child;
} * shared;

static char folder[] = "/tmp/headway-overlay-XXXXXX", path[64];

static struct headway_arena *opened(void)
{
	struct headway_options o = {
		.size = sizeof o, .slots = 16, .members = 8, .bytes = 256 << 10};
	struct headway_arena *arena;

	CHECK_INT(headway_open(path, &o, &arena), 0);
	if (!arena)
		_exit(1);
	return arena;
}

/* Starts a record, forks a child that lives on, and waits to be killed. The child holds a copy of the lock
 * until the fork handler in it has run, so it is the child that says "ready". */
static void own(void)
{
	struct headway_record *r;

	alarm(60);
	CHECK_INT(headway_start(opened(), NULL, &r), 0);
	if (!r || headway_get_id(r, &shared->id) != 0)
		_exit(1);
	if (fork() == 0) {
		alarm(60); /* alarms are not inherited */
		shared->child = getpid();
		__atomic_store_n(&shared->ready, 1, __ATOMIC_RELEASE);
	}
	for (;;)
		pause();
}

static void expect(struct headway_arena *arena, int status, const char *what)
{
	struct headway_snapshot *s = NULL;

	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	CHECK_INT(headway_read(arena, &shared->id, &s), 0);
	if (s && s->status != status)
		FAIL("%s: status %d, not %d", what, s->status, status);
	headway_snapshot_free(s);
}

static void owner_lives_and_dies(void)
{
	struct headway_arena *arena;
	int status = 0;
	pid_t owner = fork();

	if (owner == 0)
		own();
	while (!__atomic_load_n(&shared->ready, __ATOMIC_ACQUIRE) &&
	       waitpid(owner, &status, WNOHANG) == 0)
		usleep(1000);
	CHECK(shared->ready);
	arena = opened();
	expect(arena, HEADWAY_RUNNING, "the owner lives");
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	expect(arena, HEADWAY_ERROR, "the owner is dead, its child is not");
	if (shared->child > 0)
		kill(shared->child, SIGKILL);
	headway_close(arena);
}

static int overlay_mount(void)
{
	static const char *const parts[] = {"lower", "upper", "work", "merged"};
	char at[96], options[400];

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("headway", folder, "tmpfs", 0, "size=8m") != 0)
		return SKIP;
	for (int i = 0; i < 4; i++) {
		snprintf(at, sizeof at, "%s/%s", folder, parts[i]);
		if (mkdir(at, 0755) != 0)
			return 1;
	}
	snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work",
		 folder, folder, folder);
	return mount("overlay", at, "overlay", 0, options) == 0 ? 0 : SKIP;
}

static int on_overlay(void *unused)
{
	int code = overlay_mount();

	(void)unused;
	if (code)
		return code;
	snprintf(path, sizeof path, "%s/merged/arena", folder);
	owner_lives_and_dies();
	return 0;
}

int main(void)
{
	int code;

	run_as_root();
	if (as_root_status != -1)
		return WIFEXITED(as_root_status) ? WEXITSTATUS(as_root_status) : 1;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED || !mkdtemp(folder))
		return 1;
	check_begin(100);
	code = in_child(on_overlay, NULL);
	rmdir(folder);
	if (code == SKIP)
		printf("skipped: no overlay may be mounted, nor is there sudo without a "
		       "password\n");
	return code;
}
