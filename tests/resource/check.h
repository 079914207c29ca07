/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs of this folder share: names that carry the pid, a count of what failed. */
#ifndef RESOURCE_CHECK_H
#define RESOURCE_CHECK_H

#include "headway.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures;

__attribute__((format(printf, 3, 4), unused)) static void fail(const char *file, int line,
							       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
	va_end(arguments);
	failures++;
}

#define FAIL(...) fail(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			FAIL("not so: %s", #condition);                                            \
	} while (0)

#define EQUAL(got, want)                                                                           \
	do {                                                                                       \
		long long got_ = (long long)(got), want_ = (long long)(want);                      \
		if (got_ != want_)                                                                 \
			FAIL("%s is %lld (%s), not %lld", #got, got_,                              \
			     got_ < 0 ? headway_strerror((int)got_) : "", want_);                  \
	} while (0)

/* "/headway-WHAT-PID": the arena's name; its file is in /dev/shm. */
static inline const char *name_of(const char *what)
{
	static char name[128];

	snprintf(name, sizeof name, "/headway-%s-%d", what, (int)getpid());
	return name;
}

static inline const char *file_of(const char *name)
{
	static char path[192];

	snprintf(path, sizeof path, "/dev/shm%s", name);
	return path;
}

/* Files in a folder whose names hold part: also the temporary ones. */
static inline int files_with(const char *folder, const char *part)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int count = 0;

	while (d && (e = readdir(d)))
		count += strstr(e->d_name, part) != NULL;
	if (d)
		closedir(d);
	return count;
}

/* The exit code of a child that runs fn; 128 and more: killed by that signal. */
__attribute__((unused)) static int in_child(int (*fn)(void *), void *argument)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		int code;

		failures = 0;
		code = fn(argument);
		_exit(code ? code : failures != 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
