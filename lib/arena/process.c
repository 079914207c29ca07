/* SPDX-License-Identifier: BSD-3-Clause */
#include "arena/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { READ_TRIES = 16, INODE_FIELD = 4 };

/* Only -ESRCH shows that the process ended, after the file was opened. */
static ssize_t proc_read(int fd, char *text, size_t bytes)
{
	ssize_t got = read(fd, text, bytes);

	for (int i = 0; got < 0 && errno == EINTR && i < READ_TRIES; i++)
		got = read(fd, text, bytes);
	if (got >= 0)
		return got;
	return errno == ESRCH ? -ESRCH : -EACCES;
}

static int stat_once(uint32_t pid, uint64_t *start_ticks, char command[16])
{
	char path[40], text[1024];
	char *open_paren, *close_paren, state = 0;
	unsigned long long start = 0, threads = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%u/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* /proc may hide other users' processes; kill() shows whether the process exists */
	if (fd < 0)
		return (errno == ENOENT || errno == ESRCH) && kill((pid_t)pid, 0) != 0 &&
				       errno == ESRCH
			       ? -ESRCH
			       : -EACCES;
	got = proc_read(fd, text, sizeof text - 1);
	close(fd);
	if (got < 0)
		return (int)got;
	text[got] = '\0';
	open_paren = strchr(text, '(');
	close_paren = strrchr(text, ')');
	if (!open_paren || !close_paren ||
	    sscanf(close_paren + 1,
		   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
		   "%*d %llu %*d %llu",
		   &state, &threads, &start) != 3)
		return -EACCES;
	*close_paren = '\0';
	*start_ticks = start;
	snprintf(command, 16, "%.15s", open_paren + 1);
	/* a main thread that has ended is a zombie while other threads go on */
	return (state == 'Z' || state == 'X') && threads <= 1 ? -ESRCH : 0;
}

/* exec() by a thread gives the pid to that thread; a read in this moment may show the main thread that it
 * replaced, which is dead. A second read shows the process. */
int hw__process_stat(uint32_t pid, uint64_t *start_ticks, char command[16])
{
	int error = stat_once(pid, start_ticks, command);

	return error == -ESRCH ? stat_once(pid, start_ticks, command) : error;
}

/* Finds the number in the fifth field of a line: "address rights offset device inode path". */
struct maps_parser {
	int field;
	uint64_t number;
	bool found, read_any;
};

static void maps_parse(struct maps_parser *p, const char *text, size_t bytes, uint64_t inode)
{
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == ' ' || text[i] == '\n') {
			p->found |= p->field == INODE_FIELD && p->number == inode;
			p->field = text[i] == '\n' ? 0 : p->field + 1;
			p->number = 0;
		} else if (p->field == INODE_FIELD) {
			p->number = p->number * 10 + (uint64_t)(text[i] - '0');
		}
	}
	p->read_any |= bytes > 0;
}

int hw__process_maps(uint32_t pid, uint64_t inode)
{
	struct maps_parser parser = {0};
	char path[40], text[4096];
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/%u/maps", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((got = proc_read(fd, text, sizeof text)) > 0)
		maps_parse(&parser, text, (size_t)got, inode);
	close(fd);
	return parser.found ? 1 : got < 0 || !parser.read_any ? -1 : 0;
}
