/* SPDX-License-Identifier: BSD-3-Clause */
/* Creation and replacement of an arena under difficult conditions: signals interrupt calls, a group
 * has thousands of members, others create and replace the same arena. The linker option --wrap
 * redirects the system calls of the library to the functions below. */
#include "arena/arena.h"

#include "kit/arenas.h"
#include "kit/as_root.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

enum { TICK_BYTES = 4 << 20, TICKS_MOST = 1000, DRAW = 7, GROUP_BYTES = 100000, OPENERS = 8 };

static char name[128], path[192], other[208];

static int open_with(unsigned flags, uint64_t bytes, const char *group,
		     struct headway_arena **arena)
{
	struct headway_options o = {.size = sizeof o,
				    .flags = flags,
				    .slots = 16,
				    .members = 16,
				    .bytes = bytes,
				    .group = group};

	return headway_open(name, &o, arena);
}

static struct headway_id uuid_of(struct headway_arena *arena)
{
	struct headway_info info = {.size = sizeof info};

	CHECK_INT(headway_info(arena, &info), 0);
	return info.uuid;
}

/* ---- system calls that do only part of their work -------------------------------------------- */

static int ticking; /* a timer sends a signal each time this many bytes are reserved */

int __wrap_posix_fallocate(int fd, off_t offset, off_t length);
int __real_posix_fallocate(int fd, off_t offset, off_t length);

/* When a signal interrupts the call, its partial reservation is undone. */
int __wrap_posix_fallocate(int fd, off_t offset, off_t length)
{
	static int ticks;

	if (!ticking || length <= TICK_BYTES)
		return __real_posix_fallocate(fd, offset, length);
	if (++ticks == TICKS_MOST) {
		FAIL("%d signals, and nothing is reserved", ticks);
		ticking = 0;
	}
	return EINTR;
}

/* 1: getrandom() is interrupted by a signal, then returns a few bytes at a time; -1: it fails. */
static int drawing;

ssize_t __wrap_getrandom(void *bytes, size_t count, unsigned flags);
ssize_t __real_getrandom(void *bytes, size_t count, unsigned flags);

ssize_t __wrap_getrandom(void *bytes, size_t count, unsigned flags)
{
	static unsigned calls;

	if (!drawing)
		return __real_getrandom(bytes, count, flags);
	if (drawing < 0) {
		errno = EIO;
		return -1;
	}
	if (calls++ % 2 == 0) {
		errno = EINTR;
		return -1;
	}
	return __real_getrandom(bytes, count < DRAW ? count : DRAW, flags);
}

static int crowded; /* the group's entry is very long */

int __wrap_getgrnam_r(const char *group, struct group *entry, char *buffer, size_t bytes,
		      struct group **found);
int __real_getgrnam_r(const char *group, struct group *entry, char *buffer, size_t bytes,
		      struct group **found);

int __wrap_getgrnam_r(const char *group, struct group *entry, char *buffer, size_t bytes,
		      struct group **found)
{
	if (!crowded)
		return __real_getgrnam_r(group, entry, buffer, bytes, found);
	*found = NULL;
	if (bytes < GROUP_BYTES)
		return ERANGE;
	memset(entry, 0, sizeof *entry);
	entry->gr_gid = getegid();
	*found = entry;
	return 0;
}

static void signals_end_calls(void)
{
	struct headway_arena *arena = NULL;
	struct headway_record *record = NULL;

	ticking = drawing = 1;
	CHECK_INT(open_with(HEADWAY_EXCLUSIVE, 40 << 20, NULL, &arena), 0);
	CHECK_INT(headway_start(arena, NULL, &record), 0);
	headway_release(record);
	ticking = drawing = 0;
	headway_close(arena);
	CHECK_INT(headway_unlink(name), 0);
}

static void a_group_of_thousands(void)
{
	struct headway_arena *arena = NULL;

	crowded = 1;
	CHECK_INT(open_with(HEADWAY_EXCLUSIVE, 1 << 20, "everybody", &arena), 0);
	crowded = 0;
	headway_close(arena);
	CHECK_INT(headway_unlink(name), 0);
	CHECK_INT(open_with(0, 1 << 20, "headway-no-such-group", &arena), -ENOENT);
}

/* ---- left-overs ------------------------------------------------------------------------------ */

/* Makes a left-over file of another boot. */
static void leftover_put(void)
{
	struct headway_arena *arena = NULL;
	struct hw__header header;
	int fd;

	CHECK_INT(open_with(HEADWAY_EXCLUSIVE, 1 << 20, NULL, &arena), 0);
	headway_close(arena);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(pread(fd, &header, sizeof header, 0) == sizeof header);
	header.boot_id[3] ^= 1;
	header.checksum = hw__header_checksum(&header);
	CHECK(pwrite(fd, &header, sizeof header, 0) == sizeof header);
	close(fd);
}

static void a_start_without_random_bytes_keeps_no_slot(void)
{
	struct headway_info info = {.size = sizeof info};
	struct headway_record *record = NULL;
	struct headway_arena *arena = NULL;

	CHECK_INT(open_with(0, 1 << 20, NULL, &arena), 0);
	drawing = -1;
	CHECK_INT(headway_start(arena, NULL, &record), -EIO);
	drawing = 0;
	CHECK(!record);
	CHECK_INT(headway_info(arena, &info), 0);
	CHECK_INT(info.slots_used, 0);
	headway_close(arena);
	CHECK_INT(headway_unlink(name), 0);
}

static int replacement_lock(void)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2 * HW__LOCK_BASE, .l_len = 1};
	int fd = open(path, O_RDWR | O_CLOEXEC);

	CHECK_INT(fcntl(fd, F_OFD_SETLK, &lock), 0);
	return fd;
}

