/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three methods: copy_file_range() between files, splice() when either side is a pipe, and read()
 * with write().  When one of the first two fails or reports the end, read() and write() continue
 * and decide: copy_file_range() reports the end at once for files of /proc, whose size is 0, and
 * both refuse a file that was opened with O_APPEND.
 */
#include "cmd/copy.h"

#include "base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PIPE_BYTES   (1 << 20)
#define BUFFER_BYTES (1 << 18)
#define RANGE_BYTES  (8 << 20)

enum way { WAY_RANGE, WAY_SPLICE, WAY_READ };

/* The best method for these two files. */
static enum way choose_way(const struct copy *copy)
{
	struct stat in, out;

	if (copy->lines || copy->most || fstat(STDIN_FILENO, &in) || fstat(STDOUT_FILENO, &out))
		return WAY_READ;
	if (S_ISREG(in.st_mode) && S_ISREG(out.st_mode))
		return WAY_RANGE;
	if (S_ISFIFO(in.st_mode) ||
	    (S_ISFIFO(out.st_mode) && (S_ISREG(in.st_mode) || S_ISBLK(in.st_mode))))
		return WAY_SPLICE;
	return WAY_READ;
}

/* A bigger pipe needs fewer system calls; a failure does no harm. */
static void widen_pipe(int fd)
{
	int now = fcntl(fd, F_GETPIPE_SZ);

	if (now > 0 && now < PIPE_BYTES)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

/* Wait for a descriptor that another process made non-blocking. */
static void wait_until_ready(int fd, short events)
{
	struct pollfd ready = {.fd = fd, .events = events};

	(void)poll(&ready, 1, -1);
}

static ssize_t copy_some(enum way way)
{
	if (way == WAY_RANGE)
		return copy_file_range(STDIN_FILENO, NULL, STDOUT_FILENO, NULL, RANGE_BYTES, 0);
	return splice(STDIN_FILENO, NULL, STDOUT_FILENO, NULL, PIPE_BYTES, SPLICE_F_MORE);
}

/* Copy inside the kernel until this method fails or reports the end. */
static void copy_in_kernel(struct copy *copy, enum way way)
{
	for (;;) {
		ssize_t moved = copy_some(way);

		if (moved > 0)
			copy->counted((uint64_t)moved, copy->argument);
		else if (moved == 0 || errno != EINTR)
			return;
	}
}

static int write_all(const char *data, size_t length)
{
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, data, length);

		if (written >= 0) {
			data += written;
			length -= (size_t)written;
		} else if (errno == EAGAIN) {
			wait_until_ready(STDOUT_FILENO, POLLOUT);
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* Compare sixteen bytes at a time, since memchr() is slow on short lines.  Each byte of sums grows
 * by at most one in a turn, so it cannot overflow within 255 turns. */
static uint64_t count_lines(const char *data, size_t length)
{
	typedef unsigned char bytes __attribute__((vector_size(16)));
	uint64_t lines = 0;

	while (length >= sizeof(bytes)) {
		size_t turns = length / sizeof(bytes) < 255 ? length / sizeof(bytes) : 255;
		bytes sums = {0}, some;

		for (size_t i = 0; i < turns; i++, data += sizeof(some)) {
			memcpy(&some, data, sizeof(some));
			sums -= (bytes)(some == '\n'); /* each lane is -1 or 0 */
		}
		for (size_t i = 0; i < sizeof(sums); i++)
			lines += sums[i];
		length -= turns * sizeof(some);
	}
	for (; length > 0; length--)
		lines += *data++ == '\n';
	return lines;
}

/* ---- at a limited rate ------------------------------------------------------------------------ */

struct pace {
	uint64_t most;  /* bytes per second; 0: no limit */
	int64_t due_ns; /* when the bytes so far should have taken until now */
};

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* A tenth of a second's bytes at once. */
static size_t pace_piece(const struct pace *pace)
{
	uint64_t piece = pace->most ? pace->most / 10 : BUFFER_BYTES;

	return piece < 1 ? 1 : piece < BUFFER_BYTES ? (size_t)piece : BUFFER_BYTES;
}

/* Waits until this many more bytes are due.  Time in which the input was slow is not made up for. */
static void pace_wait(struct pace *pace, size_t length)
{
	int64_t now_ns = clock_ns();
	struct timespec due;

	if (!pace->most)
		return;
	if (pace->due_ns < now_ns)
		pace->due_ns = now_ns;
	pace->due_ns += (int64_t)((double)length * 1e9 / (double)pace->most);
	due.tv_sec = pace->due_ns / 1000000000;
	due.tv_nsec = pace->due_ns % 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
		;
}

static int copy_by_hand(struct copy *copy, char *buffer)
{
	struct pace pace = {.most = copy->most};

	for (;;) {
		ssize_t got = read(STDIN_FILENO, buffer, pace_piece(&pace));
		int error;

		if (got == 0)
			return 0;
		if (got < 0 && errno == EAGAIN)
			wait_until_ready(STDIN_FILENO, POLLIN);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0) {
			copy->failure = COPY_READ;
			return -errno;
		}
		error = write_all(buffer, (size_t)got);
		if (error) {
			copy->failure = COPY_WRITE;
			return error;
		}
		copy->counted(copy->lines ? count_lines(buffer, (size_t)got) : (uint64_t)got,
			      copy->argument);
		pace_wait(&pace, (size_t)got);
	}
}

int copy_all(struct copy *copy)
{
	enum way way = choose_way(copy);
	char *buffer = say_memory(malloc(BUFFER_BYTES));
	int error;

	widen_pipe(STDIN_FILENO);
	widen_pipe(STDOUT_FILENO);
	if (way != WAY_READ)
		copy_in_kernel(copy, way);
	error = copy_by_hand(copy, buffer);
	if (!error && close(STDOUT_FILENO) && errno != EBADF) {
		copy->failure = COPY_WRITE;
		error = -errno;
	}
	free(buffer);
	return error;
}
