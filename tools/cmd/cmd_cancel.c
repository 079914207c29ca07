/* SPDX-License-Identifier: BSD-3-Clause */
/* headway cancel: request the owners of records to stop, and optionally enforce it. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/owner.h"
#include "base/record.h"
#include "base/say.h"
#include "base/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

struct cancel_values {
	const char *reason;
	struct option_number timeout, kill_after;
	int wait;
};

#define AT(field) offsetof(struct cancel_values, field)

static const struct option_row rows[] = {
	ROW("reason", 0, OPTION_TEXT, AT(reason), "TEXT", "why, for people"),
	ROW("wait", 0, OPTION_FLAG, AT(wait), NULL, "wait until all are over"),
	ROW_RANGE("timeout", 'T', OPTION_MILLIS, AT(timeout), "TIME", 0, INT_MAX,
		  "with --wait or --kill-after: how long in all (default: no limit)"),
	ROW_RANGE("kill-after", 'k', OPTION_MILLIS, AT(kill_after), "TIME", 0, INT_MAX,
		  "wait for TIME, then kill what is still Running, and wait until it is over"),
	{.name = NULL},
};

static int cancel_run(int argc, char **argv);

const struct command cmd_cancel = {
	.name = "cancel",
	.synopsis = "ID...",
	.summary = "ask the owners of records to stop",
	.notes = "A request only: the record stays Running until its owner stops, and it may still "
		 "finish. 'headway run' sends SIGTERM to its command, and 'headway pipe' ends. A "
		 "record that is over is an error. --kill-after sends SIGKILL: for a record of "
		 "'headway run' to its command, otherwise to the owner.\n"
		 "Exit status: 0 all were asked, and with --wait or --kill-after are over; 1 one "
		 "could not be asked or killed; 124 after the timeout, which also ends "
		 "--kill-after: "
		 "with the shorter time, nothing is killed.",
	.options = rows,
	.least_operands = 1,
	.most_operands = -1,
	.run = cancel_run,
};

/* Waits for one record. Returns an exit status: 0 when it is over, or gone. */
static int wait_for(struct headway_arena *arena, const struct headway_id *id, int milliseconds)
{
	int status = headway_wait(arena, id, milliseconds);

	if (status == -ETIMEDOUT)
		return EXIT_TIMEOUT;
	return status == -ESTALE ? EXIT_OK : record_result(NULL, id, status);
}

/* Kills the record's owner, or the command of its owner. The record may end by itself meanwhile. */
static int kill_one(struct headway_arena *arena, const struct headway_id *id)
{
	const char *trouble;

	if (wait_for(arena, id, 0) != EXIT_TIMEOUT)
		return EXIT_OK;
	trouble = owner_kill(arena, id);
	if (trouble && wait_for(arena, id, 0) == EXIT_TIMEOUT)
		return say_failed("cannot kill: %s", trouble);
	return EXIT_OK;
}

/* When an option's time is over; -1: never. */
static int64_t due_ns(int64_t start_ns, const struct option_number *option)
{
	return option->given ? start_ns + (int64_t)option->value * 1000000 : -1;
}

/* Waits for several records with a common deadline. A time-out counts less than a failure to read. */
static int wait_for_all(struct headway_arena *arena, const struct headway_id *ids, int count,
			int64_t due)
{
	int code = EXIT_OK;

	for (int i = 0; i < count; i++) {
		int64_t left = due < 0 ? -1 : (due - watch_clock_ns() + 999999) / 1000000;
		int one = wait_for(arena, &ids[i], due < 0 ? -1 : left > 0 ? (int)left : 0);

		code = one > code ? one : code;
	}
	return code;
}

/* Kills what still runs. Returns an exit status; those that cannot be killed are not waited for:
 * *ids has the others, *count is their number. */
static int kill_all(struct headway_arena *arena, struct headway_id *ids, int *count)
{
	int code = EXIT_OK, left = 0;

	for (int i = 0; i < *count; i++)
		if (kill_one(arena, &ids[i]))
			code = EXIT_FAILED;
		else
			ids[left++] = ids[i];
	*count = left;
	return code;
}

static int see_to_it(struct headway_arena *arena, struct headway_id *ids, int count,
		     const struct cancel_values *values)
{
	int64_t start_ns = watch_clock_ns();
	int64_t end = due_ns(start_ns, &values->timeout);
	int64_t kill = due_ns(start_ns, &values->kill_after);
	int code, waited;

	if (kill < 0 || (end >= 0 && end <= kill))
		return wait_for_all(arena, ids, count, end);
	code = wait_for_all(arena, ids, count, kill);
	if (code != EXIT_TIMEOUT)
		return code;
	code = kill_all(arena, ids, &count);
	waited = wait_for_all(arena, ids, count, end);
	return code ? code : waited;
}

/* Asks for one record. Returns an exit status. */
static int ask(struct headway_arena *arena, const struct headway_id *id, const char *reason)
{
	int error = headway_cancel(arena, id, reason), status;

	if (error != -EALREADY)
		return record_result(NULL, id, error);
	status = headway_wait(arena, id, 0);
	return status > 0 ? record_over(id, status) : record_result(NULL, id, status);
}

static int cancel_run(int argc, char **argv)
{
	struct cancel_values values = {.reason = NULL};
	struct arguments arguments = options_parse(&cmd_cancel, argc, argv, &values);
	struct headway_arena *arena;
	struct headway_id *ids;
	int code = EXIT_OK, asked = 0;

	if (values.timeout.given && !values.wait && !values.kill_after.given)
		return say_usage("--timeout belongs to --wait or --kill-after");
	ids = say_memory(calloc((size_t)arguments.count, sizeof(*ids)));
	arena = arena_open(arguments.arena, HEADWAY_EXISTING);
	for (int i = 0; i < arguments.count; i++)
		ids[i] = record_operand(arena, arguments.operands[i]);
	for (int i = 0; i < arguments.count; i++) {
		if (ask(arena, &ids[i], values.reason))
			code = EXIT_FAILED;
		else
			ids[asked++] = ids[i];
	}
	if (values.wait || values.kill_after.given) {
		int waited = see_to_it(arena, ids, asked, &values);

		code = code ? code : waited;
	}
	headway_close(arena);
	free(ids);
	return code;
}
