/* SPDX-License-Identifier: BSD-3-Clause */
#include "forecast/history.h"

#include "base/clock.h"
#include "base/sized.h"
#include "headway.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[8] = "hwhist1\n";

enum { FILE_NAME = 16, ABANDONED_SECONDS = 60 };

/* ---- the folder ------------------------------------------------------------------------------ */

static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Root makes no folder in one of another user. */
static bool may_make_in(const char *parent)
{
	struct stat st;

	return geteuid() != 0 || (stat(*parent ? parent : "/", &st) == 0 && st.st_uid == 0);
}

/* Makes the folder and those above it that are missing, but none above the slash at path[from]. */
static void folders_make(char *path, size_t from)
{
	for (char *slash = path + from, *next; slash; slash = next) {
		bool may_make;

		*slash = '\0';
		may_make = may_make_in(path);
		*slash = '/';
		next = strchr(slash + 1, '/');
		if (next)
			*next = '\0';
		if (may_make)
			(void)mkdir(path, 0700);
		if (next)
			*next = '/';
	}
}

/* Gets the folder's path, and makes the folder if asked to. 0, -ENOENT, -ENAMETOOLONG. */
static int folder_path(bool make, char path[PATH_MAX])
{
	const char *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
	size_t from = 0;
	int length;

	if (state && *state == '/') {
		length = snprintf(path, PATH_MAX, "%s/headway", state);
	} else if (home && *home == '/') {
		length = snprintf(path, PATH_MAX, "%s/.local/state/headway", home);
		from = strlen(home);
	} else {
		return -ENOENT;
	}
	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	if (make)
		folders_make(path, from);
	return 0;
}

/* Returns a descriptor of the folder, or a negative errno. */
static int folder_open(bool make)
{
	char path[PATH_MAX];
	struct stat st;
	int folder, error = folder_path(make, path);

	if (error)
		return error;
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	if (fstat(folder, &st) == 0 && is_ours(&st))
		return folder;
	close(folder);
	return -EACCES;
}

/* FNV-1a. */
static uint64_t hash(const void *data, size_t length)
{
	const unsigned char *at = data;
	uint64_t sum = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ at[i]) * UINT64_C(1099511628211);
	return sum;
}

static void file_name(const char *name, char text[FILE_NAME + 1])
{
	(void)snprintf(text, FILE_NAME + 1, "%016llx",
		       (unsigned long long)hash(name, strlen(name)));
}

static bool is_file_name(const char *text)
{
	return strlen(text) == FILE_NAME && strspn(text, "0123456789abcdef") == FILE_NAME;
}

/* ---- reading --------------------------------------------------------------------------------- */

static uint64_t checksum(const struct hw__history_file *file)
{
	return hash(&file->count, sizeof *file - offsetof(struct hw__history_file, count));
}

static bool file_is_valid(const struct hw__history_file *file)
{
	if (memcmp(file->magic, magic, sizeof magic) != 0 || file->checksum != checksum(file) ||
	    file->count > HW__PROFILE_RUNS || !*file->name ||
	    !memchr(file->name, '\0', sizeof file->name))
		return false;
	for (uint64_t i = 0; i < file->count; i++)
		if (!hw__run_is_valid(&file->runs[i]))
			return false;
	return true;
}

/* False: the file may not be used, or is not a history. */
static bool file_read(int folder, const char *path, struct hw__history_file *file)
{
	int fd = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	bool is_read;

	if (fd < 0)
		return false;
	is_read = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_ours(&st) &&
		  st.st_size == (off_t)sizeof *file &&
		  read(fd, file, sizeof *file) == (ssize_t)sizeof *file;
	close(fd);
	return is_read && file_is_valid(file);
}

static void load_from(int folder, const char *name, struct hw__history_file *file)
{
	char path[FILE_NAME + 1];

	file_name(name, path);
	if (!file_read(folder, path, file) || strcmp(file->name, name) != 0)
		memset(file, 0, sizeof *file);
}

void hw__history_load(const char *name, struct hw__history_file *file)
{
	int folder = folder_open(false);

	memset(file, 0, sizeof *file);
	if (folder < 0)
		return;
	load_from(folder, name, file);
	close(folder);
}

/* ---- all files ------------------------------------------------------------------------------- */

/* Calls fn for the name of each file until fn returns a value other than 0; returns that value. */
static int files_each(int folder, int (*fn)(int folder, const char *path, void *), void *argument)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!directory) {
		result = -errno;
		if (copy >= 0)
			close(copy);
		return result;
	}
	while (!result && (entry = readdir(directory)))
		if (is_file_name(entry->d_name))
			result = fn(folder, entry->d_name, argument);
	closedir(directory);
	return result;
}

