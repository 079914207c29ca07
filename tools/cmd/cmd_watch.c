/* SPDX-License-Identifier: BSD-3-Clause */
/* headway watch: records for processes that do not use Headway. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/progress_line.h"
#include "base/record.h"
#include "base/say.h"
#include "base/stop.h"
#include "base/term.h"
#include "base/units.h"
#include "cmd/file_record.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct watch_values {
	const char *name, *parent;
	struct option_number interval, ttl;
	int quiet;
};

#define AT(field) offsetof(struct watch_values, field)

static const struct option_row rows[] = {
	ROW("name", 'n', OPTION_TEXT, AT(name), "NAME",
	    "name of the records (default: that of the process)"),
	ROW("parent", 'p', OPTION_ID, AT(parent), "ID",
	    "parent of the records (default: $HEADWAY_PARENT)"),
	ROW_RANGE("interval", 'i', OPTION_MILLIS, AT(interval), "TIME", 50, 3600000,
		  "time between two checks (default: 500ms)"),
	ROW_RANGE("ttl", 0, OPTION_SECONDS, AT(ttl), "TIME", 1, UINT32_MAX,
		  "how long a record stays after its end (default: the arena's)"),
	ROW("quiet", 'q', OPTION_FLAG, AT(quiet), NULL, "draw no line of progress on the terminal"),
	{.name = NULL},
};

static int watch_run(int argc, char **argv);

const struct command cmd_watch = {
	.name = "watch",
	.synopsis = "PID|NAME...",
	.summary = "make records for running processes, by their open files",
	.notes =
		"Done is the position in the biggest file that a process or one of its children "
		"reads, or writes if none is read; the total is the size of the file that is read. "
		"Files that were read before count as done. The message File is the present "
		"file's name; counters have the number of files, and the positions in what is read "
		"and in what is written. A process is given by its pid, or by its name, which may "
		"match several. The id of each record is printed, with the pid and the name when a "
		"name matches several.\n"
		"A record becomes Finished when its process ends: how it ended is not known. "
		"Exit status: 0 when all have ended; 1 when one could not be watched, and then the "
		"others are watched all the same.",
	.options = rows,
	.least_operands = 1,
	.most_operands = -1,
	.run = watch_run,
};

/* A process that is watched. */
struct subject {
	pid_t pid;
	uint64_t start;     /* 0: it is no longer watched */
	int is_one_of_many; /* those that a name matches */
	char name[64];
	struct headway_record *record;
	struct file_record *file;
};

struct subjects {
	struct subject *at;
	size_t count;
};

static int read_name(pid_t pid, char name[64])
{
	char path[64];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	length = file ? fread(name, 1, 63, file) : 0;
	if (file)
		fclose(file);
	name[length] = '\0';
	if (length && name[length - 1] == '\n')
		name[length - 1] = '\0';
	return length > 0;
}

/* Returns 1 if the process is watched, now or already; 0 if there is no such process. */
static int subject_add(struct subjects *subjects, pid_t pid)
{
	struct subject subject = {.pid = pid, .start = process_start(pid)};

	for (size_t i = 0; i < subjects->count; i++)
		if (subjects->at[i].pid == pid)
			return 1;
	if (!subject.start || !read_name(pid, subject.name))
		return 0;
	subject.file = say_memory(calloc(1, sizeof(*subject.file)));
	subjects->at =
		say_memory(realloc(subjects->at, (subjects->count + 1) * sizeof(*subjects->at)));
	subjects->at[subjects->count++] = subject;
	return 1;
}

/* Adds all processes of that name, except this one. Returns their number. */
static int add_by_name(struct subjects *subjects, const char *name)
{
	size_t before = subjects->count;
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char own[64];
	int found = 0;

	while (processes && (entry = readdir(processes))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != getpid() && read_name(pid, own) &&
		    strncmp(own, name, 15) == 0 && strlen(own) == strnlen(name, 15))
			found += subject_add(subjects, pid);
	}
	if (processes)
		closedir(processes);
	for (size_t i = before; found > 1 && i < subjects->count; i++)
		subjects->at[i].is_one_of_many = 1;
	return found;
}

static int add_operand(struct subjects *subjects, const char *text)
{
	uint64_t pid;

	if (!*text)
		exit(say_usage("'' is no process: is a variable empty or not set?"));
	if (!unit_parse_count(text, &pid)) {
		if (pid && pid <= INT32_MAX && subject_add(subjects, (pid_t)pid))
			return EXIT_OK;
		return say_failed("there is no process %s", text);
	}
	return add_by_name(subjects, text) ? EXIT_OK
					   : say_failed("no process is called '%s'", text);
}

