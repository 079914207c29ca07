/* SPDX-License-Identifier: BSD-3-Clause */
/* Shortage of file-system space, file size, memory, descriptors, and no /proc: each call succeeds
 * or returns the right error; no file is left over, and a living arena is never taken for a
 * left-over. */
#include "kit/as_root.h"
#include "kit/arenas.h"
#include "kit/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char name[128], path[192], long_text[20001];

static int open_with(const char *at, unsigned flags, uint64_t bytes, struct headway_arena **arena)
{
	struct headway_options o = {
		.size = sizeof o, .flags = flags, .slots = 16, .members = 4, .bytes = bytes};

	return headway_open(at, &o, arena);
}

static int open_close(const char *at, unsigned flags)
{
	struct headway_arena *arena;
	int error = open_with(at, flags, 1 << 20, &arena);

	if (!error)
		headway_close(arena);
	return error;
}

static ino_t inode(void)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static void clean(const char *at)
{
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_reap_report reaped = {.size = sizeof reaped};
	struct headway_arena *arena;

	CHECK_INT(open_with(at, HEADWAY_EXISTING, 0, &arena), 0);
	if (!arena)
		return;
	CHECK_INT(headway_reap(arena, NULL, &reaped), 0);
	CHECK_INT(headway_fsck(arena, &report), 0);
	if (report.damaged || report.leaked)
		FAIL("%s: %s", at, report.first);
	headway_close(arena);
}

static int step(int result, const char *call, const int *allowed)
{
	if (result >= 0)
		return 0;
	for (; *allowed; allowed++)
		if (result == *allowed)
			return 1;
	FAIL("%s said %d (%s)", call, result, headway_strerror(result));
	return 1;
}

#define STEP(call) (refusals += step((call), #call, allowed))

static int walk_on(const struct headway_snapshot *snapshot, void *unused)
{
	(void)snapshot;
	(void)unused;
	return 0;
}

/* Makes every kind of call. A call that fails must return one of the allowed errors. Returns the
 * number of failures. */
static int all_calls(struct headway_arena *arena, const int *allowed)
{
	struct headway_info info = {.size = sizeof info};
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_snapshot *snapshot = NULL;
	struct headway_record *r = NULL, *again = NULL;
	struct headway_id id;
	int refusals = 0, waited;

	STEP(headway_start(arena, NULL, &r));
	if (r && headway_get_id(r, &id) == 0) {
		STEP(headway_message(r, "Step", "1"));
		STEP(headway_message(r, "Long", long_text));
		STEP(headway_results(r, long_text, sizeof long_text - 1));
		STEP(headway_add(r, 1));
		STEP(headway_resume(arena, &id, &again));
		STEP(headway_read(arena, &id, &snapshot));
		waited = headway_wait(arena, &id, 0);
		STEP(waited == -ETIMEDOUT ? 0 : waited == 0 ? -EIO : waited);
		STEP(headway_finish(r));
		headway_release(again);
		headway_release(r);
		STEP(headway_remove(arena, &id));
	}
	STEP(headway_each(arena, walk_on, NULL));
	STEP(headway_reap(arena, NULL, NULL));
	STEP(headway_fsck(arena, &report));
	STEP(headway_info(arena, &info));
	headway_snapshot_free(snapshot);
	return refusals;
}

/* ---- room in the file system ----------------------------------------------------------------- */

static void small_file_system(void)
{
	char folder[] = "/tmp/headway-small-XXXXXX", first[64], second[64];
	struct headway_arena *arena = NULL;

	if (!mkdtemp(folder))
		return;
	if (mount("headway", folder, "tmpfs", 0, "size=1m") != 0) {
		note_left_out("a full file system");
		rmdir(folder);
		return;
	}
	snprintf(first, sizeof first, "%s/first", folder);
	snprintf(second, sizeof second, "%s/second", folder);
	CHECK_INT(open_with(first, 0, 8 << 20, &arena), -ENOSPC);
	CHECK_INT(files_with(folder, "first"), 0);
	CHECK_INT(open_with(first, 0, 700 << 10, &arena), 0);
	CHECK_INT(open_close(second, 0), -ENOSPC);
	CHECK_INT(files_with(folder, "second"), 0);
	CHECK_INT(all_calls(arena, (int[]){0}), 0); /* an existing arena has its space reserved */
	headway_close(arena);
	clean(first);
	CHECK_INT(headway_unlink(first), 0);
	umount2(folder, MNT_DETACH);
	rmdir(folder);
}

/* ---- limits of a process --------------------------------------------------------------------- */

static void limit(int resource, rlim_t most)
{
	struct rlimit l;

	getrlimit(resource, &l);
	l.rlim_cur = most;
	if (setrlimit(resource, &l) != 0)
		FAIL("limit %d cannot be set", resource);
}

static int file_size(void *unused)
{
	(void)unused;
	limit(RLIMIT_FSIZE, 65536);
	CHECK_INT(open_close(name, 0), -EFBIG);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
	return 0;
}

static int file_size_of_another(void *unused)
{
	struct headway_arena *arena;

	(void)unused;
	limit(RLIMIT_FSIZE, 0);
	CHECK_INT(open_with(name, 0, 0, &arena), 0);
	if (arena)
		CHECK_INT(all_calls(arena, (int[]){0}), 0);
	headway_close(arena);
	return 0;
}

