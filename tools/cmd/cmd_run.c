/* SPDX-License-Identifier: BSD-3-Clause */
/* headway run: run a command as a record. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/history.h"
#include "base/options.h"
#include "base/own_record.h"
#include "base/progress_line.h"
#include "base/say.h"
#include "base/service.h"
#include "base/stop.h"
#include "base/watch.h"
#include "cmd/file_record.h"
#include "cmd/output.h"
#include "cmd/parse.h"
#include "cmd/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127, EXIT_SIGNAL = 128 };

struct run_values {
	const char *name, *unit, *parent, *parse, *history;
	struct option_number total, ttl;
	struct option_number parse_fd;
	int lines, direct, quiet, as_is, pty, no_cancel, watch, no_history;
};

#define AT(field) offsetof(struct run_values, field)

static const struct option_row rows[] = {
	ROW("name", 'n', OPTION_TEXT, AT(name), "NAME",
	    "name of the record (default: the name of the command)"),
	ROW("unit", 'u', OPTION_TEXT, AT(unit), "UNIT", "what is counted: bytes, files"),
	ROW("total", 't', OPTION_AMOUNT, AT(total), "N", "expected final value of done"),
	ROW("parent", 'p', OPTION_ID, AT(parent), "ID",
	    "parent of the record (default: $HEADWAY_PARENT)"),
	ROW_RANGE("ttl", 0, OPTION_SECONDS, AT(ttl), "TIME", 1, UINT32_MAX,
		  "how long the record stays after its end (default: the arena's)"),
	{.name = "parse",
	 .letter = 'P',
	 .kind = OPTION_TEXT,
	 .offset = AT(parse),
	 .argument = "PATTERN",
	 .help = "read the progress from the command's output: by a preset (--parse=rsync; see "
		 "below), auto (also without a value), percent, fraction (3/7, 3 of 7), or an "
		 "extended regular expression whose first group is done and whose last is the "
		 "total; with a single group, the total is that of --total, or 100",
	 .choices = PRESETS_NAMES " percent fraction",
	 .bare = "auto",
	 .is_value = parse_is_value},
	ROW_RANGE("parse-fd", 0, OPTION_COUNT, AT(parse_fd), "N", 3, 1023,
		  "the command prints its progress to descriptor N, which is opened for it"),
	ROW("as-is", 0, OPTION_FLAG, AT(as_is), NULL, "add no options of a preset to the command"),
	ROW("lines", 'l', OPTION_FLAG, AT(lines), NULL, "count the lines that the command prints"),
	ROW("pty", 0, OPTION_FLAG, AT(pty), NULL,
	    "give the command a terminal as standard output and error, for programs that talk to "
	    "nothing else"),
	ROW("direct", 0, OPTION_FLAG, AT(direct), NULL,
	    "leave standard error to the command; its last lines are not kept then"),
	ROW("quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "draw no line of progress on the terminal"),
	ROW("watch", 0, OPTION_FLAG, AT(watch), NULL,
	    "follow the command's open files: see headway-watch(1)"),
	ROW("history", 0, OPTION_TEXT, AT(history), "NAME",
	    "remember this run under NAME, and make forecasts of earlier ones (default: --name, or "
	    "else the command and its folder)"),
	ROW("no-history", 0, OPTION_FLAG, AT(no_history), NULL,
	    "neither remember this run nor make forecasts of earlier ones"),
	ROW("no-cancel", 0, OPTION_FLAG, AT(no_cancel), NULL,
	    "leave the command alone when its record is cancelled"),
	{.name = NULL},
};

static int run_run(int argc, char **argv);
static int run_help(const void *values);

const struct command cmd_run = {
	.name = "run",
	.synopsis = "[--] COMMAND [ARGUMENT...]",
	.summary = "run a command as a record",
	.notes = "The record is Running while the command runs; then it becomes Finished when the "
		 "exit status is 0, else Error. The command finds the id of its record in "
		 "HEADWAY_PARENT, and can count with 'headway add'; records that it starts become "
		 "children. When somebody cancels the record, the command gets SIGTERM.\n"
		 "The time left is a forecast once a run of the same name has succeeded: see "
		 "headway-history(1).\n"
		 "--parse=NAME --help tells what a preset does, and which options it adds to the "
		 "command. Presets: " PRESETS_NAMES ".\n"
		 "Exit status: that of the command; 128 + N when signal N killed it; 126 when it "
		 "cannot be executed, 127 when it is not found. Without a record, the command "
		 "runs all the same.",
	.options = rows,
	.least_operands = 1,
	.most_operands = -1,
	.options_first = 1,
	.run = run_run,
	.help = run_help,
};

/* The words of a command, joined by blanks; the caller frees the text. */
static char *join(char **words)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = say_memory(open_memstream(&text, &length));

	for (int i = 0; words[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", words[i]);
	if (fclose(out))
		say_memory(NULL);
	return text;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* Set HEADWAY_PARENT and HEADWAY_ARENA for the command and its children.  A relative path of the
 * arena becomes absolute, since they may change their directory. */
static void set_environment(const struct own_record *own, const char *arena_name)
{
	const char *label = arena_label(arena_name);
	char id[HEADWAY_ID_TEXT], path[PATH_MAX];

	if (!own->record)
		return;
	(void)headway_format_id(&own->id, id);
	if (*label != '/' && strchr(label, '/') && realpath(label, path))
		label = path;
	if (setenv("HEADWAY_PARENT", id, 1) || setenv("HEADWAY_ARENA", label, 1))
		say("warning: cannot set HEADWAY_PARENT for the command: %s", strerror(errno));
}

/* The state of a run: the record, the command, and its output. */
struct run {
	struct own_record own;
	struct output output;
	struct parse parse;
	struct tail tail;
	struct progress_line line;
	struct service service;
	struct headway_snapshot *snapshot;
	struct file_record *file; /* --watch */
	int64_t looked_ns;        /* at the files: monotonic */
	int heeds_cancel;         /* false with --no-cancel */
	int is_learnt;            /* false with --no-history */
	char *cancelled;          /* "cancelled: REASON", once it was */
	/* --parse or --lines: wait for the end of the output, not only of the command */
	int waits_for_output;
	char last; /* byte that was written to the terminal; 0: none yet */
};

/* The record's owner has the command's name, which people look for, and the pid of this process, whose
 * death ends the record. The library reads the name when it opens the arena. */
static void start_record(struct own_record *own, const char *arena_name, struct headway_spec *spec,
			 const char *parent, const char *command)
{
	char name[16] = "headway"; /* the most that the kernel keeps */

	(void)prctl(PR_GET_NAME, name);
	(void)prctl(PR_SET_NAME, base_name(command));
	own_record_start(own, arena_name, spec, parent);
	(void)prctl(PR_SET_NAME, name);
}

static void exec_child(char **command, const sigset_t *mask, int trouble, struct output *output)
{
	int error;

	output_in_child(output);
	stop_restore_sigpipe();
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	error = errno;
	if (write(trouble, &error, sizeof(error)) != sizeof(error))
		_exit(EXIT_NOT_EXECUTABLE);
	_exit(EXIT_NOT_FOUND);
}

/* Start the command.  Returns its pid, or a negative errno when it could not be run. */
static pid_t spawn(char **command, const sigset_t *mask, struct output *output)
{
	int ends[2], error = 0;
	pid_t child;
	ssize_t got;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child == 0)
		exec_child(command, mask, ends[1], output);
	error = child < 0 ? errno : 0;
	close(ends[1]);
	output_in_parent(output);
	do
		got = child > 0 ? read(ends[0], &error, sizeof(error)) : 0;
	while (got < 0 && errno == EINTR);
	close(ends[0]);
	if (!error)
		return child;
	if (child > 0)
		waitpid(child, NULL, 0);
	return -error;
}

/* ---- output ---------------------------------------------------------------------------------- */

static void take_output(int stream, const char *data, size_t length, void *argument)
{
	struct run *run = argument;

	parse_add(&run->parse, run->output.streams[1].carries_both && stream == 1 ? 0 : stream,
		  data, length);
	if (stream == 1)
		tail_add(&run->tail, data, length);
	if (length && stream < 2)
		run->last = data[length - 1];
}

static void around_output(const char *data, size_t length, void *argument)
{
	struct run *run = argument;

	if (data)
		progress_line_open(&run->line, data, length);
	else if (progress_line_close(&run->line, run->last == '\n'))
		run->last = '\n';
}

static void read_own(struct run *run, uint64_t *done, uint64_t *total)
{
	*done = *total = 0;
	if (!run->own.record || headway_read(run->own.arena, &run->own.id, &run->snapshot))
		return;
	*done = run->snapshot->done;
	*total = run->snapshot->total;
	progress_line_foresee(&run->line, run->snapshot);
}

/* The line of progress, below the output; not drawn where the command has written a part of a
 * line. */
static void draw_line(struct run *run)
{
	uint64_t done, total;

	if (!run->line.is_on || (run->last && run->last != '\n'))
		return;
	read_own(run, &done, &total);
	progress_line_draw(&run->line, done, total);
}

static void tell_service(struct run *run)
{
	uint64_t done, total;
	int64_t now_ns = watch_clock_ns();

	if (now_ns - run->service.told_ns < INT64_C(1000000000))
		return; /* read it only then */
	read_own(run, &done, &total);
	service_tell(&run->service, run->snapshot, now_ns);
}

/* ---- waiting --------------------------------------------------------------------------------- */

/* Read a signal and forward it to the child.  When the child has ended (0), stop reading the output
 * of processes it left behind.  Signals of the terminal (SI_KERNEL) reach the command anyway. */
static void take_signal(struct run *run, int signals, pid_t child)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info) || info.ssi_signo == SIGCHLD)
		return;
	if (info.ssi_signo == SIGWINCH)
		output_resize(&run->output);
	else if (!child)
		output_give_up(&run->output);
	else if (info.ssi_code != SI_KERNEL)
		kill(child, (int)info.ssi_signo);
}

