/* SPDX-License-Identifier: BSD-3-Clause */
/* headway start: start a record and print its id. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNTERS_AT_MOST 6

struct start_values {
	const char *name, *unit, *parent;
	struct option_number total, owner, ttl;
	struct option_list counters, messages;
	int striped;
};

#define AT(field) offsetof(struct start_values, field)

static const struct option_row rows[] = {
	ROW("name", 'n', OPTION_TEXT, AT(name), "NAME", "name of the record (or the operand)"),
	ROW("unit", 'u', OPTION_TEXT, AT(unit), "UNIT", "what is counted: bytes, files"),
	ROW("total", 't', OPTION_AMOUNT, AT(total), "N", "expected final value of done"),
	ROW("message", 'm', OPTION_LIST, AT(messages), "KEY=VALUE",
	    "a message; may be given several times"),
	ROW("counter", 'c', OPTION_LIST, AT(counters), "NAME",
	    "name of a further counter; may be given up to six times"),
	ROW("parent", 'p', OPTION_ID, AT(parent), "ID",
	    "parent of the record (default: $HEADWAY_PARENT)"),
	ROW_RANGE("owner", 'o', OPTION_COUNT, AT(owner), "PID", 1, 4194304,
		  "process that owns the record, which becomes Error if that process dies first"),
	ROW_RANGE("ttl", 0, OPTION_SECONDS, AT(ttl), "TIME", 1, UINT32_MAX,
		  "how long the record stays after its end (default: the arena's)"),
	ROW("striped", 0, OPTION_FLAG, AT(striped), NULL,
	    "faster counters when many processes add at the same time; 'headway set' fails then"),
	{.name = NULL},
};

static int start_run(int argc, char **argv);

const struct command cmd_start = {
	.name = "start",
	.synopsis = "[NAME]",
	.summary = "start a record and print its id",
	.notes = "Without --owner the record is detached: it stays Running until 'headway finish', "
		 "'headway error' or 'headway rm' ends it.\n"
		 "An arena that does not exist is made, with the defaults of 'headway init'.",
	.options = rows,
	.most_operands = 1,
	.run = start_run,
};

static int start_failed(const struct arguments *arguments, const struct start_values *values,
			int error)
{
	if (error == -ESRCH)
		return say_failed("--owner: no process %u", (unsigned)values->owner.value);
	if (error == -ENOSPC)
		return say_failed("arena %s is full: only records that run or are open are left",
				  arena_label(arguments->arena));
	return say_failed("cannot start a record: %s", headway_strerror(error));
}

static void check_counters(const struct option_list *counters)
{
	if (counters->count > COUNTERS_AT_MOST)
		exit(say_usage("--counter: %zu of them are too many: at most %d", counters->count,
			       COUNTERS_AT_MOST));
	for (size_t i = 0; i < counters->count; i++)
		if (!*counters->values[i])
			exit(say_usage("--counter: the name is empty"));
}

static struct headway_spec make_spec(const struct start_values *values,
				     const struct headway_id *parent)
{
	struct headway_spec spec = {
		.size = sizeof(spec),
		.flags = (values->owner.given ? 0u : (unsigned)HEADWAY_DETACHED) |
			 (values->striped ? (unsigned)HEADWAY_STRIPED : 0u),
		.name = values->name,
		.unit = values->unit,
		.parent = parent,
		.total = values->total.value,
		.counters = values->counters.values,
		.ttl_seconds = (uint32_t)values->ttl.value,
		.owner_pid = (uint32_t)values->owner.value,
	};

	return spec;
}

static struct headway_message *make_messages(const struct option_list *list)
{
	struct headway_message *messages;

	messages = say_memory(calloc(list->count + 1, sizeof(*messages)));
	for (size_t i = 0; i < list->count; i++)
		messages[i] = message_parse(list->values[i]);
	return messages;
}

/* Set the messages and print the id.  On failure remove the record, since nobody knows its id. */
static int start_record(struct headway_arena *arena, struct headway_record *record,
			const struct headway_message *messages, size_t count)
{
	char text[HEADWAY_ID_TEXT] = "";
	struct headway_id id;
	int code;

	(void)headway_get_id(record, &id);
	(void)headway_format_id(&id, text);
	code = count ? record_result(record, &id, headway_update(record, messages, count))
		     : EXIT_OK;
	headway_release(record);
	if (!code) {
		printf("%s\n", text);
		code = say_done(EXIT_OK);
	}
	if (code)
		(void)headway_remove(arena, &id);
	return code;
}

static int start_run(int argc, char **argv)
{
	struct start_values values = {.name = NULL};
	struct arguments arguments = options_parse(&cmd_start, argc, argv, &values);
	struct headway_record *record = NULL;
	struct headway_message *messages;
	struct headway_arena *arena;
	struct headway_spec spec;
	struct headway_id parent;
	int error, code, has_parent;

	if (arguments.count && values.name)
		return say_usage("'%s': the name was given with --name", arguments.operands[0]);
	if (arguments.count)
		values.name = arguments.operands[0];
	check_counters(&values.counters);
	messages = make_messages(&values.messages);
	arena = arena_open(arguments.arena, HEADWAY_CREATE);
	has_parent = record_parent(arena, values.parent, &parent);
	if (has_parent < 0)
		return say_failed("--parent: record '%s' is not in this arena", values.parent);
	spec = make_spec(&values, has_parent ? &parent : NULL);
	error = headway_start(arena, &spec, &record);
	code = error ? start_failed(&arguments, &values, error)
		     : start_record(arena, record, messages, values.messages.count);
	headway_close(arena);
	messages_free(messages, values.messages.count);
	free(values.messages.values);
	free(values.counters.values);
	return code;
}
