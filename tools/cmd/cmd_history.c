/* SPDX-License-Identifier: BSD-3-Clause */
/* headway history: lists or forgets earlier runs. */
#include "cmd/cmd.h"
#include "base/json.h"
#include "base/meter.h"
#include "base/options.h"
#include "base/say.h"
#include "base/table.h"
#include "base/units.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct history_values {
	int forget, all, json;
};

#define AT(field) offsetof(struct history_values, field)

static const struct option_row rows[] = {
	ROW("forget", 0, OPTION_FLAG, AT(forget), NULL, "forget the runs of the given names"),
	ROW("all", 0, OPTION_FLAG, AT(all), NULL, "with --forget: forget all runs"),
	ROW("json", 'j', OPTION_FLAG, AT(json), NULL, "print an array of objects"),
	{.name = NULL},
};

static int history_run(int argc, char **argv);

const struct command cmd_history = {
	.name = "history",
	.synopsis = "[PATTERN...]",
	.summary = "list or forget earlier runs",
	.notes =
		"'headway run' and 'headway pipe' remember how long successful runs took and how "
		"much was done at which time, for forecasts of later runs: the last 8 runs of each "
		"name, and at most 512 names. Runs of less than half a second are not remembered. "
		"A "
		"PATTERN is a name or a glob. TOTAL is what the last run counted, in steps of 1000 "
		"and without its unit. The files are in $XDG_STATE_HOME/headway, or in "
		"~/.local/state/headway.",
	.options = rows,
	.most_operands = -1,
	.run = history_run,
};

struct item {
	char *name;
	struct headway_history history;
};

struct listing {
	char **patterns; /* none: all */
	char *matched;   /* for each pattern: it is the name of a history, or fits one */
	struct item *items;
	size_t count, room;
};

static int is_wanted(struct listing *listing, const char *name)
{
	int is_wanted = !*listing->patterns;

	for (size_t i = 0; listing->patterns[i]; i++)
		if (!strcmp(listing->patterns[i], name) || !fnmatch(listing->patterns[i], name, 0))
			is_wanted = listing->matched[i] = 1;
	return is_wanted;
}

/* Tells which patterns match nothing. */
static int tell_unmatched(const struct listing *listing)
{
	int code = EXIT_OK;

	for (size_t i = 0; listing->patterns[i]; i++)
		if (!listing->matched[i])
			code = say_failed("'%s': no such history", listing->patterns[i]);
	return code;
}

static int take(const struct headway_history *history, void *argument)
{
	struct listing *listing = argument;

	if (!is_wanted(listing, history->name))
		return 0;
	if (listing->count == listing->room) {
		listing->room = listing->room ? 2 * listing->room : 64;
		listing->items = say_memory(
			realloc(listing->items, listing->room * sizeof(*listing->items)));
	}
	listing->items[listing->count++] = (struct item){say_memory(strdup(history->name)),
							 *history};
	return 0;
}

/* The latest first. */
static int compare(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	if (a->history.last_ns != b->history.last_ns)
		return a->history.last_ns < b->history.last_ns ? 1 : -1;
	return strcmp(a->name, b->name);
}

static char *local_time(int64_t ns, char text[32])
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm parts;

	if (!localtime_r(&seconds, &parts) || !strftime(text, 32, "%Y-%m-%d %H:%M", &parts))
		strcpy(text, "-");
	return text;
}

static void print_table(const struct listing *listing)
{
	static const struct table_column columns[] = {{"NAME", TABLE_LEFT},
						      {"RUNS", TABLE_RIGHT},
						      {"TIME", TABLE_RIGHT},
						      {"TOTAL", TABLE_RIGHT},
						      {"LAST", TABLE_LEFT}};
	struct table_row *lines = say_memory(calloc(listing->count + 1, sizeof(*lines)));
	struct table table;
	char text[METER_TEXT], total[UNITS_TEXT];

	table_start(&table, columns, 5);
	for (size_t i = 0; i < listing->count; i++) {
		const struct headway_history *h = &listing->items[i].history;

		table_set(&table, &lines[i], 0, TERM_PLAIN, listing->items[i].name);
		snprintf(text, sizeof(text), "%" PRIu32, h->runs);
		table_set(&table, &lines[i], 1, TERM_PLAIN, text);
		table_set(&table, &lines[i], 2, TERM_PLAIN,
			  meter_seconds(h->duration_seconds, text));
		table_set(&table, &lines[i], 3, TERM_PLAIN,
			  h->total ? unit_format_count(h->total, total) : "-");
		table_set(&table, &lines[i], 4, TERM_PLAIN, local_time(h->last_ns, text));
	}
	table_print_titles(&table, stdout, 0);
	for (size_t i = 0; i < listing->count; i++) {
		table_print(&table, &lines[i], stdout, 0);
		table_row_free(&lines[i]);
	}
	free(lines);
}

static void print_json(const struct listing *listing)
{
	printf("[");
	for (size_t i = 0; i < listing->count; i++) {
		const struct headway_history *h = &listing->items[i].history;

		printf("%s{\"name\":", i ? ",\n" : "");
		json_string(stdout, listing->items[i].name);
		printf(",\"runs\":%" PRIu32 ",\"duration_seconds\":%.6f,\"total\":%" PRIu64
		       ",\"last_ns\":%" PRId64 "}",
		       h->runs, h->duration_seconds, h->total, h->last_ns);
	}
	printf("]\n");
}

static int trouble(int error)
{
	if (error == -EACCES)
		return say_failed("the folder of the histories belongs to another user, or others "
				  "may write it: see headway-history(1)");
	return say_failed("cannot read the histories: %s", headway_strerror(error));
}

/* Forgets one name after the other, so that a history that is added meanwhile stays. */
static int forget(const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		int error = headway_history_forget(listing->items[i].name);

		if (error < 0)
			return say_failed("'%s' cannot be forgotten: %s", listing->items[i].name,
					  headway_strerror(error));
	}
	return EXIT_OK;
}

static int forget_all(void)
{
	int error = headway_history_forget(NULL);

	return error < 0 ? trouble(error) : EXIT_OK;
}

static int check(const struct history_values *values, const struct arguments *arguments)
{
	if (values->all && (!values->forget || arguments->count))
		return say_usage("--all is for --forget without names");
	if (values->forget && !values->all && !arguments->count)
		return say_usage("--forget needs a name, or --all");
	if (values->forget && values->json)
		return say_usage("--forget and --json exclude each other");
	return EXIT_OK;
}

static int history_run(int argc, char **argv)
{
	struct history_values values = {.json = 0};
	struct arguments arguments = options_parse(&cmd_history, argc, argv, &values);
	struct listing listing = {.patterns = arguments.operands};
	int code = check(&values, &arguments), error;

	if (code)
		return code;
	if (values.all)
		return forget_all();
	listing.matched = say_memory(calloc((size_t)arguments.count + 1, 1));
	error = headway_history_each(take, &listing);
	if (error < 0)
		return trouble(error);
	if (listing.count)
		qsort(listing.items, listing.count, sizeof(*listing.items), compare);
	if (values.forget)
		code = forget(&listing);
	else if (values.json)
		print_json(&listing);
	else if (listing.count)
		print_table(&listing);
	if (tell_unmatched(&listing))
		code = EXIT_FAILED;
	free(listing.matched);
	for (size_t i = 0; i < listing.count; i++)
		free(listing.items[i].name);
	free(listing.items);
	return code;
}