/* The record was cancelled: signals the command to end. */
static void look_for_cancel(struct run *run, pid_t child)
{
	if (!run->heeds_cancel || run->cancelled)
		return;
	run->cancelled = own_record_cancelled(&run->own);
	if (!run->cancelled)
		return;
	progress_line_open(&run->line, NULL, 0);
	say("%s", run->cancelled);
	(void)progress_line_close(&run->line, 1);
	kill(child, SIGTERM);
}

/* Not for each piece of output. */
static void look_at_files(struct run *run, pid_t child)
{
	int64_t now_ns = watch_clock_ns();

	if (!run->file || now_ns - run->looked_ns < PROGRESS_LINE_MS * INT64_C(900000))
		return;
	run->looked_ns = now_ns;
	(void)file_record_look(run->file, child, run->own.record);
}

static int looks_again(const struct run *run)
{
	return run->line.is_on || run->heeds_cancel || run->is_learnt || run->file ||
	       run->service.fd >= 0;
}

/* Wait for the end of the command, and with --parse or --lines for the end of its output. */
static int wait_for(struct run *run, pid_t child, const sigset_t *watched, struct rusage *usage)
{
	struct pollfd at[1 + OUTPUT_STREAMS] = {
		{.fd = signalfd(-1, watched, SFD_CLOEXEC), .events = POLLIN}};
	int status = 0, is_over = 0;

	for (;;) {
		is_over = is_over || wait4(child, &status, WNOHANG, usage) == child;
		if (is_over && !(run->waits_for_output && output_is_open(&run->output)))
			break;
		if (!is_over)
			look_for_cancel(run, child);
		if (!is_over)
			look_at_files(run, child);
		if (run->is_learnt)
			(void)headway_sample(run->own.record);
		if (run->service.fd >= 0)
			tell_service(run);
		draw_line(run);
		for (int i = 0; i < OUTPUT_STREAMS; i++) {
			at[i + 1].fd = run->output.streams[i].from;
			at[i + 1].events = POLLIN;
		}
		/* without a signalfd, poll for the end of the child */
		if (poll(at, 1 + OUTPUT_STREAMS,
			 at[0].fd < 0       ? 100
			 : looks_again(run) ? PROGRESS_LINE_MS
					    : -1) <= 0)
			continue;
		if (at[0].fd >= 0 && at[0].revents)
			take_signal(run, at[0].fd, is_over ? 0 : child);
		for (int i = 0; i < OUTPUT_STREAMS; i++)
			if (run->output.streams[i].from >= 0 && at[i + 1].fd >= 0 &&
			    at[i + 1].revents)
				(void)output_pump(&run->output, i);
	}
	if (at[0].fd >= 0)
		close(at[0].fd);
	output_drain(&run->output);
	return status;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void tell_usage(struct own_record *own, int status, const struct rusage *usage)
{
	char code[16], user[32], system[32], memory[32];
	const struct headway_message messages[] = {
		{WIFSIGNALED(status) ? "Signal" : "Exit status", code},
		{"User time", user},
		{"System time", system},
		{"Max memory", memory},
	};

	snprintf(code, sizeof(code), "%d",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	snprintf(user, sizeof(user), "%lld.%03ld s", (long long)usage->ru_utime.tv_sec,
		 (long)usage->ru_utime.tv_usec / 1000);
	snprintf(system, sizeof(system), "%lld.%03ld s", (long long)usage->ru_stime.tv_sec,
		 (long)usage->ru_stime.tv_usec / 1000);
	snprintf(memory, sizeof(memory), "%ld KiB", usage->ru_maxrss);
	own_record_messages(own, messages, sizeof(messages) / sizeof(*messages));
}

/* Ends the record in Error, with how the command ended and the last lines of its output. */
static void end_in_error(struct run *run, const char *how)
{
	const char *asked = run->cancelled ? run->cancelled : "";
	char *words = tail_text(&run->tail), *text = NULL;

	if (asprintf(&text, "%s%s%s%s%s", asked, *asked ? "; " : "", how, *words ? ": " : "",
		     words) < 0)
		say_memory(NULL);
	own_record_error(&run->own, text);
	free(text);
	free(words);
}

/* End the record as the command ended.  Returns the exit status for headway. */
static int conclude(struct run *run, int status, const struct rusage *usage)
{
	char text[80];

	tell_usage(&run->own, status, usage);
	if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
		end_in_error(run, text);
		return EXIT_SIGNAL + WTERMSIG(status);
	}
	if (WEXITSTATUS(status)) {
		snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
		end_in_error(run, text);
	} else {
		parse_succeeded(&run->parse);
		if (run->file && run->file->done < run->file->total)
			(void)headway_set(run->own.record, run->file->total);
		own_record_finish(&run->own);
	}
	return WEXITSTATUS(status);
}

static int not_run(struct own_record *own, const char *command, int error)
{
	char *text = NULL;

	if (asprintf(&text, "%s: %s", command, strerror(error)) < 0)
		say_memory(NULL);
	say("%s", text);
	own_record_error(own, text);
	free(text);
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static void watched_signals(sigset_t *set)
{
	stop_signals(set);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGWINCH);
}

/* The line is drawn only if all that the command writes to the terminal passes through this
 * process. */
static void start_line(struct run *run, const struct headway_spec *spec, int is_quiet)
{
	int sees_all = !isatty(STDOUT_FILENO) || run->output.streams[0].from >= 0;

	progress_line_start(&run->line, spec->name, spec->unit ? spec->unit : "");
	if (is_quiet || !sees_all || run->output.streams[1].from < 0)
		run->line.is_on = 0;
}

static void finish_line(struct run *run)
{
	uint64_t done, total;

	terminal_progress_clear(&run->line.terminal);
	if (!run->line.is_on || (run->last && run->last != '\n'))
		return;
	read_own(run, &done, &total);
	progress_line_finish(&run->line, done, total);
}

static int run_help(const void *values)
{
	return parse_help(((const struct run_values *)values)->parse);
}

/* A descriptor from 3 to 9 that is free: a shell can redirect to it.  -1: none. */
static int free_descriptor(void)
{
	for (int fd = STDERR_FILENO + 1; fd < 10; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return fd;
	return -1;
}

static void add_descriptor(struct run *run, int number)
{
	int error = output_add(&run->output, number);

	if (error) {
		say("cannot make a pipe: %s", strerror(-error));
		exit(EXIT_FAILED);
	}
}

/* Where a line of progress is to be drawn, all that the command prints on the terminal must pass. */
static int wants_line(const struct run_values *values)
{
	return (values->parse || values->watch) && !values->quiet && isatty(STDOUT_FILENO) &&
	       isatty(STDERR_FILENO);
}

static void start_output(struct run *run, const struct run_values *values, int descriptor)
{
	unsigned streams = parse_streams(&run->parse);
	unsigned flags = (streams & PRESET_OUTPUT || wants_line(values) ? OUTPUT_STANDARD : 0) |
			 (streams & PRESET_TERMINAL ? OUTPUT_ERROR_TERMINAL : 0) |
			 (streams & PRESET_PIPE ? OUTPUT_ERROR_PIPE : 0) |
			 (values->pty ? OUTPUT_TERMINAL : 0);

	output_none(&run->output);
	if (run->parse.uses_descriptor)
		add_descriptor(run, descriptor);
	if (!values->direct)
		output_start(&run->output, flags);
	run->parse.is_mixed = run->output.streams[1].carries_both;
	run->waits_for_output = values->lines || (values->parse && !run->parse.is_preset);
}

static void set_up(struct run *run, const struct run_values *values, char ***command)
{
	const struct parse_options options = {
		.text = values->parse,
		.total = values->total.value,
		.leaves_command = values->as_is,
		.descriptor = values->parse_fd.given ? (int)values->parse_fd.value
						     : free_descriptor(),
		.reads_descriptor = values->parse_fd.given,
	};

	run->output.fn = take_output;
	run->output.around = around_output;
	run->output.argument = run;
	parse_start(&run->parse, &run->own, &options, command);
	run->parse.counts_lines = values->lines;
	start_output(run, values, options.descriptor);
}

static int check_values(const struct run_values *values)
{
	int fd = (int)values->parse_fd.value;

	if (values->parse && values->lines)
		return say_usage("--parse and --lines exclude each other");
	if (values->watch && (values->parse || values->lines))
		return say_usage("--watch excludes --parse and --lines");
	if (values->direct && (values->parse || values->lines || values->pty))
		return say_usage("--direct leaves no output for --parse, --lines or --pty");
	if (values->parse_fd.given && !values->parse)
		return say_usage("--parse-fd needs --parse");
	if (values->parse_fd.given && fcntl(fd, F_GETFD) >= 0)
		return say_usage("--parse-fd: descriptor %d is in use", fd);
	return EXIT_OK;
}

static int run_run(int argc, char **argv)
{
	struct run_values values = {.name = NULL};
	struct arguments arguments = options_parse(&cmd_run, argc, argv, &values);
	struct headway_spec spec = {
		.size = sizeof(spec),
		.name = values.name ? values.name : base_name(arguments.operands[0]),
		.unit = values.unit    ? values.unit
			: values.lines ? "lines"
			: values.watch ? "bytes"
				       : NULL,
		.total = values.total.value,
		.ttl_seconds = (uint32_t)values.ttl.value,
		.counters = values.watch ? file_record_counters : NULL,
	};
	struct history_choice choice = {values.history, values.name, values.no_history};
	struct headway_message command = {"Command", join(arguments.operands)};
	struct run run = {.snapshot = NULL};
	struct rusage usage;
	sigset_t watched, mask;
	pid_t child;
	int code;

	code = check_values(&values);
	if (!code && !*arguments.operands[0])
		code = say_usage("the command is '': is a variable empty or not set?");
	if (!code)
		code = history_check(&choice);
	if (code)
		return code;
	spec.history = history_name(&choice, arguments.operands);
	set_up(&run, &values, &arguments.operands);
	if (!spec.unit)
		spec.unit = parse_unit(&run.parse);
	if (!spec.total)
		spec.total = parse_expected(&run.parse);
	start_record(&run.own, arguments.arena, &spec, values.parent, arguments.operands[0]);
	own_record_messages(&run.own, &command, 1);
	if (values.watch && run.own.record)
		run.file = say_memory(calloc(1, sizeof(*run.file)));
	run.heeds_cancel = !values.no_cancel && run.own.record;
	run.is_learnt = spec.history && run.own.record;
	set_environment(&run.own, arguments.arena);
	signal(SIGCHLD, SIG_DFL); /* if ignored, there is no exit status to wait for */
	watched_signals(&watched);
	sigprocmask(SIG_BLOCK, &watched, &mask);
	start_line(&run, &spec, values.quiet);
	service_start(&run.service);
	child = spawn(arguments.operands, &mask, &run.output);
	code = child > 0 ? conclude(&run, wait_for(&run, child, &watched, &usage), &usage)
			 : not_run(&run.own, arguments.operands[0], (int)-child);
	if (child > 0)
		finish_line(&run);
	parse_end(&run.parse);
	headway_snapshot_free(run.snapshot);
	free(run.cancelled);
	free(run.file);
	own_record_close(&run.own);
	output_leave(&run.output);
	free((char *)(uintptr_t)command.value);
	free((char *)(uintptr_t)spec.history);
	return code;
}
