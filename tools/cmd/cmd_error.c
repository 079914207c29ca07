/* SPDX-License-Identifier: BSD-3-Clause */
/* headway error: end a record as Error. */
#include "cmd/cmd.h"
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
	struct writer w = writer_open(arguments.arena, arguments.operands[0]);
	int code = record_result(w.record, &w.id, headway_error(w.record, arguments.operands[1]));

	writer_close(&w);
	return code;
}
