/* SPDX-License-Identifier: BSD-3-Clause */
/* headway run: run a command as a record. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/own_record.h"
#include "base/say.h"
#include "base/stop.h"
#include "cmd/parse.h"

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
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127, EXIT_SIGNAL = 128 };

struct run_values {
	const char *name, *unit, *parent, *parse;
	struct option_number total, ttl;
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
	ROW("parse", 'P', OPTION_TEXT, AT(parse), "PATTERN",
	    "read the progress from the command's output: percent, fraction (3/7, 3 of 7), or an "
	    "extended regular expression whose first group is done and whose last is the total"),
	{.name = NULL},
};

static int run_run(int argc, char **argv);

const struct command cmd_run = {
	.name = "run",
	.synopsis = "[--] COMMAND [ARGUMENT...]",
	.summary = "run a command as a record",
	.notes = "The record is Running while the command runs; then it becomes Finished when the "
		 "exit status is 0, else Error. The command finds the id of its record in "
		 "HEADWAY_PARENT, and can count with 'headway add'; records that it starts become "
		 "children.\n"
		 "Exit status: that of the command; 128 + N when signal N killed it; 126 when it "
		 "cannot be executed, 127 when it is not found. Without a record, the command "
		 "runs all the same.",
	.options = rows,
	.least_operands = 1,
	.most_operands = -1,
	.options_first = 1,
	.run = run_run,
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
		say("warning: the command cannot be told its record: %s", strerror(errno));
}

static void exec_child(char **command, const sigset_t *mask, int trouble, struct parse *parse)
{
	int error;

	if (parse)
		parse_in_child(parse);
	stop_restore_sigpipe();
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	error = errno;
	if (write(trouble, &error, sizeof(error)) != sizeof(error))
		_exit(EXIT_NOT_EXECUTABLE);
	_exit(EXIT_NOT_FOUND);
}

/* Start the command.  Returns its pid, or a negative errno when it could not be run. */
static pid_t spawn(char **command, const sigset_t *mask, struct parse *parse)
{
	int ends[2], error = 0;
	pid_t child;
	ssize_t got;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child == 0)
		exec_child(command, mask, ends[1], parse);
	error = child < 0 ? errno : 0;
	close(ends[1]);
	if (parse)
		parse_in_parent(parse);
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

/* Read a signal and forward it to the child.  When the child has ended (0), stop reading the output
 * of processes it left behind.  Signals of the terminal (SI_KERNEL) reach the command anyway. */
static void take_signal(int signals, pid_t child, struct parse *parse)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info) || info.ssi_signo == SIGCHLD)
		return;
	if (!child)
		parse_give_up(parse);
	else if (info.ssi_code != SI_KERNEL)
		kill(child, (int)info.ssi_signo);
}

/* Wait for the end of the command, and with --parse for the end of its output. */
static int wait_for(pid_t child, const sigset_t *watched, struct rusage *usage, struct parse *parse)
{
	struct pollfd at[3] = {{.fd = signalfd(-1, watched, SFD_CLOEXEC), .events = POLLIN}};
	int status = 0, is_over = 0;

	for (;;) {
		is_over = is_over || wait4(child, &status, WNOHANG, usage) == child;
		if (is_over && (!parse || !parse_is_open(parse)))
			break;
		for (int i = 0; i < 2; i++) {
			at[i + 1].fd = parse ? parse->streams[i].from : -1;
			at[i + 1].events = POLLIN;
		}
		/* without a signalfd, poll for the end of the child */
		if (poll(at, 3, at[0].fd < 0 ? 100 : -1) < 0)
			continue;
		if (at[0].fd >= 0 && at[0].revents)
			take_signal(at[0].fd, is_over ? 0 : child, parse);
		for (int i = 0; i < 2; i++)
			if (at[i + 1].fd >= 0 && at[i + 1].revents)
				parse_pump(parse, i);
	}
	if (at[0].fd >= 0)
		close(at[0].fd);
	return status;
}

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

/* End the record as the command ended.  Returns the exit status for headway. */
static int conclude(struct own_record *own, int status, const struct rusage *usage)
{
	char text[96];

	tell_usage(own, status, usage);
	if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
		own_record_error(own, text);
		return EXIT_SIGNAL + WTERMSIG(status);
	}
	if (WEXITSTATUS(status)) {
		snprintf(text, sizeof(text), "exit status %d", WEXITSTATUS(status));
		own_record_error(own, text);
	} else {
		own_record_finish(own);
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
}

static int run_run(int argc, char **argv)
{
	struct run_values values = {.name = NULL};
	struct arguments arguments = options_parse(&cmd_run, argc, argv, &values);
	struct headway_spec spec = {
		.size = sizeof(spec),
		.name = values.name ? values.name : base_name(arguments.operands[0]),
		.unit = values.unit,
		.total = values.total.value,
		.ttl_seconds = (uint32_t)values.ttl.value,
	};
	struct headway_message command = {"Command", join(arguments.operands)};
	struct parse parse, *parsed = values.parse ? &parse : NULL;
	struct rusage usage;
	struct own_record own;
	sigset_t watched, mask;
	pid_t child;
	int code;

	if (parsed)
		parse_start(parsed, &own, values.parse);
	own_record_start(&own, arguments.arena, &spec, values.parent);
	own_record_messages(&own, &command, 1);
	set_environment(&own, arguments.arena);
	signal(SIGCHLD, SIG_DFL); /* if ignored, there is no exit status to wait for */
	watched_signals(&watched);
	sigprocmask(SIG_BLOCK, &watched, &mask);
	child = spawn(arguments.operands, &mask, parsed);
	code = child > 0 ? conclude(&own, wait_for(child, &watched, &usage, parsed), &usage)
			 : not_run(&own, arguments.operands[0], (int)-child);
	if (parsed)
		parse_end(parsed);
	own_record_close(&own);
	free((char *)(uintptr_t)command.value);
	return code;
}
