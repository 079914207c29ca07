/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/text.h"

#include "base/record.h"
#include "base/say.h"
#include "base/units.h"
#include "base/view.h"
#include "top/line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_line(struct text *text, const char *label, const char *from, size_t length,
		     enum term_colour colour)
{
	struct text_line *line;

	if (text->count == text->room) {
		text->room = text->room ? 2 * text->room : 64;
		text->lines = say_memory(realloc(text->lines, text->room * sizeof(*text->lines)));
	}
	line = &text->lines[text->count++];
	line->label = label ? say_memory(strdup(label)) : NULL;
	line->text = say_memory(strndup(from, length));
	line->colour = colour;
}

/* The part of a text that fits on a line: up to its newline, or its last blank within width. */
static size_t fitting(const char *from, int width)
{
	size_t blank = 0;
	struct term_scan scan;
	int used = 0;

	for (term_scan_start(&scan, from);;) {
		const char *at = scan.at;

		if (*at == '\n' || !*at)
			return (size_t)(at - from);
		if (*at == ' ')
			blank = (size_t)(at - from);
		(void)term_scan_next(&scan);
		used += scan.width;
		if (used > width)
			return blank ? blank : at > from ? (size_t)(at - from) : 1;
	}
}

/* Add a text, wrapped, with its label on the first line. */
static void add(struct text *text, const char *label, enum term_colour colour, const char *value)
{
	int width = text->columns > TEXT_LABEL_COLUMNS + 10 ? text->columns - TEXT_LABEL_COLUMNS
							    : 10;

	for (;;) {
		size_t length = fitting(value, width);

		add_line(text, label, value, length, colour);
		label = NULL;
		value += length;
		if (*value == '\n' || *value == ' ')
			value++;
		if (!*value)
			return;
	}
}

static void add_format(struct text *text, const char *label, enum term_colour colour,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

static void add_format(struct text *text, const char *label, enum term_colour colour,
		       const char *format, ...)
{
	char *value = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&value, format, arguments) < 0)
		say_memory(NULL);
	va_end(arguments);
	add(text, label, colour, value);
	free(value);
}

static void add_id(struct text *text, const char *label, const struct headway_id *id)
{
	char digits[HEADWAY_ID_TEXT] = "";

	(void)headway_format_id(id, digits);
	add(text, label, TERM_PLAIN, digits);
}

static void add_time(struct text *text, const char *label, int64_t ns, int64_t now_ns)
{
	char when[UNITS_TEXT], ago[UNITS_TEXT];

	if (ns)
		add_format(text, label, TERM_PLAIN, "%s, %s ago", unit_format_time(ns, when),
			   unit_format_duration(now_ns - ns, ago));
}

static void add_progress(struct text *text, const struct watched *item, const struct watch *watch)
{
	char bar[LINE_TEXT], percent[LINE_TEXT], amount[LINE_TEXT], rate[LINE_TEXT], eta[LINE_TEXT];
	int width = text->columns - TEXT_LABEL_COLUMNS;

	if (item->fraction >= 0)
		add_format(
			text, "progress", TERM_CYAN, "%s %s",
			meter_bar(item->fraction, width > 46 ? 40 : width - 6, term_is_utf8(), bar),
			meter_percent(item->fraction, percent));
	if (item->sum_done || item->sum_total)
		add(text, "done", TERM_PLAIN, line_amount(item, LINE_TEXT, amount));
	if (item->per_second >= 0)
		add_format(text, "rate", TERM_PLAIN, "%s",
			   meter_rate(item->per_second, item->sum_unit, rate));
	if (*line_spark(item, width < WATCH_SPEEDS ? width : WATCH_SPEEDS, bar))
		add(text, "", TERM_CYAN, bar);
	if (strcmp(line_eta(item, watch, eta), "-") == 0)
		return;
	if (item->eta_low < 0)
		add(text, "time left", TERM_PLAIN, eta);
	else
		add_format(text, "time left", TERM_PLAIN, "%s, from %s to %s as earlier runs went",
			   eta, meter_seconds(item->eta_low, percent),
			   meter_seconds(item->eta_high, amount));
}

static void add_state(struct text *text, const struct watched *item, const struct watch *watch)
{
	enum term_colour colour = line_status_colour(item, watch);
	char duration[UNITS_TEXT], status[LINE_TEXT];

	unit_format_duration(watch->now_ns - item->family_ns, duration);
	if (item->lost)
		add(text, "status", colour, "Error: lost, its owner died");
	else if (watched_is_stalled(item, watch))
		add_format(text, "status", colour, "Running, no movement for %s", duration);
	else
		add(text, "status", colour, line_status(item, watch, status));
	if (item->children)
		add_format(text, "children", item->failed_below ? TERM_RED : TERM_PLAIN,
			   "%zu, and with theirs %zu in error, %zu running", item->children,
			   item->failed_below, item->running_below);
}

