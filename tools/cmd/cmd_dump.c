/* SPDX-License-Identifier: BSD-3-Clause */
/* headway dump: print records. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/remote.h"
#include "base/say.h"
#include "base/term.h"
#include "cmd/dump.h"
#include "cmd/follow.h"
#include "cmd/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct dump_values, field)

static const struct option_row rows[] = {
	ROW_CHOICES("format", 'f', OPTION_CHOICE, AT(format), "FORMAT", "table json ndjson status",
		    "a table; an array of full views; one full view or one status view per line "
		    "(default: table on a terminal, else ndjson)"),
	ROW_CHOICES("status", 's', OPTION_CHOICES, AT(status), "STATUS,...", order_statuses,
		    "only records with one of these; lost: in Error because the owner died"),
	ROW("name", 'n', OPTION_TEXT, AT(name), "GLOB",
	    "only records whose name matches, like 'backup-*'"),
	ROW_CHOICES("sort", 'S', OPTION_TEXT, AT(sort), "KEY", order_keys,
		    "sort key; with a '-' before it, in reverse (default: started, or the "
		    "order of the ids)"),
	ROW("reverse", 'r', OPTION_FLAG, AT(reverse), NULL, "reverse the order"),
	ROW("fields", 'F', OPTION_TEXT, AT(fields), "FIELD,...",
	    "columns of the table, in this order"),
	ROW("follow", 'w', OPTION_FLAG, AT(follow), NULL,
	    "keep running and print each record that changes; end when all named ones are over; "
	    "waits for an arena, or a server"),
	ROW_RANGE("interval", 'i', OPTION_MILLIS, AT(interval), "TIME", 10, 3600000,
		  "with --follow: time between two refreshes; with --url it grows, so that "
		  "refreshing "
		  "takes at most a quarter of the time (default: 0.5s)"),
	ROW("url", 0, OPTION_TEXT, AT(url), "URL",
	    "the records of a headway-httpd, as http://localhost:8080, instead of an arena's"),
	ROW("schema", 0, OPTION_FLAG, AT(schema), NULL,
	    "print the JSON Schema of the full view instead"),
	{.name = NULL},
};

static int dump_run(int argc, char **argv);

const struct command cmd_dump = {
	.name = "dump",
	.synopsis = "[ID...]",
	.summary = "print records: all, or the named ones",
	.notes = "When a named record does not exist, a message is printed on standard error, the "
		 "others are printed, and the exit status is 1.\n"
		 "Fields: id status progress percent elapsed name message messages unit done total "
		 "counters parent owner url results started updated finished lost cancel version.",
	.options = rows,
	.most_operands = -1,
	.run = dump_run,
};

static int take(const struct headway_snapshot *s, void *argument)
{
	struct dump *dump = argument;
	struct dump_item *item;

	if (!dump_is_wanted(dump->values, s))
		return 0;
	if (dump->count == dump->room) {
		dump->room = dump->room ? 2 * dump->room : 64;
		dump->items = say_memory(realloc(dump->items, dump->room * sizeof(*dump->items)));
	}
	item = &dump->items[dump->count];
	memset(item, 0, sizeof(*item));
	item->name = say_memory(strdup(s->name));
	item->keys = view_order(s, dump->now_ns);
	item->keys.name = item->name;
	item->place = dump->count++;
	dump_render(dump, item, s);
	return 0;
}

static int take_remote(const struct headway_snapshot *s, const char *json, size_t length,
		       void *argument)
{
	struct dump *dump = argument;
	size_t before = dump->count;

	(void)take(s, dump);
	if (dump->count > before)
		dump_render_sent(dump, &dump->items[before], json, length);
	return 0;
}

static int take_from_url(struct dump *dump, const struct arguments *arguments)
{
	const char *url = dump->values->url;
	int code = EXIT_OK;

	if (!arguments->count && remote_each(url, take_remote, dump))
		return say_failed("%s", remote_trouble());
	for (int i = 0; i < arguments->count; i++) {
		struct headway_id id = remote_operand(arguments->operands[i]);
		int error = remote_read(url, &id, 0, take_remote, dump);

		if (error)
			code = remote_result(&id, error);
	}
	return code;
}

static int compare(const void *left, const void *right, void *argument)
{
	const struct dump *dump = argument;
	const struct dump_item *a = left, *b = right;
	int order = (a->place > b->place) - (a->place < b->place);

	if (dump->is_sorted)
		return order_compare(&dump->order, &a->keys, &b->keys);
	return dump->order.reverse ? -order : order;
}

static void print_items(struct dump *dump)
{
	dump_begin(dump);
	for (size_t i = 0; i < dump->count; i++) {
		dump_print(dump, &dump->items[i]);
		dump_item_free(&dump->items[i]);
	}
	dump_end(dump);
	free(dump->items);
}

/* Read the named records. */
static int take_named(struct dump *dump, struct headway_arena *arena,
		      const struct arguments *arguments)
{
	struct headway_snapshot *snapshot = NULL;
	int code = EXIT_OK;

	for (int i = 0; i < arguments->count; i++) {
		struct headway_id id = record_operand(arena, arguments->operands[i]);
		int error = record_read(arena, &id, &snapshot);

		if (record_result(NULL, &id, error))
			code = EXIT_FAILED;
		else
			(void)take(snapshot, dump);
	}
	headway_snapshot_free(snapshot);
	return code;
}

static int take_all(struct dump *dump, struct headway_arena *arena, const char *name)
{
	int count = headway_each(arena, take, dump);

	return count < 0 ? say_failed("%s", arena_trouble(name, count)) : EXIT_OK;
}

static void choose(struct dump *dump, const struct dump_values *values, int named)
{
	dump->format = values->format != FORMAT_DEFAULT       ? (enum dump_format)values->format
		       : term_is_terminal() || values->fields ? FORMAT_TABLE
							      : FORMAT_NDJSON;
	if (values->fields && dump->format != FORMAT_TABLE)
		exit(say_usage("--fields: only --format table has columns to choose"));
	dump_choose_fields(dump, values->fields);
	if (values->follow && (values->sort || values->reverse))
		exit(say_usage("--follow: changes come as they come: leave out --sort"));
	dump->order.reverse = values->reverse;
	dump->is_sorted = !named || values->sort;
	if (values->sort)
		order_parse(&dump->order, values->sort);
}

static int dump_run(int argc, char **argv)
{
	struct dump_values values = {.format = FORMAT_DEFAULT};
	struct arguments arguments = options_parse(&cmd_dump, argc, argv, &values);
	struct dump dump = {.values = &values, .now_ns = view_now_ns()};
	struct headway_arena *arena = NULL;
	int code;

	if (values.schema) {
		fputs(dump_schema, stdout);
		return EXIT_OK;
	}
	choose(&dump, &values, arguments.count > 0);
	if (values.url && arguments.arena)
		exit(say_usage("--url: not with --arena"));
	if (values.follow)
		return dump_follow(&dump, &arguments);
	if (!values.url)
		arena = arena_open(arguments.arena, HEADWAY_READ_ONLY);
	code = values.url        ? take_from_url(&dump, &arguments)
	       : arguments.count ? take_named(&dump, arena, &arguments)
				 : take_all(&dump, arena, arguments.arena);
	if (dump.count > 1)
		qsort_r(dump.items, dump.count, sizeof(*dump.items), compare, &dump);
	print_items(&dump);
	headway_close(arena);
	return code;
}
