/* SPDX-License-Identifier: BSD-3-Clause */
/* headway add: add to a counter of a record. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"
#include "base/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

static int unknown_counter(const char *name)
{
	return say_failed("the record has no counter '%s'", name);
}

/* Add to the named counter; name is its name or its index. */
static int add_to_counter(struct headway_arena *arena, struct headway_record *record,
			  const struct headway_id *id, const char *name, uint64_t n)
{
	struct headway_snapshot *snapshot = NULL;
	uint64_t index = UINT64_MAX;
	int error = headway_read(arena, id, &snapshot);
	size_t count;

	if (error)
		return record_result(record, id, error);
	count = snapshot->counter_count;
	if (unit_parse_count(name, &index))
		index = UINT64_MAX;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(snapshot->counter_names[i], name))
			index = i;
	headway_snapshot_free(snapshot);
	if (index >= count)
		return unknown_counter(name);
	return record_result(record, id, headway_counter_add(record, (unsigned)index, n));
}

static int add_run(int argc, char **argv)
{
	struct add_values values = {.counter = NULL};
	struct arguments arguments = options_parse(&cmd_add, argc, argv, &values);
	struct headway_id id = options_id(arguments.operands[0]);
	uint64_t n = options_count("N", arguments.operands[1]);
	struct headway_arena *arena = arena_open(arguments.arena, HEADWAY_EXISTING);
	struct headway_record *record = record_open(arena, &id);
	int code = values.counter ? add_to_counter(arena, record, &id, values.counter, n)
				  : record_result(record, &id, headway_add(record, n));

	headway_release(record);
	headway_close(arena);
	return code;
}