static void add_owner(struct text *text, const struct headway_snapshot *s)
{
	const char *state = s->owner_alive != 0 ? "" : s->lost ? ", dead" : ", exited";

	if (s->owner_pid)
		add_format(text, "owner", TERM_PLAIN, "%" PRIu32 " %s%s", s->owner_pid,
			   s->owner_command, state);
	else
		add(text, "owner", TERM_PLAIN, "none: the record is detached");
}

static void add_cancel(struct text *text, const struct headway_snapshot *s, int64_t now_ns)
{
	char ago[UNITS_TEXT];

	if (s->cancel_reason)
		add_format(text, "cancelled", TERM_YELLOW, "its owner was asked to stop %s ago%s%s",
			   unit_format_duration(now_ns - s->cancel_requested_ns, ago),
			   *s->cancel_reason ? ": " : "", s->cancel_reason);
}

/* Why the record failed comes first: messages may be many. */
static void add_error(struct text *text, const struct headway_snapshot *s)
{
	const char *error = s->status == HEADWAY_ERROR ? snapshot_message(s, "Error") : NULL;

	if (error)
		add(text, "error", TERM_RED, error);
}

static void add_messages(struct text *text, const struct headway_snapshot *s)
{
	const char *label = "messages";

	for (size_t i = 0; i < s->message_count; i++) {
		const struct headway_message *m = &s->messages[i];

		if (s->status == HEADWAY_ERROR && !strcmp(m->key, "Error"))
			continue;
		add_format(text, label, TERM_PLAIN, "%s: %s", m->key, m->value);
		label = "";
	}
}

void text_detail(struct text *text, const struct headway_snapshot *s, const struct watched *item,
		 const struct watch *watch)
{
	add(text, "name", TERM_BOLD, *s->name ? s->name : "-");
	add_state(text, item, watch);
	add_error(text, s);
	add_cancel(text, s, watch->wall_ns);
	add_progress(text, item, watch);
	for (size_t i = 0; i < s->counter_count; i++)
		add_format(text, i ? "" : "counters", TERM_PLAIN, "%s %" PRIu64,
			   s->counter_names[i], s->counters[i]);
	add_messages(text, s);
	if (s->results)
		add(text, "results", TERM_PLAIN, s->results);
	add_time(text, "started", s->started_ns, watch->wall_ns);
	add_time(text, "updated", s->updated_ns, watch->wall_ns);
	add_time(text, "ended", s->finished_ns, watch->wall_ns);
	add_owner(text, s);
	add_id(text, "id", &s->id);
	if (s->parent)
		add_id(text, "parent", s->parent);
	add(text, "url", TERM_PLAIN, s->url);
}

void text_help(struct text *text)
{
	static const struct {
		const char *key, *what;
	} keys[] = {
		{"up down", "move; also j and k, page up and page down, home and end, g and G"},
		{"left right", "fold and unfold children; also h and l"},
		{"enter", "show all about the record, or the list again; also space"},
		{"e E", "next and previous record in Error"},
		{"f", "show only this record and its descendants, or all again"},
		{"/", "show only names with a part that you type; enter keeps it, escape ends it"},
		{"a", "show only what runs, or all again"},
		{"x", "show only what failed, or all again"},
		{"t", "show the tree of parents and children, or a flat list"},
		{"s r", "sort by the next key; reverse the order"},
		{"mouse", "click a record to move, again to show it; click a head to sort; wheel"},
		{"^L", "draw the screen anew"},
		{"? q", "help; back, or quit"},
		{"", ""},
		{"signs",
		 "▲ ▼ at a head: sorted by it; 1✕ 7▶ at a name: of its descendants, one is in "
		 "Error and seven run"},
		{"cancelling", "its owner was asked to stop, and has not yet"},
		{"stalled", "neither the record nor a descendant changed for that time"},
		{"lost", "in Error because its owner died"},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		add(text, keys[i].key, TERM_PLAIN, keys[i].what);
}

void text_free(struct text *text)
{
	for (size_t i = 0; i < text->count; i++) {
		free(text->lines[i].label);
		free(text->lines[i].text);
	}
	free(text->lines);
	text->lines = NULL;
	text->count = text->room = 0;
}
