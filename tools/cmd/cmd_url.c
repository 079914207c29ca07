/* SPDX-License-Identifier: BSD-3-Clause */
/* headway url: set the url of a record. */
#include "cmd/cmd.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

struct url_values {
	int is_default;
};

static const struct option_row rows[] = {
	ROW("default", 0, OPTION_FLAG, offsetof(struct url_values, is_default), NULL,
	    "set the arena's base path and the id again"),
	{.name = NULL},
};

static int url_run(int argc, char **argv);

const struct command cmd_url = {
	.name = "url",
	.synopsis = "ID URL",
	.summary = "set the url of a record",
	.options = rows,
	.least_operands = 1,
	.most_operands = 2,
	.run = url_run,
};

static int url_run(int argc, char **argv)
{
	struct url_values values = {.is_default = 0};
	struct arguments arguments = options_parse(&cmd_url, argc, argv, &values);
	const char *url = arguments.operands[1];
	struct writer w;
	int code;

	if (values.is_default && url)
		return say_usage("'%s': --default takes no URL", url);
	if (!values.is_default && (!url || !*url))
		return say_usage("the URL is missing; --default sets the one it had at its start");
	w = writer_open(arguments.arena, arguments.operands[0]);
	code = record_result(w.record, &w.id, headway_url(w.record, values.is_default ? "" : url));
	writer_close(&w);
	return code;
}
