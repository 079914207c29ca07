/* SPDX-License-Identifier: BSD-3-Clause */
/* headway wait: wait until records are over. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/remote.h"
#include "base/progress_line.h"
#include "base/say.h"
#include "base/stop.h"
#include "base/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_MS 100

struct wait_values {
	struct option_number timeout;
	int any, all;
	const char *url;
};

#define AT(field) offsetof(struct wait_values, field)

static const struct option_row rows[] = {
	ROW_RANGE("timeout", 'T', OPTION_MILLIS, AT(timeout), "TIME", 0, INT_MAX,
		  "how long to wait; 0: check once (default: no limit)"),
	ROW("all", 'A', OPTION_FLAG, AT(all), NULL, "wait until all are over: this is the default"),
	ROW("any", 'y', OPTION_FLAG, AT(any), NULL, "wait until one is over, and print its id"),
	ROW("url", 0, OPTION_TEXT, AT(url), "URL",
	    "records of a headway-httpd, as http://localhost:8080, instead of an arena's"),
	{.name = NULL},
};

static int wait_run(int argc, char **argv);

const struct command cmd_wait = {
	.name = "wait",
	.synopsis = "ID...",
	.summary = "wait until records are over",
	.notes = "Exit status: 0 when all are Finished; 1 when one is in Error (its message is "
		 "printed on standard error) or gone; 124 after the timeout. With --any, only the "
		 "first one that is over counts.",
	.options = rows,
	.least_operands = 1,
	.most_operands = -1,
	.run = wait_run,
};

/* What is waited for: records, and how the command named them. */
struct targets {
	struct headway_id *ids;
	char **operands;
	int count;
};

/* Prints why a record is in Error; with the word that named it unless that is its id. */
static int tell_error(struct headway_arena *arena, const struct headway_id *id, const char *operand)
{
	struct headway_id given;
	int is_id = !headway_parse_id(operand, &given);
	struct headway_snapshot *snapshot = NULL;
	const char *message = NULL;
	char text[HEADWAY_ID_TEXT] = "";

	(void)headway_format_id(id, text);
	if (!record_read(arena, id, &snapshot))
		message = snapshot_message(snapshot, "Error");
	say("record %s%s%s%s is in Error%s%s", text, is_id ? "" : " (", is_id ? "" : operand,
	    is_id ? "" : ")", message ? ": " : "", message ? message : "");
	headway_snapshot_free(snapshot);
	return EXIT_FAILED;
}

/* Turn the result of headway_wait() into an exit status, with a message on failure. */
static int conclude(struct headway_arena *arena, const struct targets *targets, int which,
		    int status)
{
	const struct headway_id *id = &targets->ids[which];

	return status == HEADWAY_ERROR ? tell_error(arena, id, targets->operands[which])
				       : record_result(NULL, id, status);
}

static int left_ms(int64_t due_ns)
{
	int64_t left = due_ns < 0 ? -1 : (due_ns - watch_clock_ns() + 999999) / 1000000;

	return due_ns < 0 ? -1 : left > 0 ? (int)left : 0;
}

/* ---- the terminal's own progress ------------------------------------------------------------- */

static struct terminal_progress tab;

/* The mean of all. */
static void show_in_tab(struct headway_arena *arena, const struct targets *targets)
{
	static struct headway_snapshot *snapshot;
	uint64_t thousandths = 0, known = 0;

	for (int i = 0; tab.is_on && i < targets->count; i++) {
		int is_over = record_read(arena, &targets->ids[i], &snapshot) != 0 ||
			      snapshot->status != HEADWAY_RUNNING;

		if (!is_over && !snapshot->total)
			continue;
		known++;
		thousandths += is_over || snapshot->done >= snapshot->total
				       ? 1000
				       : (uint64_t)(1000.0 * (double)snapshot->done /
						    (double)snapshot->total);
	}
	if (tab.is_on)
		terminal_progress_show(&tab, thousandths, 1000 * known, watch_clock_ns());
}

static void end_if_stopped(void)
{
	if (!stop_requested())
		return;
	terminal_progress_clear(&tab);
	stop_die_by(stop_requested());
}

static void tab_start(void)
{
	terminal_progress_start(&tab);
	if (tab.is_on)
		stop_catch(0);
}

/* headway_wait() for one of them until a time. */
static int wait_for_one(struct headway_arena *arena, const struct targets *targets, int which,
			int64_t due_ns)
{
	for (;;) {
		int left = left_ms(due_ns), status;
		int is_piece = tab.is_on && (left < 0 || left > PROGRESS_LINE_MS);

		show_in_tab(arena, targets);
		status = headway_wait(arena, &targets->ids[which],
				      is_piece ? PROGRESS_LINE_MS : left);
		end_if_stopped();
		if (status != -ETIMEDOUT || !is_piece)
			return status;
	}
}

