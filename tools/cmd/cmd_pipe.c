/* SPDX-License-Identifier: BSD-3-Clause */
/* headway pipe: copy standard input to standard output and count what passes. */
#include "cmd/cmd.h"
#include "cmd/copy.h"
#include "base/say.h"
#include "base/stop.h"
#include "base/work.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pipe_values {
	const char *name;
	struct option_number total, ttl;
	struct option_id parent;
	int lines;
};

#define AT(field) offsetof(struct pipe_values, field)

static const struct option_row rows[] = {
	ROW("name", 'n', OPTION_TEXT, AT(name), "NAME", "what it is called (default: pipe)"),
	ROW("lines", 'l', OPTION_FLAG, AT(lines), NULL, "count lines instead of bytes"),
	ROW("total", 't', OPTION_BYTES, AT(total), "N",
	    "what is expected: bytes, also as 64M, or lines (default: the size of standard "
	    "input when that is a file)"),
	ROW("parent", 'p', OPTION_ID, AT(parent), "ID",
	    "the record this one is part of (default: $HEADWAY_PARENT when it is an id)"),
	ROW_RANGE("ttl", 0, OPTION_SECONDS, AT(ttl), "TIME", 1, UINT32_MAX,
		  "how long it stays when it is over (default: the arena's)"),
	{.name = NULL},
};

static int pipe_run(int argc, char **argv);

const struct command cmd_pipe = {
	.name = "pipe",
	.synopsis = "",
	.summary = "copy standard input to standard output and count what passes",
	.notes = "The record is Finished at the end of the input, and in Error when reading or "
		 "writing fails or a signal ends the copy. Copying goes on also when no record can "
		 "be had. Lines are counted by their ends.",
	.options = rows,
	.run = pipe_run,
};

static struct work work;
static sigset_t watched;
static pthread_mutex_t ending = PTHREAD_MUTEX_INITIALIZER; /* held by whoever ends the record */

/* A copy may be in the midst of a system call for long, so signals have a thread of their own. */
static void *watch_signals(void *unused)
{
	char text[64];
	int number;

	if (sigwait(&watched, &number))
		return unused;
	pthread_mutex_lock(&ending);
	snprintf(text, sizeof(text), "ended by signal %d (%s)", number, strsignal(number));
	work_error(&work, text);
	stop_die_by(number);
	_exit(128 + number);
}

static void start_watching(void)
{
	pthread_t thread;
	sigset_t before;

	stop_signals(&watched);
	pthread_sigmask(SIG_BLOCK, &watched, &before);
	if (!pthread_create(&thread, NULL, watch_signals, NULL))
		pthread_detach(thread);
	else
		pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void counted(uint64_t amount, void *argument)
{
	(void)argument;
	if (work.record)
		(void)headway_add(work.record, amount);
}

/* What is left of standard input when that is a file; 0: unknown. */
static uint64_t input_bytes(void)
{
	struct stat in;
	off_t at;

	if (fstat(STDIN_FILENO, &in) || !S_ISREG(in.st_mode))
		return 0;
	at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	return at >= 0 && in.st_size > at ? (uint64_t)(in.st_size - at) : 0;
}

/* A file copied into itself would never come to an end. */
static int is_same_file(void)
{
	struct stat in, out;

	return !fstat(STDIN_FILENO, &in) && !fstat(STDOUT_FILENO, &out) && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino && input_bytes() > 0;
}

/* End as cat would. */
static int pipe_failed(int failure, int error)
{
	const char *verb = failure == COPY_READ ? "read standard input"
						: "write to standard output";
	char text[160];

	snprintf(text, sizeof(text), "cannot %s: %s", verb, strerror(-error));
	work_error(&work, text);
	if (error == -EPIPE && !cmd_sigpipe_was_ignored)
		stop_die_by(SIGPIPE);
	return say_failed("%s", text);
}

static int pipe_run(int argc, char **argv)
{
	struct pipe_values values = {.name = "pipe"};
	struct arguments arguments = options_parse(&cmd_pipe, argc, argv, &values);
	struct copy copy = {.lines = values.lines, .counted = counted};
	struct headway_spec spec = {
		.size = sizeof(spec),
		.name = values.name,
		.unit = values.lines ? "lines" : "bytes",
		.parent = values.parent.given ? &values.parent.id : NULL,
		.total = values.total.given ? values.total.value
			 : values.lines     ? 0
					    : input_bytes(),
		.ttl_seconds = (uint32_t)values.ttl.value,
	};
	int error, code = EXIT_OK;

	if (is_same_file())
		return say_failed("standard input and output are the same file");
	work_start(&work, arguments.arena, &spec);
	start_watching();
	error = copy_all(&copy);
	pthread_mutex_lock(&ending);
	if (error)
		code = pipe_failed(copy.failure, error);
	else
		work_finish(&work);
	work_close(&work);
	return code;
}