static rlim_t memory_now(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f || fscanf(f, "%lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (rlim_t)pages * 4096;
}

static int memory(void *argument)
{
	const int allowed[] = {-ENOMEM, -ESTALE, -EAGAIN, 0};
	struct headway_arena *arena = NULL;
	int error;

	limit(RLIMIT_AS, memory_now() + *(rlim_t *)argument);
	error = open_with(name, 0, 1 << 20, &arena);
	if (error && error != -ENOMEM)
		FAIL("open said %d with %lu bytes left", error, *(rlim_t *)argument);
	if (!error)
		(void)all_calls(arena, allowed);
	headway_close(arena);
	return 0;
}

static void memories(void)
{
	for (rlim_t left = 0; left <= 4 << 20; left += 128 << 10) {
		int code = in_child(memory, &left);

		if (code)
			FAIL("with %lu bytes of memory left: exit %d", left, code);
		if (inode())
			clean(name);
		(void)headway_unlink(name);
		CHECK_INT(files_with("/dev/shm", name + 1), 0);
	}
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void descriptors_leave(int left)
{
	int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(lowest);
	limit(RLIMIT_NOFILE, (rlim_t)(lowest + left));
}

struct few {
	int left;
	unsigned flags;
};

static int few_to_open(void *argument)
{
	const struct few *few = argument;
	int error;

	descriptors_leave(few->left);
	error = open_close(name, few->flags);
	if (error && error != -EMFILE)
		FAIL("open with %d descriptors, flags %u, said %d (%s)", few->left, few->flags,
		     error, headway_strerror(error));
	return check_failures ? 1 : error ? 2 : 0;
}

static int few_to_work(void *argument)
{
	const int allowed[] = {-EMFILE, 0};
	struct headway_arena *arena;

	CHECK_INT(open_with(name, HEADWAY_EXISTING, 0, &arena), 0);
	descriptors_leave(*(int *)argument);
	(void)all_calls(arena, allowed);
	(void)all_calls(arena, allowed);
	headway_close(arena);
	return 0;
}

static void few_descriptors(void)
{
	static const unsigned ways[] = {0, HEADWAY_READ_ONLY, HEADWAY_EXISTING};

	for (int left = 0; left < 9; left++) {
		struct few few = {left, 0};
		int code = in_child(few_to_open, &few); /* this open creates the arena */

		CHECK(code != 1);
		if (code == 2 && inode())
			FAIL("%d descriptors: an arena was left behind by a call that failed",
			     left);
		if (code == 0)
			CHECK_INT(open_close(name, HEADWAY_READ_ONLY), 0);
		(void)headway_unlink(name);
		unlink(path);
		CHECK_INT(open_close(name, 0), 0);
		for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
			ino_t before = inode();

			few.flags = ways[i];
			CHECK(in_child(few_to_open, &few) != 1);
			if (inode() != before)
				FAIL("%d descriptors, flags %u: the arena was replaced", left,
				     few.flags);
		}
		CHECK_INT(in_child(few_to_work, &left), 0);
		clean(name);
		CHECK_INT(headway_unlink(name), 0);
		CHECK_INT(files_with("/dev/shm", name + 1), 0);
	}
}

/* ---- no /proc -------------------------------------------------------------------------------- */

static int without_proc(void *unused)
{
	struct headway_arena *arena = NULL;
	ino_t before = inode();

	(void)unused;
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("headway", "/proc", "tmpfs", 0, "size=64k") != 0)
		return 77;
	CHECK_INT(open_close(name, HEADWAY_READ_ONLY), 0);
	CHECK_INT(open_with(name, 0, 0, &arena), 0);
	if (arena)
		CHECK_INT(all_calls(arena, (int[]){0}), 0);
	headway_close(arena);
	if (inode() != before)
		FAIL("without /proc a living arena was taken for a left-over");
	return 0;
}

static int made_without_proc(void *unused)
{
	(void)unused;
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("headway", "/proc", "tmpfs", 0, "size=64k") != 0)
		return 77;
	CHECK_INT(open_close(name, 0), 0);
	return 0;
}

static void no_proc(void)
{
	struct headway_arena *arena;
	ino_t before;
	int code;

	CHECK_INT(open_with(name, 0, 1 << 20, &arena), 0);
	code = in_child(without_proc, NULL);
	if (code == 77)
		note_left_out("a process without /proc");
	CHECK(code == 0 || code == 77);
	headway_close(arena);
	if (code != 77)
		clean(name);
	CHECK_INT(headway_unlink(name), 0);
	if (in_child(made_without_proc, NULL) == 77)
		return;
	before = inode();
	CHECK_INT(open_close(name, 0), 0);
	CHECK(before && inode() == before);
	(void)headway_unlink(name);
}

int main(void)
{
	snprintf(name, sizeof name, "%s", new_name());
	snprintf(path, sizeof path, "/dev/shm%s", name);
	memset(long_text, '1', sizeof long_text - 1);
	run_as_root();
	check_begin(110);
	small_file_system();
	CHECK_INT(in_child(file_size, NULL), 0);
	CHECK_INT(open_close(name, 0), 0);
	CHECK_INT(in_child(file_size_of_another, NULL), 0);
	CHECK_INT(headway_unlink(name), 0);
	memories();
	few_descriptors();
	no_proc();
	unlink(path);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
	check_failures += as_root_failed();
	return check_end();
}