struct oldest {
	size_t count;
	struct timespec at;
	char path[FILE_NAME + 1];
};

static int compare_age(int folder, const char *path, void *argument)
{
	struct oldest *o = argument;
	struct stat st;

	if (fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	if (!o->count++ || st.st_mtim.tv_sec < o->at.tv_sec ||
	    (st.st_mtim.tv_sec == o->at.tv_sec && st.st_mtim.tv_nsec < o->at.tv_nsec)) {
		o->at = st.st_mtim;
		memcpy(o->path, path, sizeof o->path);
	}
	return 0;
}

/* Removes the file that was not used for the longest time if there are too many for a new name. */
static void make_room(int folder, const char *path)
{
	struct oldest o = {.count = 0};
	struct stat st;

	if (fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	if (files_each(folder, compare_age, &o) == 0 && o.count >= HW__HISTORIES)
		(void)unlinkat(folder, o.path, 0);
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Makes the file that will be renamed. Fails if another process is writing the same history; removes the file
 * that a killed process has left. */
static int new_file(int folder, const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(folder, path, flags, 0600);
	struct stat st;

	if (fd >= 0 || errno != EEXIST || fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    (uint64_t)st.st_mtim.tv_sec + ABANDONED_SECONDS > hw__wall_coarse_ns() / 1000000000)
		return fd;
	(void)unlinkat(folder, path, 0);
	return openat(folder, path, flags, 0600);
}

static void file_replace(int folder, const char *path, const struct hw__history_file *file)
{
	char temporary[FILE_NAME + 5];
	bool is_whole;
	int fd;

	(void)snprintf(temporary, sizeof temporary, "%s.new", path);
	fd = new_file(folder, temporary);
	if (fd < 0)
		return;
	is_whole = fchmod(fd, 0600) == 0 && write(fd, file, sizeof *file) == (ssize_t)sizeof *file;
	is_whole = close(fd) == 0 && is_whole;
	if (!is_whole || renameat(folder, temporary, folder, path) != 0)
		(void)unlinkat(folder, temporary, 0);
}

void hw__history_add(const char *name, const struct hw__run *run)
{
	struct hw__history_file file;
	char path[FILE_NAME + 1];
	int folder = folder_open(true);

	if (folder < 0)
		return;
	file_name(name, path);
	make_room(folder, path);
	load_from(folder, name, &file);
	if (file.count < HW__PROFILE_RUNS)
		file.count++;
	memmove(file.runs + 1, file.runs, (HW__PROFILE_RUNS - 1) * sizeof *run);
	file.runs[0] = *run;
	memcpy(file.magic, magic, sizeof magic);
	memcpy(file.name, name, strnlen(name, sizeof file.name - 1));
	file.checksum = checksum(&file);
	file_replace(folder, path, &file);
	close(folder);
}

/* ---- listing, forgetting --------------------------------------------------------------------- */

struct listing {
	int (*fn)(const struct headway_history *, void *);
	void *argument;
	int count;
};

static int list_file(int folder, const char *path, void *argument)
{
	struct listing *l = argument;
	struct hw__history_file file;
	struct headway_history history = {.size = sizeof history};
	struct hw__profile profile;

	if (!file_read(folder, path, &file) ||
	    !hw__profile_make(file.runs, file.count, 0, &profile))
		return 0;
	l->count++;
	history.name = file.name;
	history.runs = profile.runs;
	history.total = profile.total;
	history.last_ns = file.runs[0].ended_ns;
	history.duration_seconds = (double)profile.duration_ns / 1e9;
	return l->fn(&history, l->argument);
}

int headway_history_each(int (*fn)(const struct headway_history *, void *), void *argument)
{
	struct listing l = {fn, argument, 0};
	int folder, result;

	if (!fn)
		return -EINVAL;
	folder = folder_open(false);
	if (folder == -ENOENT)
		return 0;
	if (folder < 0)
		return folder;
	result = files_each(folder, list_file, &l);
	close(folder);
	return result ? result : l.count;
}

static int forget_file(int folder, const char *path, void *argument)
{
	int *count = argument;

	if (unlinkat(folder, path, 0) != 0)
		return errno == ENOENT ? 0 : -errno;
	++*count;
	return 0;
}

int headway_history_forget(const char *name)
{
	int folder = folder_open(false), count = 0, error;
	char path[FILE_NAME + 1];

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	if (name) {
		file_name(name, path);
		error = forget_file(folder, path, &count);
	} else {
		error = files_each(folder, forget_file, &count);
	}
	close(folder);
	return error ? error : count;
}
