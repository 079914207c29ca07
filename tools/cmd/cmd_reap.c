/* SPDX-License-Identifier: BSD-3-Clause */
/* headway reap: clean up after dead processes, free expired records. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/say.h"
#include "base/term.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct reap_values {
	struct option_number every, ttl, error_ttl;
	int any_owner, dry_run, json, verbose;
};

#define AT(field) offsetof(struct reap_values, field)

static const struct option_row rows[] = {
	ROW_RANGE("every", 'e', OPTION_MILLIS, AT(every), "TIME", 1, INT64_MAX / 1000000,
		  "repeat until SIGTERM or SIGINT; waits for an arena"),
	ROW_RANGE("ttl", 0, OPTION_SECONDS, AT(ttl), "TIME", 1, UINT32_MAX,
		  "how long a Finished record stays (default: the arena's)"),
	ROW_RANGE("error-ttl", 0, OPTION_SECONDS, AT(error_ttl), "TIME", 1, UINT32_MAX,
		  "how long a record in Error stays (default: the arena's)"),
	ROW("any-owner", 0, OPTION_FLAG, AT(any_owner), NULL,
	    "also when the arena belongs to another user, who can end this process by truncating "
	    "it"),
	ROW("dry-run", 0, OPTION_FLAG, AT(dry_run), NULL,
	    "change nothing; print what would be done"),
	ROW("json", 'j', OPTION_FLAG, AT(json), NULL, "print one JSON object per pass"),
	ROW("verbose", 'v', OPTION_FLAG, AT(verbose), NULL,
	    "with --every: also print passes that did nothing"),
	{.name = NULL},
};

static int reap_run(int argc, char **argv);

const struct command cmd_reap = {
	.name = "reap",
	.synopsis = "",
	.summary = "clean up after dead processes, free expired records",
	.notes = "Writers do the same when they need space; regular passes do it earlier.",
	.options = rows,
	.run = reap_run,
};

static void print_json(const struct headway_reap_report *report)
{
	printf("{\"live\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"expired\":%" PRIu64
	       ",\"evicted\":%" PRIu64 ",\"members_swept\":%" PRIu64 ",\"blocks_freed\":%" PRIu64
	       "}\n",
	       report->live, report->lost, report->expired, report->evicted, report->members_swept,
	       report->blocks_freed);
}

static void print_people(const char *name, const struct headway_reap_report *report, int dry_run)
{
	term_clean(stdout, arena_label(name));
	printf(": %s%" PRIu64 " dead process%s swept, %" PRIu64 " record%s lost, %" PRIu64
	       " expired, %" PRIu64 " block%s freed; %" PRIu64 " running\n",
	       dry_run ? "would be: " : "", report->members_swept,
	       report->members_swept == 1 ? "" : "es", report->lost, report->lost == 1 ? "" : "s",
	       report->expired, report->blocks_freed, report->blocks_freed == 1 ? "" : "s",
	       report->live);
}

/* One pass.  Opens the arena anew, since it may have been replaced since the last pass. */
static int reap_once(const char *name, const struct reap_values *values)
{
	struct headway_reap_policy policy = {
		.size = sizeof(policy),
		.ttl_seconds = (uint32_t)values->ttl.value,
		.error_ttl_seconds = (uint32_t)values->error_ttl.value,
		.flags = values->dry_run ? HEADWAY_DRY_RUN : 0u,
	};
	struct headway_options options = {
		.size = sizeof(options),
		.flags = (values->dry_run ? HEADWAY_READ_ONLY : HEADWAY_EXISTING) |
			 (values->any_owner ? HEADWAY_ANY_OWNER : 0u),
	};
	struct headway_reap_report report = {.size = sizeof(report)};
	struct headway_arena *arena = NULL;
	int error = headway_open(name, &options, &arena);

	if (!error)
		error = headway_reap(arena, &policy, &report);
	headway_close(arena);
	if (error)
		return error;
	if (values->every.given && !values->verbose && !report.lost && !report.expired &&
	    !report.evicted && !report.members_swept && !report.blocks_freed)
		return 0;
	if (values->json)
		print_json(&report);
	else
		print_people(name, &report, values->dry_run);
	return 0;
}

/* An error of the arena does not end the loop; it is printed once, until it changes. */
static int reap_repeatedly(const char *name, const struct reap_values *values)
{
	struct timespec pause = {(time_t)(values->every.value / 1000),
				 (long)(values->every.value % 1000) * 1000000};
	int printed = 0;
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	do {
		int error = reap_once(name, values);

		if (error && error != printed)
			say("%s", arena_missing(name, error));
		printed = error;
		if (say_done(EXIT_OK))
			return EXIT_FAILED;
	} while (sigtimedwait(&stop, NULL, &pause) < 0);
	return EXIT_OK;
}

static int reap_run(int argc, char **argv)
{
	struct reap_values values = {.json = 0};
	struct arguments arguments = options_parse(&cmd_reap, argc, argv, &values);
	int error;

	if (values.every.given)
		return reap_repeatedly(arguments.arena, &values);
	error = reap_once(arguments.arena, &values);
	return error ? say_failed("%s", arena_missing(arguments.arena, error)) : EXIT_OK;
}
