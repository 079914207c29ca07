/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How far processes are with their files, from outside: the position of each open regular file and block
 * device is in /proc/PID/fdinfo.  Nothing of the process is changed or stopped.
 *
 * Of a process and its descendants, the biggest file that is open for reading counts as what is read, and
 * the biggest one that is open for writing as what is written.  When another file takes its place, the
 * first one counts as done.  A file of which no more than its beginning was read does not count yet: libraries
 * look so.  What is read or written without moving a position (pread, mmap) is not seen.
 *
 * What the process writes to a file on its standard output or standard error may be a log, and a log may be bigger
 * than the file that the work is about: see enum file_rank.
 */
#ifndef TOOLS_OPEN_FILES_H
#define TOOLS_OPEN_FILES_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#define FILES_KEPT 16

/* Files of a lower rank do not count beside one of a higher rank, nor after it. */
enum file_rank {
	RANK_LOG,      /* on standard error: never counts */
	RANK_OUTPUT,   /* on standard output */
	RANK_APPENDED, /* opened with O_APPEND */
	RANK_OWN,      /* any other, and all that are read */
};

/* A file that was followed and then left for another one. */
struct file_left {
	dev_t device;
	ino_t inode;
	uint64_t position, counted; /* counted: bytes, in before */
};

/* One file after another. */
struct file_course {
	dev_t device; /* of the present one */
	ino_t inode;
	enum file_rank rank;
	uint64_t position, size;
	uint64_t before; /* sizes of those that came before it */
	uint64_t files;  /* how many were seen */
	int is_open;     /* at the last look */
	char path[PATH_MAX];
	struct file_left left[FILES_KEPT]; /* the latest, at leaves % FILES_KEPT */
	unsigned leaves;
};

struct open_files {
	struct file_course read, written;
};

/* When a process started, in clock ticks: it tells the processes apart that one id has had.  0: there is
 * none, or it has ended. */
uint64_t process_start(pid_t pid);

/* Look at the files of a process and its descendants.  0; -ESRCH: it has ended; -EACCES. */
int open_files_look(struct open_files *files, pid_t pid);

/* Bytes: of what is read, or of what is written when nothing was ever read.  total 0: unknown. */
void open_files_progress(const struct open_files *files, uint64_t *done, uint64_t *total);

/* The course that the progress is of. */
const struct file_course *open_files_main(const struct open_files *files);

#endif