static void print_id(const struct subject *s)
{
	char text[HEADWAY_ID_TEXT];
	struct headway_id id;

	if (headway_get_id(s->record, &id) || headway_format_id(&id, text))
		return;
	fputs(text, stdout);
	if (s->is_one_of_many) {
		printf(" %d ", (int)s->pid);
		term_clean(stdout, s->name);
	}
	putchar('\n');
}

static int start_record(struct headway_arena *arena, struct subject *s, struct headway_spec *spec,
			const char *name)
{
	char pid[16];
	const struct headway_message message = {"Pid", pid};
	int error;

	spec->name = name ? name : s->name;
	error = headway_start(arena, spec, &s->record);
	if (error) {
		s->start = 0;
		return say_failed("cannot start a record for process %d (%s): %s", (int)s->pid,
				  s->name, headway_strerror(error));
	}
	snprintf(pid, sizeof(pid), "%d", (int)s->pid);
	(void)headway_update(s->record, &message, 1);
	print_id(s);
	return EXIT_OK;
}

static void subject_end(struct subject *s)
{
	headway_release(s->record);
	s->record = NULL;
	s->start = 0;
}

/* Reads the positions of one process.  Returns an exit status. */
static int subject_poll(struct subject *s)
{
	int error = file_record_look(s->file, s->pid, s->record);

	if (!error && process_start(s->pid) == s->start)
		return EXIT_OK;
	if (!error || error == -ESRCH) {
		(void)headway_finish(s->record);
	} else if (error == -EACCES) {
		(void)headway_error(s->record, "the files of the process may not be looked at");
		(void)say_failed("the files of process %d (%s) may not be looked at: %s",
				 (int)s->pid, s->name, strerror(EACCES));
	} else {
		(void)say_failed("process %d (%s) is no longer watched: %s", (int)s->pid, s->name,
				 headway_strerror(error));
	}
	subject_end(s);
	return !error || error == -ESRCH ? EXIT_OK : EXIT_FAILED;
}

/* Checks each process; *left: how many are still watched. */
static int poll_all(struct subjects *subjects, struct progress_line *line, size_t *left)
{
	int code = EXIT_OK;

	*left = 0;
	for (size_t i = 0; i < subjects->count; i++) {
		struct subject *s = &subjects->at[i];

		if (s->start && subject_poll(s))
			code = EXIT_FAILED;
		*left += s->start != 0;
	}
	if (subjects->count == 1)
		progress_line_draw(line, subjects->at->file->done, subjects->at->file->total);
	return code;
}

static int watch_all(struct subjects *subjects, struct progress_line *line, int interval_ms)
{
	int code = EXIT_OK;
	size_t left;

	stop_catch(0);
	for (;;) {
		if (poll_all(subjects, line, &left))
			code = EXIT_FAILED;
		if (!left || stop_requested())
			break;
		(void)stop_wait(interval_ms);
	}
	if (subjects->count == 1)
		progress_line_finish(line, subjects->at->file->done, subjects->at->file->total);
	for (size_t i = 0; i < subjects->count; i++) {
		if (subjects->at[i].start)
			(void)headway_error(subjects->at[i].record, "no longer watched");
		subject_end(&subjects->at[i]);
		free(subjects->at[i].file);
	}
	free(subjects->at);
	return code;
}

static int watch_run(int argc, char **argv)
{
	struct watch_values values = {.name = NULL};
	struct arguments arguments = options_parse(&cmd_watch, argc, argv, &values);
	struct headway_spec spec = {
		.size = sizeof(spec),
		.flags = HEADWAY_DETACHED,
		.unit = "bytes",
		.counters = file_record_counters,
		.ttl_seconds = (uint32_t)values.ttl.value,
	};
	struct subjects subjects = {.at = NULL};
	struct progress_line line;
	struct headway_arena *arena;
	struct headway_id parent;
	int code = EXIT_OK;

	for (int i = 0; i < arguments.count; i++)
		if (add_operand(&subjects, arguments.operands[i]))
			code = EXIT_FAILED;
	if (!subjects.count)
		return code;
	arena = arena_open(arguments.arena, 0);
	if (record_parent(arena, values.parent, &parent) > 0)
		spec.parent = &parent;
	for (size_t i = 0; i < subjects.count; i++)
		if (start_record(arena, &subjects.at[i], &spec, values.name))
			code = EXIT_FAILED;
	fflush(stdout);
	progress_line_start(&line, values.name ? values.name : subjects.at->name, spec.unit);
	line.is_on = line.is_on && !values.quiet;
	if (watch_all(&subjects, &line, values.interval.given ? (int)values.interval.value : 500))
		code = EXIT_FAILED;
	headway_close(arena);
	if (stop_requested())
		stop_die_by(stop_requested());
	return code;
}
