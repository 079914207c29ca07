/* SPDX-License-Identifier: BSD-3-Clause */
/* headway wait: wait until records are over. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"
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
};

#define AT(field) offsetof(struct wait_values, field)

static const struct option_row rows[] = {
	ROW_RANGE("timeout", 'T', OPTION_MILLIS, AT(timeout), "TIME", 0, INT_MAX,
		  "how long to wait; 0: check once (default: no limit)"),
	ROW("all", 'A', OPTION_FLAG, AT(all), NULL, "wait until all are over: this is the default"),
	ROW("any", 'y', OPTION_FLAG, AT(any), NULL, "wait until one is over, and print its id"),
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

/* Prints why a record is in Error. */
static int tell_error(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;
	const char *message = NULL;
	char text[HEADWAY_ID_TEXT] = "";

	(void)headway_format_id(id, text);
	if (!record_read(arena, id, &snapshot))
		message = snapshot_message(snapshot, "Error");
	say("record %s is in Error%s%s", text, message ? ": " : "", message ? message : "");
	headway_snapshot_free(snapshot);
	return EXIT_FAILED;
}

/* Turn the result of headway_wait() into an exit status, with a message on failure. */
static int conclude(struct headway_arena *arena, const struct headway_id *id, int status)
{
	return status == HEADWAY_ERROR ? tell_error(arena, id) : record_result(NULL, id, status);
}

static int left_ms(int64_t due_ns)
{
	int64_t left = due_ns < 0 ? -1 : (due_ns - watch_clock_ns() + 999999) / 1000000;

	return due_ns < 0 ? -1 : left > 0 ? (int)left : 0;
}

static int wait_for_all(struct headway_arena *arena, const struct headway_id *ids, int count,
			int64_t due_ns)
{
	int code = EXIT_OK;

	for (int i = 0; i < count; i++) {
		int status = headway_wait(arena, &ids[i], left_ms(due_ns));

		if (status == -ETIMEDOUT)
			return EXIT_TIMEOUT;
		if (conclude(arena, &ids[i], status))
			code = EXIT_FAILED;
	}
	return code;
}

static int wait_for_any(struct headway_arena *arena, const struct headway_id *ids, int count,
			int64_t due_ns)
{
	const struct timespec pause = {0, PAUSE_MS * 1000000};
	char text[HEADWAY_ID_TEXT];

	for (;;) {
		int is_late = left_ms(due_ns) ==
			      0; /* before the check, so that a last one follows */

		for (int i = 0; i < count; i++) {
			int status = headway_wait(arena, &ids[i], 0);

			if (status == -ETIMEDOUT)
				continue;
			if (status > 0 && !headway_format_id(&ids[i], text))
				printf("%s\n", text);
			return conclude(arena, &ids[i], status);
		}
		if (is_late)
			return EXIT_TIMEOUT;
		nanosleep(&pause, NULL);
	}
}

static int wait_run(int argc, char **argv)
{
	struct wait_values values = {.any = 0};
	struct arguments arguments = options_parse(&cmd_wait, argc, argv, &values);
	struct headway_id *ids;
	struct headway_arena *arena;
	int64_t due_ns = -1;
	int code;

	if (values.any && values.all)
		return say_usage("--any and --all exclude each other");
	ids = say_memory(calloc((size_t)arguments.count + 1, sizeof(*ids)));
	if (values.timeout.given)
		due_ns = watch_clock_ns() + (int64_t)values.timeout.value * 1000000;
	arena = arena_open(arguments.arena, HEADWAY_READ_ONLY);
	for (int i = 0; i < arguments.count; i++)
		ids[i] = record_operand(arena, arguments.operands[i]);
	code = values.any ? wait_for_any(arena, ids, arguments.count, due_ns)
			  : wait_for_all(arena, ids, arguments.count, due_ns);
	headway_close(arena);
	free(ids);
	return code;
}
