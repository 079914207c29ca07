/* SPDX-License-Identifier: BSD-3-Clause */
/* headway wait: until a record is over. */
#include "cmd.h"
#include "say.h"

#include <errno.h>
#include <limits.h>

struct wait_values {
	struct option_number timeout;
};

static const struct option_row rows[] = {
	ROW_RANGE("timeout", 't', OPTION_MILLIS, offsetof(struct wait_values, timeout), "TIME", 0,
		  INT_MAX, "wait no longer; 0 looks once (default: for ever)"),
	{.name = NULL},
};

static int wait_run(int argc, char **argv);

const struct command cmd_wait = {
	.name = "wait",
	.synopsis = "ID",
	.summary = "wait until a record is over",
	.notes = "Exit status: 0 Finished, 1 Error (its message goes to standard error) or gone, "
		 "124 not over in time.",
	.options = rows,
	.least_operands = 1,
	.most_operands = 1,
	.run = wait_run,
};

/* The record is in Error: say why. */
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

static int wait_run(int argc, char **argv)
{
	struct wait_values values = {.timeout = {0, 0}};
	struct arguments arguments = options_parse(&cmd_wait, argc, argv, &values);
	struct headway_id id = options_id(arguments.operands[0]);
	int timeout_ms = values.timeout.given ? (int)values.timeout.value : -1;
	struct headway_arena *arena = arena_open(arguments.arena, HEADWAY_READ_ONLY);
	int status = headway_wait(arena, &id, timeout_ms), code;

	if (status == -ETIMEDOUT)
		code = EXIT_TIMEOUT;
	else if (status == HEADWAY_ERROR)
		code = tell_error(arena, &id);
	else
		code = record_result(NULL, &id, status);
	headway_close(arena);
	return code;
}
