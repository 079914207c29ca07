/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/open_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	DEPTH_MOST = 64,  /* of descendants */
	READ_LEAST = 4096 /* the loader reads so much of a library, and maps the rest */
};

/* The biggest files that one look has found. */
struct found {
	struct file_course read, written;
};

/* Read a small file of /proc.  Returns its length, or a negative errno. */
static ssize_t read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read(fd, text, size - 1);
	if (length < 0)
		length = -errno;
	close(fd);
	if (length >= 0)
		text[length] = '\0';
	return length;
}

uint64_t process_start(pid_t pid)
{
	char path[64], text[1024], state = 'X';
	unsigned long long start = 0;
	const char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (read_text(path, text, sizeof(text)) <= 0)
		return 0;
	end = strrchr(text, ')'); /* the name may hold blanks and brackets */
	if (!end || sscanf(end,
			   ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			   "%*d %*d %llu",
			   &state, &start) != 2)
		return 0;
	return state == 'Z' || state == 'X' ? 0 : start;
}

static uint64_t device_bytes(dev_t device)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/size", major(device), minor(device));
	return read_text(path, text, sizeof(text)) > 0 ? strtoull(text, NULL, 10) * 512 : 0;
}

/* Position and access mode of a descriptor. */
static int read_position(pid_t pid, const char *fd, uint64_t *position, int *mode)
{
	char path[64], text[512];
	uint64_t at;
	unsigned flags;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.20s", (int)pid, fd);
	if (read_text(path, text, sizeof(text)) <= 0 ||
	    sscanf(text, "pos: %" SCNu64 " flags: %o", &at, &flags) != 2)
		return 0;
	*position = at;
	*mode = (int)(flags & O_ACCMODE);
	return 1;
}

static void look_at_descriptor(pid_t pid, const char *fd, struct found *found)
{
	struct file_course file = {.is_open = 1}, *best;
	char path[64];
	struct stat about;
	ssize_t length;
	int mode;

	snprintf(path, sizeof(path), "/proc/%d/fd/%.20s", (int)pid, fd);
	if (stat(path, &about) || !(S_ISREG(about.st_mode) || S_ISBLK(about.st_mode)) ||
	    !read_position(pid, fd, &file.position, &mode))
		return;
	file.size = S_ISBLK(about.st_mode) ? device_bytes(about.st_rdev) : (uint64_t)about.st_size;
	file.device = S_ISBLK(about.st_mode) ? about.st_rdev : about.st_dev;
	file.inode = about.st_ino;
	if (mode == O_RDONLY && file.position <= READ_LEAST)
		return;
	best = mode == O_RDONLY ? &found->read : &found->written;
	if (best->is_open && (best->size > file.size ||
			      (best->size == file.size && best->position >= file.position)))
		return;
	length = readlink(path, file.path, sizeof(file.path) - 1);
	if (length < 0)
		return;
	file.path[length] = '\0';
	*best = file;
}

/* Call fn for each name in a folder that is a number.  0, or a negative errno. */
static int each_number(const char *path, void (*fn)(const char *name, void *argument),
		       void *argument)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (!folder)
		return -errno;
	while ((entry = readdir(folder)))
		if (isdigit((unsigned char)*entry->d_name))
			fn(entry->d_name, argument);
	closedir(folder);
	return 0;
}

/* A process that is looked at, and how far below the first one. */
struct visit {
	struct found *found;
	pid_t pid;
	int depth;
};

static int look_at_process(struct found *found, pid_t pid, int depth);

static void visit_descriptor(const char *name, void *argument)
{
	struct visit *visit = argument;

	look_at_descriptor(visit->pid, name, visit->found);
}

/* The children that a thread has. */
static void visit_thread(const char *name, void *argument)
{
	struct visit *visit = argument;
	char path[64];
	FILE *children;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/children", (int)visit->pid, name);
	children = fopen(path, "re");
	while (children && fscanf(children, "%d", &child) == 1)
		(void)look_at_process(visit->found, child, visit->depth + 1);
	if (children)
		fclose(children);
}

static int look_at_process(struct found *found, pid_t pid, int depth)
{
	struct visit visit = {found, pid, depth};
	char path[64];
	int error;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	error = each_number(path, visit_descriptor, &visit);
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	if (depth < DEPTH_MOST)
		(void)each_number(path, visit_thread, &visit);
	return error;
}

/* Go on with the file that was found. */
static void course_follow(struct file_course *course, const struct file_course *found)
{
	uint64_t before = course->before, files = course->files;
	int is_same = files && course->device == found->device && course->inode == found->inode;

	course->is_open = found->is_open;
	if (!found->is_open)
		return; /* between two files, or after the last */
	if (files && !is_same)
		before += course->size > course->position ? course->size : course->position;
	*course = *found;
	course->before = before;
	course->files = files + !is_same;
}

int open_files_look(struct open_files *files, pid_t pid)
{
	static struct found found; /* too big for a stack */
	int error;

	found.read.is_open = found.written.is_open = 0;
	error = look_at_process(&found, pid, 0);
	if (!process_start(pid))
		return -ESRCH;
	if (error)
		return error == -ENOENT ? -ESRCH : error;
	course_follow(&files->read, &found.read);
	course_follow(&files->written, &found.written);
	return 0;
}

const struct file_course *open_files_main(const struct open_files *files)
{
	return files->read.files ? &files->read : &files->written;
}

void open_files_progress(const struct open_files *files, uint64_t *done, uint64_t *total)
{
	const struct file_course *course = open_files_main(files);

	*done = course->before + course->position;
	*total = course->before +
		 (course->size > course->position ? course->size : course->position);
	if (course == &files->written) /* what is still to be written is not known */
		*total = 0;
}
