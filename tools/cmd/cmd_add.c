/* SPDX-License-Identifier: BSD-3-Clause */
/* headway add: add to a counter of a record. */
#include "cmd/cmd.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

struct add_values {
	const char *counter;
};

static const struct option_row rows[] = {
	ROW("counter", 'c', OPTION_TEXT, offsetof(struct add_values, counter), "NAME",
	    "add to this counter instead of done: its name or its index (0 to 5)"),
	{.name = NULL},
};

static int add_run(int argc, char **argv);

const struct command cmd_add = {
	.name = "add",
	.synopsis = "ID N",
	.summary = "add to a counter of a record",
	.options = rows,
	.least_operands = 2,
	.most_operands = 2,
	.run = add_run,
};

static int add_to_counter(const struct writer *w, const char *name, uint64_t n)
{
	uint64_t value;
	unsigned index;

	if (writer_counter(w, name, &index, &value))
		return EXIT_FAILED;
	return record_result(w->record, &w->id, headway_counter_add(w->record, index, n));
}

static int add_run(int argc, char **argv)
{
	struct add_values values = {.counter = NULL};
	struct arguments arguments = options_parse(&cmd_add, argc, argv, &values);
	uint64_t n = options_amount("N", arguments.operands[1]);
	struct writer w = writer_open(arguments.arena, arguments.operands[0]);
	int code = values.counter ? add_to_counter(&w, values.counter, n)
				  : record_result(w.record, &w.id, headway_add(w.record, n));

	writer_close(&w);
	return code;
}
