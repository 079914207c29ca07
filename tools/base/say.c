/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/say.h"

#include "base/term.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *command;

void say_command(const char *name)
{
	command = name;
}

/* One write() for the line, so that lines of several processes on one terminal do not mix. */
static void say_line(const char *end, const char *format, va_list arguments)
{
	char *text = NULL, *line = NULL;
	size_t length = 0;
	FILE *out;

	if (vasprintf(&text, format, arguments) < 0)
		return;
	out = open_memstream(&line, &length);
	if (out) {
		fprintf(out, "headway%s%s: ", command ? " " : "", command ? command : "");
		if (isatty(STDERR_FILENO))
			term_clean(out, text);
		else
			fputs(text, out);
		fprintf(out, "%s\n", end);
		if (!fclose(out) && write(STDERR_FILENO, line, length) < 0)
			errno = 0; /* a failed message cannot be reported */
	}
	free(line);
	free(text);
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_line("", format, arguments);
	va_end(arguments);
}

int say_failed(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_line("", format, arguments);
	va_end(arguments);
	return EXIT_FAILED;
}

int say_usage(const char *format, ...)
{
	char hint[64];
	va_list arguments;

	snprintf(hint, sizeof(hint), " (see 'headway %s%s--help')", command ? command : "",
		 command ? " " : "");
	va_start(arguments, format);
	say_line(hint, format, arguments);
	va_end(arguments);
	return EXIT_USAGE;
}

/* poll() tells whether the other end of a pipe or socket is closed, without writing to it. */
int say_pause(int milliseconds, const sigset_t *mask)
{
	const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
	struct pollfd out = {.fd = STDOUT_FILENO, .events = 0};

	return ppoll(&out, 1, &time, mask) > 0 && (out.revents & (POLLERR | POLLHUP));
}

int say_done(int code)
{
	int failed = ferror(stdout), error;

	errno = 0;
	failed = fflush(stdout) || failed;
	error = errno;
	if (!failed)
		return code;
	clearerr(stdout);
	if (error != EPIPE && error != EINTR && !say_pause(0, NULL))
		say("cannot write to standard output: %s", error ? strerror(error) : "write error");
	return code == EXIT_OK ? EXIT_FAILED : code;
}

int say_flush(void)
{
	int code = say_done(EXIT_OK);

	return code && say_pause(0, NULL) ? SAY_GONE : code;
}

void *say_memory(void *memory)
{
	if (!memory) {
		say("out of memory");
		exit(EXIT_FAILED);
	}
	return memory;
}