/* A child opens the arena while another process holds the lock on the left-over file for some
 * time. */
static void waits_for_a_slow_holder_of_the_lock(void)
{
	struct headway_arena *arena = NULL;
	int fd, status = -1;
	pid_t pid;

	leftover_put();
	fd = replacement_lock();
	pid = fork();
	if (!pid) {
		close(fd); /* otherwise the child would inherit the lock */
		_exit(open_with(0, 1 << 20, NULL, &arena) != 0);
	}
	usleep(400000);
	CHECK_INT(waitpid(pid, &status, WNOHANG), 0);
	close(fd);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(headway_unlink(name), 0);
}

static void all_come_to_one_arena(void)
{
	struct headway_id uuid[OPENERS];
	int pipes[2], status;

	leftover_put();
	CHECK_INT(pipe(pipes), 0);
	for (int i = 0; i < OPENERS; i++) {
		struct headway_arena *arena = NULL;

		if (fork() != 0)
			continue;
		if (open_with(0, 16 << 20, NULL, &arena) == 0) {
			struct headway_id mine = uuid_of(arena);

			(void)!write(pipes[1], &mine, sizeof mine);
		}
		_exit(!arena);
	}
	for (int i = 0; i < OPENERS; i++) {
		wait(&status);
		CHECK_INT(status, 0);
	}
	close(pipes[1]);
	CHECK_INT(read(pipes[0], uuid, sizeof uuid), sizeof uuid);
	for (int i = 1; i < OPENERS; i++)
		CHECK(memcmp(&uuid[i], &uuid[0], sizeof uuid[0]) == 0);
	close(pipes[0]);
	CHECK_INT(headway_unlink(name), 0);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
}

/* another process replaces the left-over file by a valid arena at the last moment */
static int intruding;

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int __real_renameat2(int from, const char *old, int to, const char *new, unsigned flags);

int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	if (intruding) {
		intruding = 0;
		CHECK_INT(rename(other, path), 0);
	}
	return __real_renameat2(from, old, to, new, flags);
}

static void what_was_made_meanwhile_is_kept(void)
{
	struct headway_options o = {.size = sizeof o, .slots = 16, .members = 16, .bytes = 1 << 20};
	struct headway_arena *good = NULL, *arena = NULL;
	struct headway_record *record = NULL;
	struct headway_snapshot *snapshot = NULL;
	struct headway_id id, uuid, found;

	leftover_put();
	CHECK_INT(headway_open(other, &o, &good), 0);
	uuid = uuid_of(good);
	CHECK_INT(headway_start(good, NULL, &record), 0);
	CHECK_INT(headway_get_id(record, &id), 0);
	intruding = 1;
	CHECK_INT(open_with(0, 1 << 20, NULL, &arena), 0);
	CHECK_INT(intruding, 0);
	found = uuid_of(arena);
	CHECK(memcmp(&found, &uuid, sizeof uuid) == 0);
	CHECK_INT(headway_read(arena, &id, &snapshot), 0);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
	headway_close(good);
	CHECK_INT(headway_unlink(name), 0);
	CHECK_INT(files_with("/dev/shm", name + 1), 0);
}

/* ---- the environment of a set-user-ID program ------------------------------------------------ */

/* Run as another user: which arena is opened without a name? */
static int show_default(void)
{
	struct headway_options o = {.size = sizeof o, .flags = HEADWAY_READ_ONLY};
	struct headway_arena *arena = NULL;
	int error = headway_open(NULL, &o, &arena);

	puts(error == -ENOENT ? "none" : error ? headway_strerror(error) : "opened");
	return 0;
}

static void the_environment_is_not_believed(void)
{
	char folder[] = "/tmp/headway-suid-XXXXXX", command[512], said[128] = "";
	struct headway_arena *arena = NULL;
	struct statvfs tmp;
	FILE *output;

	if (geteuid() != 0 || statvfs("/tmp", &tmp) != 0 || tmp.f_flag & ST_NOSUID) {
		note_left_out("a set-user-ID program");
		return;
	}
	CHECK_INT(open_with(0, 1 << 20, NULL, &arena), 0);
	headway_close(arena);
	if (!mkdtemp(folder) || chmod(folder, 0755) != 0 || chmod(path, 0644) != 0)
		FAIL("%s: no folder", folder);
	snprintf(command, sizeof command,
		 "cp /proc/%d/exe %s/p && chown 65533 %s/p && chmod 4755 %s/p && HEADWAY_ARENA=%s "
		 "setpriv --reuid 65534 --clear-groups %s/p --default",
		 (int)getpid(), folder, folder, folder, name, folder);
	output = popen(command, "r");
	CHECK(output && fgets(said, sizeof said, output));
	pclose(output);
	CHECK(strcmp(said, "opened\n") != 0 || access("/dev/shm/headway", F_OK) == 0);
	snprintf(command, sizeof command, "rm -r %s", folder);
	CHECK_INT(system(command), 0);
	CHECK_INT(headway_unlink(name), 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--default") == 0)
		return show_default();
	run_as_root();
	check_begin(120);
	snprintf(name, sizeof name, "%s", new_name());
	snprintf(path, sizeof path, "%s", file_of(name));
	snprintf(other, sizeof other, "%s-other", path);
	RUN(signals_end_calls);
	RUN(a_start_without_random_bytes_keeps_no_slot);
	RUN(a_group_of_thousands);
	RUN(waits_for_a_slow_holder_of_the_lock);
	RUN(all_come_to_one_arena);
	RUN(what_was_made_meanwhile_is_kept);
	RUN(the_environment_is_not_believed);
	return check_end() || as_root_failed();
}
