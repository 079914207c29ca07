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

/* What is known of a file that is looked at. */
struct seen {
	dev_t device;
	ino_t inode;
	enum file_rank rank;
	uint64_t position, size;
	int is_open; /* 0: there is none */
	char path[PATH_MAX];
};

/* The files that one look has found to count, and what the process has as standard output and standard error. */
struct found {
	struct seen read, written;
	struct stat standard[2]; /* st_mode 0: none */
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

/* Position of a descriptor, and the flags that it was opened with. */
static int read_position(pid_t pid, const char *fd, uint64_t *position, unsigned *flags)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.20s", (int)pid, fd);
	return read_text(path, text, sizeof(text)) > 0 &&
	       sscanf(text, "pos: %" SCNu64 " flags: %o", position, flags) == 2;
}

static int is_same_file(const struct stat *one, const struct stat *other)
{
	return S_ISREG(one->st_mode) && S_ISREG(other->st_mode) && one->st_dev == other->st_dev &&
	       one->st_ino == other->st_ino;
}

/* Of a file that is written.  Descendants inherit standard output and standard error: what counts is the file,
 * not the descriptor. */
static enum file_rank rank_of(const struct stat *about, unsigned flags, const struct found *found)
{
	if (is_same_file(about, &found->standard[1]))
		return RANK_LOG;
	if (is_same_file(about, &found->standard[0]))
		return RANK_OUTPUT;
	return flags & O_APPEND ? RANK_APPENDED : RANK_OWN;
}

/* Has a file to be followed rather than the best one so far? */
static int is_better(const struct seen *file, const struct seen *best)
{
	if (!best->is_open || file->rank != best->rank)
		return !best->is_open || file->rank > best->rank;
	return file->size != best->size ? file->size > best->size : file->position > best->position;
}

static void look_at_descriptor(pid_t pid, const char *fd, struct found *found)
{
	struct seen file = {.is_open = 1, .rank = RANK_OWN}, *best;
	char path[64];
	struct stat about;
	unsigned flags;
	ssize_t length;
	int is_read;

	snprintf(path, sizeof(path), "/proc/%d/fd/%.20s", (int)pid, fd);
	if (stat(path, &about) || !(S_ISREG(about.st_mode) || S_ISBLK(about.st_mode)) ||
	    !read_position(pid, fd, &file.position, &flags))
		return;
	file.size = S_ISBLK(about.st_mode) ? device_bytes(about.st_rdev) : (uint64_t)about.st_size;
	file.device = S_ISBLK(about.st_mode) ? about.st_rdev : about.st_dev;
	file.inode = about.st_ino;
	is_read = (flags & O_ACCMODE) == O_RDONLY;
	if (!is_read)
		file.rank = rank_of(&about, flags, found);
	if (file.rank == RANK_LOG || file.position <= (is_read ? READ_LEAST : 0))
		return;
	best = is_read ? &found->read : &found->written;
	if (!is_better(&file, best))
		return;
	length = readlink(path, file.path, sizeof(file.path) - 1);
	if (length < 0)
		return;
	file.path[length] = '\0';
	*best = file;
}

/* A descriptor on which nothing can be written holds no log. */
static void look_at_standard(pid_t pid, struct found *found)
{
	for (int i = 0; i < 2; i++) {
		const char fd[2] = {(char)('1' + i), '\0'};
		char path[64];
		uint64_t position;
		unsigned flags;

		snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, fd);
		found->standard[i].st_mode = 0;
		if (!read_position(pid, fd, &position, &flags) || (flags & O_ACCMODE) == O_RDONLY ||
		    stat(path, &found->standard[i]))
			found->standard[i].st_mode = 0;
	}
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

/* The present file is left for another one: it counts as done. */
static void course_leave(struct file_course *course)
{
	uint64_t bytes = course->size > course->position ? course->size : course->position;

	course->left[course->leaves++ % FILES_KEPT] =
		(struct file_left){course->device, course->inode, course->position, bytes};
	course->before += bytes;
}

/* Is this a file that was left, and not read or written from its beginning again?  Then it no longer counts
 * among those before. */
static int course_returns(struct file_course *course, const struct seen *found)
{
	for (int i = 0; i < FILES_KEPT; i++) {
		struct file_left *left = &course->left[i];

		if (!left->counted || left->device != found->device ||
		    left->inode != found->inode || found->position < left->position)
			continue;
		course->before -= left->counted;
		left->counted = 0;
		return 1;
	}
	return 0;
}

/* Go on with the file that was found. */
static void course_follow(struct file_course *course, const struct seen *found)
{
	int is_same;

	course->is_open = found->is_open && (!course->files || found->rank >= course->rank);
	if (!course->is_open)
		return;                   /* between two files, or after the last */
	if (found->rank > course->rank) { /* what was followed until now was not the work */
		course->before = course->files = 0;
		memset(course->left, 0, sizeof(course->left));
	}
	is_same = course->files && course->device == found->device && course->inode == found->inode;
	if (course->files && !is_same)
		course_leave(course);
	if (!is_same && !course_returns(course, found))
		course->files++;
	course->device = found->device;
	course->inode = found->inode;
	course->rank = found->rank;
	course->position = found->position;
	course->size = found->size;
	memcpy(course->path, found->path, sizeof(course->path));
}

int open_files_look(struct open_files *files, pid_t pid)
{
	static struct found found; /* too big for a stack */
	int error;

	found.read.is_open = found.written.is_open = 0;
	look_at_standard(pid, &found);
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
