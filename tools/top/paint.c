/* SPDX-License-Identifier: BSD-3-Clause */
/* From the top: counts, column titles, a line for each record with details below it, keys. */
#include "top/paint.h"

#include "base/arena.h"
#include "base/term.h"
#include "base/units.h"
#include "top/line.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

/* Columns from the left.  When they do not fit, those in least_needed are left out, in its order. */
enum column { NAME, BAR, PERCENT, AMOUNT, RATE, ETA, ELAPSED, STATUS, COLUMNS };

static const struct {
	const char *title;
	int width, is_right;
} columns[COLUMNS] = {
	[NAME] = {"NAME", 16, 0},   [BAR] = {"", 10, 0},          [PERCENT] = {"%", 4, 1},
	[AMOUNT] = {"DONE", 19, 1}, [RATE] = {"RATE", 11, 1},     [ETA] = {"ETA", 6, 1},
	[ELAPSED] = {"TIME", 6, 1}, [STATUS] = {"STATUS", 14, 0},
};

static const enum column least_needed[] = {ELAPSED, AMOUNT, RATE, BAR, ETA, PERCENT, STATUS};

struct layout {
	int width[COLUMNS]; /* 0: left out */
};

static void lay_out(struct layout *layout)
{
	int used = 0, spare;

	for (int i = 0; i < COLUMNS; i++) {
		layout->width[i] = columns[i].width;
		used += columns[i].width + 1;
	}
	for (size_t i = 0; i < sizeof(least_needed) / sizeof(*least_needed); i++) {
		if (used <= COLS)
			break;
		used -= layout->width[least_needed[i]] + 1;
		layout->width[least_needed[i]] = 0;
	}
	spare = COLS > used ? COLS - used : 0;
	if (layout->width[BAR]) { /* the bar gets a third of the spare columns, the name the rest */
		int more = spare / 3 < 30 ? spare / 3 : 30;

		layout->width[BAR] += more;
		spare -= more;
	}
	layout->width[NAME] += spare;
	if (layout->width[NAME] > COLS)
		layout->width[NAME] = COLS;
}

/* Print text at the cursor, cut at width columns.  Returns the columns used. */
static int put(const char *text, int width)
{
	struct term_scan scan;
	int used = 0, whole = term_width(text) <= width;
	int room = whole ? width : width - 1;

	for (term_scan_start(&scan, text); term_scan_next(&scan);) {
		if (used + scan.width > room)
			break;
		addstr(scan.piece);
		used += scan.width;
	}
	if (!whole && width > 0) {
		addstr(term_is_utf8() ? "…" : "~");
		used++;
	}
	return used;
}

static void put_cell(int y, int *x, int width, int is_right, const char *text)
{
	int blanks = is_right ? width - term_width(text) : 0;

	if (!width)
		return;
	move(y, *x + (blanks > 0 ? blanks : 0));
	put(text, width);
	*x += width + 1;
}

static attr_t attributes(enum term_colour colour)
{
	return colour >= TERM_RED && COLOR_PAIRS > 1 && term_has_colour()
		       ? (attr_t)COLOR_PAIR((int)colour)
		       : A_NORMAL;
}

static enum term_colour status_colour(const struct live *live, const struct watched *item)
{
	if (item->lost || item->status == HEADWAY_ERROR)
		return TERM_RED;
	if (item->status == HEADWAY_FINISHED)
		return TERM_GREEN;
	return watched_is_stalled(item, &live->watch) ? TERM_YELLOW : TERM_CYAN;
}

static void paint_name(int y, int *x, int width, const struct watched *item)
{
	const char *sign = !item->children   ? "  "
			   : term_is_utf8()  ? item->is_folded ? "▸ " : "▾ "
			   : item->is_folded ? "+ "
					     : "- ";
	int indent = 2 * item->depth, start = *x;

	if (indent > width / 2)
		indent = width / 2;
	move(y, *x + indent);
	addstr(sign);
	put(*item->name ? item->name : "-", width - indent - 2);
	*x = start + width + 1;
}

