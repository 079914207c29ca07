/* SPDX-License-Identifier: BSD-3-Clause */
/* headway pipe: copy standard input to standard output and count what passes. */
#include "cmd/cmd.h"
#include "base/history.h"
#include "base/options.h"
#include "base/own_record.h"
#include "base/progress_line.h"
#include "base/say.h"
#include "base/service.h"
#include "base/stop.h"
#include "base/watch.h"
#include "cmd/copy.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct pipe_values {
	const char *name, *parent, *history, *size;
	struct option_number total, ttl, rate;
	int lines, quiet, no_cancel, no_history;
};

#define AT(field) offsetof(struct pipe_values, field)

static const struct option_row rows[] = {
	ROW("name", 'n', OPTION_TEXT, AT(name), "NAME", "name of the record (default: pipe)"),
	ROW("lines", 'l', OPTION_FLAG, AT(lines), NULL, "count lines instead of bytes"),
	ROW("total", 't', OPTION_AMOUNT, AT(total), "N",
	    "expected bytes or lines (default: the size of standard input when it is a file)"),
	ROW("size", 0, OPTION_TEXT, AT(size), "SIZE",
	    "expected bytes, as --total; auto: the size of standard input also when it is a disk, "
	    "else of the disk on standard output"),
	ROW_RANGE("rate-limit", 'L', OPTION_AMOUNT, AT(rate), "N", 1, INT64_MAX,
		  "copy at most N bytes a second"),
	ROW("parent", 'p', OPTION_ID, AT(parent), "ID",
	    "parent of the record (default: $HEADWAY_PARENT)"),
	ROW("quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "draw no line of progress on the terminal"),
	ROW_RANGE("ttl", 0, OPTION_SECONDS, AT(ttl), "TIME", 1, UINT32_MAX,
		  "how long the record stays after its end (default: the arena's)"),
	ROW("history", 0, OPTION_TEXT, AT(history), "NAME",
	    "remember this run under NAME, and make forecasts of earlier ones (default: --name, if "
	    "it is given)"),
	ROW("no-history", 0, OPTION_FLAG, AT(no_history), NULL,
	    "neither remember this run nor make forecasts of earlier ones"),
	ROW("no-cancel", 0, OPTION_FLAG, AT(no_cancel), NULL, "go on when the record is cancelled"),
	{.name = NULL},
};

static int pipe_run(int argc, char **argv);

const struct command cmd_pipe = {
	.name = "pipe",
	.synopsis = "",
	.summary = "copy standard input to standard output and count what passes",
	.notes = "The record becomes Finished at the end of the input, and Error when reading or "
		 "writing fails or a signal ends the copy. When somebody cancels the record, the "
		 "copy "
		 "ends as by SIGTERM. Without a record, the data is copied "
		 "all the same. A line is counted at its newline.",
	.options = rows,
	.run = pipe_run,
};

static struct own_record own;
static int heeds_cancel; /* false with --no-cancel */
static int is_learnt;    /* earlier runs are remembered */
static struct service service;
static sigset_t watched;
static pthread_mutex_t ending =
	PTHREAD_MUTEX_INITIALIZER; /* locked by the thread that ends the record */

static struct progress_line line; /* drawn by the signal thread, and at the end, under ending */
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static uint64_t counted_sum; /* under counting */
static uint64_t expected;

static uint64_t count_so_far(void)
{
	uint64_t sum;

	pthread_mutex_lock(&counting);
	sum = counted_sum;
	pthread_mutex_unlock(&counting);
	return sum;
}

/* Above the lines of progress on this terminal. */
static void say_above(const char *text)
{
	progress_line_open(&line, NULL, 0);
	say("%s", text);
	(void)progress_line_close(&line, 1);
}

static void end_by(int number, const char *why)
{
	pthread_mutex_lock(&ending);
	own_record_error(&own, why);
	progress_line_finish(&line, count_so_far(), expected);
	stop_die_by(number);
	_exit(128 + number);
}

static void end_by_signal(int number)
{
	char text[64];

	snprintf(text, sizeof(text), "ended by signal %d (%s)", number, strsignal(number));
	end_by(number, text);
}

/* Ends the copy if the record is cancelled. The end of the copy waits for this check, so that the
 * record is not released during it. */
static void look_for_cancel(void)
{
	char *why;

	pthread_mutex_lock(&ending);
	why = own_record_cancelled(&own);
	if (why)
		say_above(why);
	pthread_mutex_unlock(&ending);
	if (why)
		end_by(SIGTERM, why);
}

/* Under ending. */
static void foresee(void)
{
	static struct headway_snapshot *snapshot;

	if (!own.record)
		return;
	(void)headway_sample(own.record);
	if ((line.is_on || service.fd >= 0) && headway_read(own.arena, &own.id, &snapshot) == 0) {
		progress_line_foresee(&line, snapshot);
		service_tell(&service, snapshot, watch_clock_ns());
	}
}

static int looks_again(void)
{
	return line.is_on || heeds_cancel || is_learnt || service.fd >= 0;
}

/* Thread that waits for signals, checks whether the record is cancelled, and draws the line, since
 * the copy may block in a system call for a long time. */
static void *watch_signals(void *unused)
{
	const struct timespec pause = {0, PROGRESS_LINE_MS * 1000000L};

	for (;;) {
		int number = looks_again() ? sigtimedwait(&watched, NULL, &pause)
					   : sigwaitinfo(&watched, NULL);

		if (number > 0)
			end_by_signal(number);
		if (number < 0 && errno != EAGAIN && errno != EINTR)
			return unused;
		if (heeds_cancel)
			look_for_cancel();
		pthread_mutex_lock(&ending);
		foresee();
		progress_line_draw(&line, count_so_far(), expected);
		pthread_mutex_unlock(&ending);
	}
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
	pthread_mutex_lock(&counting);
	counted_sum += amount;
	pthread_mutex_unlock(&counting);
	if (own.record)
		(void)headway_add(own.record, amount);
}

/* Bytes of standard input from its current position, when it is a file; 0: unknown. */
static uint64_t input_bytes(void)
{
	struct stat in;
	off_t at;

	if (fstat(STDIN_FILENO, &in) || !S_ISREG(in.st_mode))
		return 0;
	at = lseek(STDIN_FILENO, 0, SEEK_CUR);
	return at >= 0 && in.st_size > at ? (uint64_t)(in.st_size - at) : 0;
}

/* Bytes of a disk or partition; 0: it is none. */
static uint64_t device_bytes(int fd)
{
	struct stat st;
	uint64_t bytes = 0;

	if (fstat(fd, &st) || !S_ISBLK(st.st_mode) || ioctl(fd, BLKGETSIZE64, &bytes))
		return 0;
	return bytes;
}

static uint64_t bytes_found(void)
{
	uint64_t bytes = input_bytes();

	if (!bytes)
		bytes = device_bytes(STDIN_FILENO);
	return bytes ? bytes : device_bytes(STDOUT_FILENO);
}

/* The expected bytes or lines; 0: unknown. */
static uint64_t total_of(const struct pipe_values *values)
{
	uint64_t bytes;

	if (values->total.given)
		return values->total.value;
	if (values->lines)
		return 0;
	if (!values->size)
		return input_bytes();
	if (strcmp(values->size, "auto") != 0)
		return options_amount("--size", values->size);
	bytes = bytes_found();
	if (!bytes)
		say("--size auto: neither the input nor the output has a size");
	return bytes;
}

static int check(const struct pipe_values *values)
{
	if (values->size && values->total.given)
		return say_usage("--size and --total exclude each other");
	if (values->size && values->lines)
		return say_usage("--size is in bytes: --lines needs --total");
	return EXIT_OK;
}

/* Copying a file into itself would never end. */
static int is_same_file(void)
{
	struct stat in, out;

	return !fstat(STDIN_FILENO, &in) && !fstat(STDOUT_FILENO, &out) && S_ISREG(in.st_mode) &&
	       in.st_dev == out.st_dev && in.st_ino == out.st_ino && input_bytes() > 0;
}

/* End as cat does: by SIGPIPE when the reader is gone, else with a message. */
static int pipe_failed(int failure, int error)
{
	const char *verb = failure == COPY_READ ? "read standard input"
						: "write to standard output";
	char text[160];

	snprintf(text, sizeof(text), "cannot %s: %s", verb, strerror(-error));
	own_record_error(&own, text);
	if (error == -EPIPE && !stop_sigpipe_was_ignored())
		stop_die_by(SIGPIPE);
	say_above(text);
	return EXIT_FAILED;
}

static int pipe_run(int argc, char **argv)
{
	struct pipe_values values = {.name = NULL};
	struct arguments arguments = options_parse(&cmd_pipe, argc, argv, &values);
	struct copy copy = {.lines = values.lines, .most = values.rate.value, .counted = counted};
	struct history_choice choice = {values.history, values.name, values.no_history};
	struct headway_spec spec = {
		.size = sizeof(spec),
		.name = values.name ? values.name : "pipe",
		.history = history_name(&choice, NULL),
		.unit = values.lines ? "lines" : "bytes",
		.total = total_of(&values),
		.ttl_seconds = (uint32_t)values.ttl.value,
	};
	int error, code = check(&values);

	if (!code)
		code = history_check(&choice);
	if (code)
		return code;
	if (is_same_file())
		return say_failed("standard input and output are the same file");
	own_record_start(&own, arguments.arena, &spec, values.parent);
	expected = spec.total;
	heeds_cancel = !values.no_cancel && own.record;
	is_learnt = spec.history && own.record;
	service_start(&service);
	progress_line_start(&line, spec.name, spec.unit);
	if (values.quiet || isatty(STDOUT_FILENO)) /* the data has the terminal for itself */
		line.is_on = 0;
	start_watching();
	error = copy_all(&copy);
	pthread_mutex_lock(&ending);
	progress_line_finish(&line, count_so_far(), expected);
	if (error)
		code = pipe_failed(copy.failure, error);
	else
		own_record_finish(&own);
	own_record_close(&own);
	free((char *)(uintptr_t)spec.history);
	return code;
}