static int wait_for_all(struct headway_arena *arena, const struct targets *targets, int64_t due_ns)
{
	int code = EXIT_OK;

	for (int i = 0; i < targets->count; i++) {
		int status = wait_for_one(arena, targets, i, due_ns);

		if (status == -ETIMEDOUT)
			return EXIT_TIMEOUT;
		if (conclude(arena, targets, i, status))
			code = EXIT_FAILED;
	}
	return code;
}

static int wait_for_any(struct headway_arena *arena, const struct targets *targets, int64_t due_ns)
{
	const struct timespec pause = {0, PAUSE_MS * 1000000};
	char text[HEADWAY_ID_TEXT];

	for (;;) {
		int is_late = left_ms(due_ns) ==
			      0; /* before the check, so that a last one follows */

		for (int i = 0; i < targets->count; i++) {
			int status = headway_wait(arena, &targets->ids[i], 0);

			if (status == -ETIMEDOUT)
				continue;
			if (status > 0 && !headway_format_id(&targets->ids[i], text))
				printf("%s\n", text);
			return conclude(arena, targets, i, status);
		}
		if (is_late)
			return EXIT_TIMEOUT;
		show_in_tab(arena, targets);
		nanosleep(&pause, NULL);
		end_if_stopped();
	}
}

/* What a server said of a record. */
struct told {
	int status;
	char *error;
};

static int take_told(const struct headway_snapshot *s, const char *json, size_t length,
		     void *argument)
{
	struct told *told = argument;
	const char *message = snapshot_message(s, "Error");

	(void)json;
	(void)length;
	told->status = s->status;
	if (s->status == HEADWAY_ERROR && message)
		told->error = say_memory(strdup(message));
	return 0;
}

/* One request; let the server wait for up to wait_ms. Returns -1 while it runs, or an exit status. */
static int remote_status(const char *url, const struct headway_id *id, long wait_ms)
{
	struct told told = {0, NULL};
	char text[HEADWAY_ID_TEXT] = "";
	int error = remote_read(url, id, wait_ms, take_told, &told), code = -1;

	(void)headway_format_id(id, text);
	if (error)
		code = remote_result(id, error);
	else if (told.status == HEADWAY_FINISHED)
		code = EXIT_OK;
	else if (told.status == HEADWAY_ERROR)
		code = EXIT_FAILED;
	if (!error && told.status == HEADWAY_ERROR)
		say("record %s is in Error%s%s", text, told.error ? ": " : "",
		    told.error ? told.error : "");
	free(told.error);
	return code;
}

/* Each record for a while in turn; of a single one the server tells at once. */
static int wait_by_url(const char *url, const struct headway_id *ids, int count, int any,
		       int64_t due_ns)
{
	long most = any && count > 1 ? 250 : 25000;
	int code = EXIT_OK;
	char text[HEADWAY_ID_TEXT];

	for (int i = 0; any || i < count;) {
		int left = left_ms(due_ns);
		int told = remote_status(url, &ids[i % count],
					 left >= 0 && left < most ? left : most);

		if (told >= 0 && any && !headway_format_id(&ids[i % count], text))
			printf("%s\n", text);
		if (told >= 0 && any)
			return told;
		if (told > 0)
			code = told;
		if (told < 0 && left == 0)
			return EXIT_TIMEOUT;
		i += told >= 0 || any;
	}
	return code;
}

static int wait_run(int argc, char **argv)
{
	struct wait_values values = {.any = 0};
	struct arguments arguments = options_parse(&cmd_wait, argc, argv, &values);
	struct headway_id *ids;
	struct targets targets = {.operands = arguments.operands, .count = arguments.count};
	struct headway_arena *arena;
	int64_t due_ns = -1;
	int code;

	if (values.any && values.all)
		return say_usage("--any and --all exclude each other");
	ids = say_memory(calloc((size_t)arguments.count + 1, sizeof(*ids)));
	if (values.timeout.given)
		due_ns = watch_clock_ns() + (int64_t)values.timeout.value * 1000000;
	if (values.url && arguments.arena)
		return say_usage("--url: not with --arena");
	if (values.url) {
		for (int i = 0; i < arguments.count; i++)
			ids[i] = remote_operand(arguments.operands[i]);
		code = wait_by_url(values.url, ids, arguments.count, values.any, due_ns);
		free(ids);
		return code;
	}
	arena = arena_open(arguments.arena, HEADWAY_READ_ONLY);
	for (int i = 0; i < arguments.count; i++)
		ids[i] = record_operand(arena, arguments.operands[i]);
	targets.ids = ids;
	tab_start();
	code = values.any ? wait_for_any(arena, &targets, due_ns)
			  : wait_for_all(arena, &targets, due_ns);
	terminal_progress_clear(&tab);
	headway_close(arena);
	free(ids);
	return code;
}