/* The line of a record. */
static void paint_row(struct live *live, const struct layout *layout, int y,
		      const struct watched *item, int is_chosen)
{
	enum term_colour colour = status_colour(live, item);
	char text[LINE_TEXT];
	int x = 0;

	if (is_chosen)
		attron(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	paint_name(y, &x, layout->width[NAME], item);
	attron(attributes(colour));
	put_cell(y, &x, layout->width[BAR], 0,
		 meter_bar(item->fraction, layout->width[BAR], term_is_utf8(), text));
	attroff(attributes(colour));
	put_cell(y, &x, layout->width[PERCENT], 1, meter_percent(item->fraction, text));
	put_cell(y, &x, layout->width[AMOUNT], 1,
		 meter_amount(item->sum_done, item->sum_total, item->sum_unit, text));
	put_cell(y, &x, layout->width[RATE], 1, meter_rate(item->per_second, item->sum_unit, text));
	put_cell(y, &x, layout->width[ETA], 1, line_eta(item, &live->watch, text));
	put_cell(y, &x, layout->width[ELAPSED], 1, line_elapsed(item, live->watch.wall_ns, text));
	attron(attributes(colour));
	put_cell(y, &x, layout->width[STATUS], 0, line_status(item, &live->watch, text));
	attroff(attributes(colour));
	if (is_chosen)
		attroff(A_REVERSE);
}

/* One line below a record.  Returns the lines used. */
static int paint_below(int y, int last, int depth, const char *key, const char *value,
		       enum term_colour colour)
{
	int x = 2 * (depth < 20 ? depth : 20) + 4;

	if (y > last || x >= COLS)
		return 0;
	move(y, x);
	x += put(key, COLS - x);
	if (x < COLS) {
		attron(attributes(colour));
		put(value, COLS - x);
		attroff(attributes(colour));
	}
	return 1;
}

/* All details of a record: id, owner, counters, messages, results.  Returns the lines used. */
static int paint_details(const struct live *live, int y, int last, const struct watched *item)
{
	struct headway_snapshot *s = NULL;
	char id[HEADWAY_ID_TEXT] = "", text[LINE_TEXT], when[UNITS_TEXT];
	int from = y;

	if (headway_read(live->arena, &item->id, &s))
		return 0;
	(void)headway_format_id(&item->id, id);
	snprintf(text, sizeof(text), "%s, started %s", id, unit_format_time(s->started_ns, when));
	y += paint_below(y, last, item->depth, "id ", text, TERM_PLAIN);
	if (s->owner_pid) {
		snprintf(text, sizeof(text), "%u %.64s%s", (unsigned)s->owner_pid, s->owner_command,
			 s->owner_alive != 0 ? ""
			 : s->lost           ? ", dead"
					     : ", exited");
		y += paint_below(y, last, item->depth, "owner ", text, TERM_PLAIN);
	}
	for (size_t i = 0; i < s->counter_count; i++) {
		snprintf(text, sizeof(text), " %llu", (unsigned long long)s->counters[i]);
		y += paint_below(y, last, item->depth, s->counter_names[i], text, TERM_PLAIN);
	}
	for (size_t i = 0; i < s->message_count && y <= last; i++) {
		snprintf(text, sizeof(text), "%.200s: ", s->messages[i].key);
		y += paint_below(y, last, item->depth, text, s->messages[i].value,
				 strcmp(s->messages[i].key, "Error") ? TERM_PLAIN : TERM_RED);
	}
	if (s->results)
		y += paint_below(y, last, item->depth, "results ", s->results, TERM_PLAIN);
	headway_snapshot_free(s);
	return y - from;
}

/* A record, and below it all details, or the message of its error.  Returns the lines used. */
static int paint_record(struct live *live, const struct layout *layout, int y, int last, size_t row)
{
	const struct watched *item = live->tree.rows[row];
	int used = 1;

	paint_row(live, layout, y, item, row == live->cursor);
	if (item->has_details || (live->tree.only && !item->depth) || (live->tree.only && row == 0))
		return used + paint_details(live, y + 1, last, item);
	if ((item->lost || item->status == HEADWAY_ERROR) && *item->message)
		used += paint_below(y + 1, last, item->depth, "", item->message, TERM_RED);
	return used;
}

static void count_states(const struct watch *watch, size_t counts[4])
{
	memset(counts, 0, 4 * sizeof(*counts));
	for (size_t i = 0; i < watch->count; i++) {
		const struct watched *item = watch->items[i];

		if (!item->is_gone)
			counts[item->lost ? 0 : item->status & 3]++;
	}
}

static void paint_titles(const struct live *live, const struct layout *layout)
{
	size_t counts[4];
	char text[512];
	int x = 0;

	count_states(&live->watch, counts);
	snprintf(text, sizeof(text), "%.200s: %zu running, %zu finished, %zu in error, %zu lost",
		 arena_label(live->arena_name), counts[HEADWAY_RUNNING], counts[HEADWAY_FINISHED],
		 counts[HEADWAY_ERROR], counts[0]);
	move(0, 0);
	put(live->trouble ? headway_strerror(live->trouble) : text, COLS);
	attron(A_BOLD);
	for (int i = 0; i < COLUMNS; i++)
		put_cell(1, &x, layout->width[i], columns[i].is_right, columns[i].title);
	attroff(A_BOLD);
}

static const char *sort_name(const struct live *live, char text[LINE_TEXT])
{
	size_t length;
	const char *word = order_word(live->tree.order.key, &length);

	snprintf(text, LINE_TEXT, "%.*s%s", (int)length, word,
		 live->tree.order.reverse ? " reversed" : "");
	return text;
}

static void paint_keys(const struct live *live)
{
	char text[512], sort[LINE_TEXT];

	if (live->is_typing)
		snprintf(text, sizeof(text), "filter: %s_", live->filter);
	else if (live->shows_help)
		snprintf(text, sizeof(text),
			 "j k g G move  h l fold  enter details  f follow  s r sort  / filter  "
			 "a all/running  t tree  esc back  q quit");
	else
		snprintf(text, sizeof(text), "q quit  ? keys  sort: %s%s%s%s%s",
			 sort_name(live, sort), *live->filter ? "  filter: " : "", live->filter,
			 live->tree.statuses == STATUS_RUNNING ? "  running only" : "",
			 live->tree.only ? "  following one (f: all)" : "");
	attron(A_DIM);
	move(LINES - 1, 0);
	put(text, COLS - 1); /* a character in the last cell would scroll the screen */
	attroff(A_DIM);
}

/* The records from the first row on.  Returns 0 when the one under the cursor did not fit. */
static int paint_records(struct live *live, const struct layout *layout)
{
	size_t row = live->top;
	int y = 2, last = LINES - 2;

	for (; row < live->tree.count && y <= last; row++)
		y += paint_record(live, layout, y, last, row);
	if (!live->tree.count)
		mvaddstr(2, 0, *live->filter ? "no record matches" : "no records");
	return row > live->cursor;
}

void paint_screen(struct live *live)
{
	struct layout layout;

	lay_out(&layout);
	do { /* scroll down until the record under the cursor fits: some take several lines */
		erase();
		paint_titles(live, &layout);
	} while (!paint_records(live, &layout) && live->top++ < live->cursor);
	paint_keys(live);
	refresh();
}
