/* SPDX-License-Identifier: BSD-3-Clause */
/* headway set: set what is done of a record, or its total. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

#include <errno.h>

struct set_values {
	struct option_number total;
};

static const struct option_row rows[] = {
	ROW("total", 't', OPTION_COUNT, offsetof(struct set_values, total), "N",
	    "expected final value of done; 0: unknown"),
	{.name = NULL},
};

static int set_run(int argc, char **argv);

const struct command cmd_set = {
	.name = "set",
	.synopsis = "ID [DONE]",
	.summary = "set what is done of a record, or its total",
	.options = rows,
	.least_operands = 1,
	.most_operands = 2,
	.run = set_run,
};

static int set_record(struct headway_record *record, const struct headway_id *id,
		      const struct option_number *total, const struct option_number *done)
{
	int error = total->given ? headway_set_total(record, total->value) : 0;

	if (!error && done->given)
		error = headway_set(record, done->value);
	if (error == -EINVAL)
		return say_failed("the record's counters are striped: use 'headway add'");
	return record_result(record, id, error);
}

static int set_run(int argc, char **argv)
{
	struct set_values values = {.total = {0, 0}};
	struct arguments arguments = options_parse(&cmd_set, argc, argv, &values);
	struct headway_id id = options_id(arguments.operands[0]);
	struct option_number done = {.given = arguments.count > 1};
	struct headway_record *record;
	struct headway_arena *arena;
	int code;

	if (done.given)
		done.value = options_count("DONE", arguments.operands[1]);
	if (!done.given && !values.total.given)
		return say_usage("nothing to set: give DONE, --total, or both");
	arena = arena_open(arguments.arena, HEADWAY_EXISTING);
	record = record_open(arena, &id);
	code = set_record(record, &id, &values.total, &done);
	headway_release(record);
	headway_close(arena);
	return code;
}
