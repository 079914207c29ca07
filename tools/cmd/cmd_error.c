/* SPDX-License-Identifier: BSD-3-Clause */
/* headway error: end a record as Error. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"

static int error_run(int argc, char **argv);

const struct command cmd_error = {
	.name = "error",
	.synopsis = "ID MESSAGE",
	.summary = "end a record as Error",
	.notes = "MESSAGE is stored as the message with the key Error.",
	.least_operands = 2,
	.most_operands = 2,
	.options_first = 1,
	.run = error_run,
};

static int error_run(int argc, char **argv)
{
	struct arguments arguments = options_parse(&cmd_error, argc, argv, NULL);
	struct headway_id id = options_id(arguments.operands[0]);
	struct headway_arena *arena = arena_open(arguments.arena, HEADWAY_EXISTING);
	struct headway_record *record = record_open(arena, &id);
	int code = record_result(record, &id, headway_error(record, arguments.operands[1]));

	headway_release(record);
	headway_close(arena);
	return code;
}
