/* SPDX-License-Identifier: BSD-3-Clause */
/* headway fsck: check an arena. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/options.h"
#include "base/say.h"
#include "base/term.h"

#include <inttypes.h>
#include <stdio.h>

struct fsck_values {
	int json;
};

static const struct option_row rows[] = {
	ROW("json", 'j', OPTION_FLAG, offsetof(struct fsck_values, json), NULL,
	    "print one JSON object"),
	{.name = NULL},
};

static int fsck_run(int argc, char **argv);

const struct command cmd_fsck = {
	.name = "fsck",
	.synopsis = "",
	.summary = "check every invariant of the arena",
	.notes =
		"Changes nothing. Blocks in transit were just replaced and are not yet free again: "
		"an arena at rest has none. The exit status is 1 when anything is leaked or "
		"damaged.",
	.options = rows,
	.run = fsck_run,
};

static void print_json(const struct headway_fsck_report *report)
{
	printf("{\"slots\":%" PRIu64 ",\"blocks\":%" PRIu64 ",\"in_transit\":%" PRIu64
	       ",\"leaked\":%" PRIu64 ",\"damaged\":%" PRIu64 ",\"first\":",
	       report->slots, report->blocks, report->in_transit, report->leaked, report->damaged);
	json_string(stdout, report->first);
	printf("}\n");
}

static void print_people(const struct headway_fsck_report *report)
{
	printf("slots in use   %" PRIu64 "\n"
	       "blocks in use  %" PRIu64 "\n"
	       "in transit     %" PRIu64 "\n"
	       "leaked         %" PRIu64 "\n"
	       "damaged        %" PRIu64 "\n",
	       report->slots, report->blocks, report->in_transit, report->leaked, report->damaged);
	if (*report->first) {
		printf("first          ");
		term_clean(stdout, report->first);
		fputc('\n', stdout);
	}
}

static int fsck_run(int argc, char **argv)
{
	struct fsck_values values = {.json = 0};
	struct arguments arguments = options_parse(&cmd_fsck, argc, argv, &values);
	struct headway_arena *arena = arena_open(arguments.arena, HEADWAY_READ_ONLY);
	struct headway_fsck_report report = {.size = sizeof(report)};
	int error = headway_fsck(arena, &report);

	headway_close(arena);
	if (error)
		return say_failed("%s", arena_trouble(arguments.arena, error));
	if (values.json)
		print_json(&report);
	else
		print_people(&report);
	return report.leaked || report.damaged ? EXIT_FAILED : EXIT_OK;
}
