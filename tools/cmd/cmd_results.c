/* SPDX-License-Identifier: BSD-3-Clause */
/* headway results: set the results of a record. */
#include "cmd/cmd.h"
#include "base/json.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

#include <stdlib.h>

static int results_run(int argc, char **argv);

const struct command cmd_results = {
	.name = "results",
	.synopsis = "ID [JSON]",
	.summary = "set the results of a record: one JSON value",
	.notes = "Without JSON, or with '-', it is read from standard input.",
	.least_operands = 1,
	.most_operands = 2,
	.options_first = 1,
	.run = results_run,
};

static int results_run(int argc, char **argv)
{
	struct arguments arguments = options_parse(&cmd_results, argc, argv, NULL);
	struct writer w = writer_open(arguments.arena, arguments.operands[0]);
	const char *json;
	size_t length;
	char *own;
	int code = json_argument(w.arena, arguments.operands[1], &json, &length, &own);

	if (!code)
		code = json_result(w.record, &w.id, json, length,
				   headway_results(w.record, json, length));
	free(own);
	writer_close(&w);
	return code;
}
