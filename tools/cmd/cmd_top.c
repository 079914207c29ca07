/* SPDX-License-Identifier: BSD-3-Clause */
/* headway top: watch records live. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/remote.h"
#include "base/say.h"
#include "base/term.h"
#include "base/units.h"
#include "top/line.h"
#include "top/screen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct top_values {
	struct option_number interval, stall, count;
	const char *sort, *name, *url;
	unsigned status;
	int plain, running, flat, reverse;
};

#define AT(field) offsetof(struct top_values, field)

static const struct option_row rows[] = {
	ROW_RANGE("interval", 'i', OPTION_MILLIS, AT(interval), "TIME", 50, 3600000,
		  "time between two refreshes (default: 0.5s)"),
	ROW_RANGE("stall", 0, OPTION_MILLIS, AT(stall), "TIME", 1, 0,
		  "mark a record as stalled when it did not change for this time (default: 30s)"),
	ROW_CHOICES("status", 's', OPTION_CHOICES, AT(status), "STATUS,...", order_statuses,
		    "only records with one of these; lost: in Error because the owner died"),
	ROW("name", 'n', OPTION_TEXT, AT(name), "GLOB",
	    "only records whose name matches, like 'backup-*'"),
	ROW_CHOICES("sort", 'S', OPTION_TEXT, AT(sort), "KEY", order_keys,
		    "sort key; with a '-' before it, in reverse (default: started, but what runs "
		    "first)"),
	ROW("reverse", 'r', OPTION_FLAG, AT(reverse), NULL, "reverse the order"),
	ROW("running", 0, OPTION_FLAG, AT(running), NULL, "short for --status running"),
	ROW("flat", 0, OPTION_FLAG, AT(flat), NULL, "no tree: parents and children alike"),
	ROW("plain", 0, OPTION_FLAG, AT(plain), NULL,
	    "print a line for each change, as when standard output is not a terminal"),
	ROW_RANGE("count", 0, OPTION_COUNT, AT(count), "N", 1, UINT32_MAX,
		  "with plain lines: end after this number of refreshes"),
	ROW("url", 0, OPTION_TEXT, AT(url), "URL",
	    "the records of a headway-httpd, as http://localhost:8080, instead of an arena's"),
	{.name = NULL},
};

static int top_run(int argc, char **argv);

const struct command cmd_top = {
	.name = "top",
	.synopsis = "[ID]",
	.summary = "watch records live; with an id: that one and its children",
	.notes = "'?' shows the keys. Waits for an arena, or a server.\n"
		 "A parent that counts nothing itself shows the progress of its children, and each "
		 "parent how many of its descendants failed and run.",
	.options = rows,
	.most_operands = 1,
	.run = top_run,
};

/* ---- plain lines ---------------------------------------------------------------------- */

static void print_field(const char *text)
{
	fputc(' ', stdout);
	term_clean(stdout, text);
}

/* 12:03:04 ID Running 58% 1.2 GiB/2.0 GiB 12.5 MiB/s eta 2m05s name: message */
static void print_item(const struct live *live, const struct watched *item)
{
	char text[LINE_TEXT], id[HEADWAY_ID_TEXT] = "";
	time_t now = (time_t)(live->watch.wall_ns / 1000000000);
	struct tm local;

	(void)headway_format_id(&item->id, id);
	if (localtime_r(&now, &local) && strftime(text, sizeof(text), "%H:%M:%S", &local))
		fputs(text, stdout);
	print_field(id);
	print_field(line_status(item, &live->watch, text));
	print_field(meter_percent(item->fraction, text));
	print_field(meter_amount(item->sum_done, item->sum_total, item->sum_unit, text));
	if (item->status == HEADWAY_RUNNING) {
		print_field(meter_rate(item->per_second, item->sum_unit, text));
		printf(" eta %s", line_eta(item, &live->watch, text));
	}
	print_field(*item->name ? item->name : "-");
	if (*item->message) {
		fputc(':', stdout);
		print_field(item->message);
	}
	fputc('\n', stdout);
}

