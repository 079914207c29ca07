/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/output.h"

#include "base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int make_pipe(struct output_stream *stream)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	stream->from = ends[0];
	stream->child_end = ends[1];
	return 0;
}

/* The size of a terminal, or else of another one that we have. */
static void terminal_size(int fd, struct winsize *size)
{
	*size = (struct winsize){.ws_row = 24, .ws_col = 80};
	if (!ioctl(fd, TIOCGWINSZ, size))
		return;
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (!ioctl(i, TIOCGWINSZ, size))
			return;
}

/* A pseudo-terminal without output processing, which the original terminal does. */
static int make_terminal(struct output_stream *stream)
{
	struct termios settings;
	struct winsize size;
	char name[64];

	stream->from = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (stream->from < 0)
		return -errno;
	if (grantpt(stream->from) || unlockpt(stream->from) ||
	    ptsname_r(stream->from, name, sizeof(name)))
		return -errno;
	stream->child_end = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (stream->child_end < 0)
		return -errno;
	if (tcgetattr(stream->to, &settings) && tcgetattr(stream->child_end, &settings))
		return -errno;
	settings.c_oflag &= ~(tcflag_t)OPOST;
	settings.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	(void)tcsetattr(stream->child_end, TCSANOW, &settings);
	terminal_size(stream->to, &size);
	(void)ioctl(stream->from, TIOCSWINSZ, &size);
	return 0;
}

static void open_pipe(struct output_stream *stream)
{
	int error = make_pipe(stream);

	if (error) {
		say("cannot make a pipe: %s", strerror(-error));
		exit(EXIT_FAILED);
	}
}

static void open_stream(struct output_stream *stream, int is_terminal)
{
	int error = is_terminal || isatty(stream->to) ? make_terminal(stream) : -ENOTTY;

	if (!error)
		return;
	if (stream->from >= 0)
		close(stream->from);
	open_pipe(stream); /* also if no terminal can be made */
}

/* True if both are the same file or pipe. Terminals do not count: they are replaced by
 * terminals. */
static int are_same_file(int a, int b)
{
	struct stat first, second;

	return !fstat(a, &first) && !fstat(b, &second) && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino && !S_ISCHR(first.st_mode);
}

void output_none(struct output *output)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		output->streams[i] = (struct output_stream){
			.from = -1,
			.to = i < OUTPUT_STREAMS - 1 ? STDOUT_FILENO + i : -1,
			.child_end = -1};
}

void output_start(struct output *output, unsigned flags)
{
	struct output_stream *out = &output->streams[0], *err = &output->streams[1];

	if (flags & OUTPUT_ERROR_PIPE && !(flags & OUTPUT_TERMINAL))
		open_pipe(err);
	else
		open_stream(err, (flags & (OUTPUT_TERMINAL | OUTPUT_ERROR_TERMINAL)) != 0);
	if (are_same_file(STDOUT_FILENO, STDERR_FILENO))
		err->carries_both = 1;
	else if (flags & (OUTPUT_STANDARD | OUTPUT_TERMINAL))
		open_stream(out, (flags & OUTPUT_TERMINAL) != 0);
}

/* The number is taken at once, so that no other descriptor gets it. */
int output_add(struct output *output, int number)
{
	struct output_stream *stream = &output->streams[OUTPUT_STREAMS - 1];
	int error = make_pipe(stream);

	if (error || stream->child_end == number)
		return error;
	if (stream->from == number)
		stream->from = fcntl(number, F_DUPFD_CLOEXEC, number + 1);
	if (stream->from < 0 || dup3(stream->child_end, number, O_CLOEXEC) < 0)
		return -errno;
	close(stream->child_end);
	stream->child_end = number;
	return 0;
}

void output_in_child(struct output *output)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		struct output_stream *stream = &output->streams[i];

		if (stream->child_end < 0)
			continue;
		if (stream->to < 0) {
			(void)fcntl(stream->child_end, F_SETFD, 0);
			continue;
		}
		dup2(stream->child_end, stream->to);
		if (stream->carries_both)
			dup2(stream->child_end, STDOUT_FILENO);
	}
}

void output_in_parent(struct output *output)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		if (output->streams[i].child_end >= 0)
			close(output->streams[i].child_end);
		output->streams[i].child_end = -1;
	}
}

int output_is_open(const struct output *output)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		if (output->streams[i].from >= 0 && output->streams[i].to >= 0)
			return 1;
	return 0;
}

static void end_stream(struct output *output, int number)
{
	struct output_stream *stream = &output->streams[number];

	if (output->fn)
		output->fn(number, "", 0, output->argument);
	close(stream->from);
	stream->from = -1;
}

static int write_all(int to, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t written = write(to, data, length);
		struct pollfd ready = {.fd = to, .events = POLLOUT};

		/* another process made the original non-blocking */
		if (written < 0 && errno == EAGAIN)
			(void)poll(&ready, 1, -1);
		else if (written < 0 && errno != EINTR)
			return -errno;
		data += written > 0 ? written : 0;
		length -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

int output_pump(struct output *output, int number)
{
	struct output_stream *stream = &output->streams[number];
	char data[65536];
	ssize_t got = read(stream->from, data, sizeof(data));
	int error;

	if (got < 0 && errno == EINTR)
		return 1;
	if (got <= 0) { /* EIO: no process has the terminal open any more */
		end_stream(output, number);
		return 0;
	}
	if (output->fn)
		output->fn(number, data, (size_t)got, output->argument);
	if (stream->to < 0)
		return 1;
	if (output->around)
		output->around(data, (size_t)got, output->argument);
	error = write_all(stream->to, data, (size_t)got);
	if (output->around)
		output->around(NULL, 0, output->argument);
	if (error && error != -EPIPE)
		say("cannot write to standard %s: %s", number ? "error" : "output",
		    strerror(-error));
	/* the closed pipe lets the command see the failure as it would without headway */
	if (error)
		end_stream(output, number);
	return !error;
}

void output_drain(struct output *output)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		struct pollfd at = {.fd = output->streams[i].from, .events = POLLIN};

		while (at.fd >= 0 && poll(&at, 1, 0) > 0 && output_pump(output, i))
			;
	}
}

void output_give_up(struct output *output)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++)
		if (output->streams[i].from >= 0)
			end_stream(output, i);
}

void output_resize(const struct output *output)
{
	for (int i = 0; i < OUTPUT_STREAMS; i++) {
		const struct output_stream *stream = &output->streams[i];
		struct winsize size;

		if (stream->from < 0 || stream->to < 0)
			continue;
		terminal_size(stream->to, &size);
		(void)ioctl(stream->from, TIOCSWINSZ, &size); /* fails on a pipe */
	}
}

void output_leave(struct output *output)
{
	if (!output_is_open(output) || fork() != 0)
		return;
	(void)setsid();
	output->fn = NULL;
	output->around = NULL;
	if (output->streams[OUTPUT_STREAMS - 1].from >= 0)
		end_stream(output, OUTPUT_STREAMS - 1);
	while (output_is_open(output)) {
		struct pollfd at[OUTPUT_STREAMS];

		for (int i = 0; i < OUTPUT_STREAMS; i++)
			at[i] = (struct pollfd){.fd = output->streams[i].from, .events = POLLIN};
		if (poll(at, OUTPUT_STREAMS, -1) <= 0)
			continue;
		for (int i = 0; i < OUTPUT_STREAMS; i++)
			if (at[i].revents)
				(void)output_pump(output, i);
	}
	_exit(EXIT_OK);
}
