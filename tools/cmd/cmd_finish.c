/* SPDX-License-Identifier: BSD-3-Clause */
/* headway finish: end a record as Finished. */
#include "cmd/cmd.h"
#include "base/json.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

#include <stdlib.h>

struct finish_values {
	const char *results;
};

static const struct option_row rows[] = {
	ROW("results", 0, OPTION_TEXT, offsetof(struct finish_values, results), "JSON",
	    "set the results in the same step; '-' reads them from standard input"),
	{.name = NULL},
};

static int finish_run(int argc, char **argv);

const struct command cmd_finish = {
	.name = "finish",
	.synopsis = "ID",
	.summary = "end a record as Finished",
	.options = rows,
	.least_operands = 1,
	.most_operands = 1,
	.run = finish_run,
};

static int finish_with_results(const struct writer *w, const char *text)
{
	const char *json;
	size_t length;
	char *own;
	int code = json_argument(w->arena, text, &json, &length, &own);

	if (!code)
		code = json_result(w->record, &w->id, json, length,
				   headway_finish_with_results(w->record, json, length));
	free(own);
	return code;
}

static int finish_run(int argc, char **argv)
{
	struct finish_values values = {.results = NULL};
	struct arguments arguments = options_parse(&cmd_finish, argc, argv, &values);
	struct writer w = writer_open(arguments.arena, arguments.operands[0]);
	int code = values.results ? finish_with_results(&w, values.results)
				  : record_result(w.record, &w.id, headway_finish(w.record));

	writer_close(&w);
	return code;
}