static void note_change(struct watched *item, const struct headway_snapshot *snapshot,
			enum watch_event event, void *argument)
{
	(void)snapshot;
	(void)argument;
	item->is_changed = event == WATCH_NEW || event == WATCH_CHANGED;
}

/* Print the records that changed.  Returns what say_flush() does. */
static int print_changed(const struct live *live)
{
	for (size_t i = 0; i < live->tree.count; i++)
		if (live->tree.rows[i]->is_changed)
			print_item(live, live->tree.rows[i]);
	return say_flush();
}

static int run_plain(struct live *live, const struct option_number *count)
{
	uint64_t refreshes = 0;
	int shown, told = 0;

	live->watch.fn = note_change;
	for (;;) {
		int error = live_refresh(live);

		if (error && !live_may_pass(live))
			return say_failed("%s", live_trouble(live));
		if (error && !told++)
			say("%s; %s", live_trouble(live),
			    live->url ? "trying again" : "waiting for it");
		if (!error)
			told = 0;
		shown = error ? 0 : print_changed(live);
		if (shown)
			return shown == SAY_GONE ? EXIT_OK : shown;
		if (count->given && ++refreshes >= count->value)
			return error ? EXIT_FAILED : EXIT_OK;
		if (say_pause((int)watch_interval_ms(&live->watch, live->interval_ms), NULL))
			return EXIT_OK;
	}
}

/* ---- the command ---------------------------------------------------------------------- */

static void is_there(const struct headway_snapshot *snapshot, void *unused)
{
	(void)snapshot;
	(void)unused;
}

/* The record to follow, which must exist. */
static int choose_followed(struct live *live, const char *operand)
{
	int error;

	if (live->url)
		live->followed = remote_operand(operand);
	else
		live->arena = arena_wait(live->arena_name, (int)live->interval_ms);
	if (live->arena)
		live->followed = record_operand(live->arena, operand);
	live->tree.only = &live->followed;
	error = live_read(live, &live->followed, is_there, NULL);
	if (live->url && error == -EAGAIN) /* it may come with the server */
		return EXIT_OK;
	return live->url ? remote_result(&live->followed, error)
			 : record_result(NULL, &live->followed, error);
}

/* Open the arena if it exists.  Errors are printed here, before curses takes the screen. */
static int check_usable(struct live *live)
{
	int error = live->url ? 0 : arena_open_existing(live->arena_name, &live->arena);

	if (!error || arena_may_come(error))
		return EXIT_OK;
	return say_failed("%s", arena_missing(live->arena_name, error));
}

static void set_up(struct live *live, const struct top_values *values)
{
	live->interval_ms = values->interval.given ? (int64_t)values->interval.value : 500;
	live->watch.stall_ns = (values->stall.given ? (int64_t)values->stall.value : 30000) *
			       INT64_C(1000000);
	live->watch.keep_gone = 1;
	live->tree.order.reverse = values->reverse;
	live->tree.running_first = !values->sort && !values->reverse;
	live->tree.flat = values->flat;
	live->tree.statuses = values->running ? STATUS_RUNNING : values->status;
	live->tree.pattern = values->name;
	if (values->sort)
		order_parse(&live->tree.order, values->sort);
	live->tree.filter = live->filter;
}

static int top_run(int argc, char **argv)
{
	struct top_values values = {.plain = 0};
	struct arguments arguments = options_parse(&cmd_top, argc, argv, &values);
	struct live live = {.arena_name = arguments.arena};
	int code;

	if (values.url && arguments.arena)
		return say_usage("--url: not with --arena");
	live.url = values.url;
	set_up(&live, &values);
	code = arguments.count ? choose_followed(&live, arguments.operands[0])
			       : check_usable(&live);
	if (!code && term_is_terminal() && !values.plain && !values.count.given) {
		code = screen_run(&live);
		if (code < 0)
			say("this terminal cannot show the live view: plain lines instead");
	} else if (!code) {
		code = -1;
	}
	if (code < 0)
		code = run_plain(&live, &values.count);
	tree_free(&live.tree);
	watch_free(&live.watch);
	headway_close(live.arena);
	return code;
}
