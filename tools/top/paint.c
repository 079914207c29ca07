/* SPDX-License-Identifier: BSD-3-Clause */
/* From the top: counts, heads of the columns, a line for each record, keys. */
#include "top/paint.h"

#include "base/arena.h"
#include "base/say.h"
#include "base/term.h"
#include "base/units.h"
#include "top/line.h"
#include "top/text.h"

#include <curses.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static attr_t attributes(enum term_colour colour)
{
	if (colour == TERM_BOLD)
		return A_BOLD;
	return colour >= TERM_RED && COLOR_PAIRS > 1 && term_has_colour()
		       ? (attr_t)COLOR_PAIR((int)colour)
		       : A_NORMAL;
}

static int put_coloured(const char *text, int width, enum term_colour colour)
{
	int used;

	attron(attributes(colour));
	used = put(text, width);
	attroff(attributes(colour));
	return used;
}

static void put_cell(const struct layout *layout, int y, enum layout_column column,
		     enum term_colour colour, const char *text)
{
	int width = layout->width[column], blanks = width - term_width(text);

	if (!width)
		return;
	if (!layout_titles[column].is_right || blanks < 0)
		blanks = 0;
	move(y, layout->x[column] + blanks);
	(void)put_coloured(text, width - blanks, colour);
}

/* ---- records --------------------------------------------------------------------------------- */

static int indent_of(const struct watched *item, int width)
{
	int indent = 2 * item->depth;

	return indent > width / 2 ? width / 2 : indent;
}

/* "▾ name 1✕ 7▶": the name, and how many descendants are in Error and how many run. */
static void paint_name(const struct layout *layout, int y, const struct watched *item)
{
	const char *sign = !item->children   ? "  "
			   : term_is_utf8()  ? item->is_folded ? "▸ " : "▾ "
			   : item->is_folded ? "+ "
					     : "- ";
	int width = layout->width[COLUMN_NAME], indent = indent_of(item, width), left, tail = 0;
	char failed[LINE_TEXT], running[LINE_TEXT];

	line_failed_below(item, failed);
	line_running_below(item, running);
	if (*failed)
		tail += term_width(failed) + 1;
	if (*running)
		tail += term_width(running) + 1;
	move(y, layout->x[COLUMN_NAME] + indent);
	addstr(sign);
	left = width - indent - 2;
	if (tail > left - 4) /* the name has precedence */
		tail = *failed && left > 8 ? term_width(failed) + 1 : 0;
	left -= put(*item->name ? item->name : "-", left - tail);
	if (tail && *failed) {
		addch(' ');
		left -= 1 + put_coloured(failed, left - 1, TERM_RED);
	}
	if (tail > term_width(failed) + (*failed != 0) && *running) {
		addch(' ');
		(void)put_coloured(running, left - 1, TERM_CYAN);
	}
}

static void paint_row(struct live *live, int y, const struct watched *item, int is_chosen)
{
	const struct layout *layout = &live->layout;
	enum term_colour colour = line_status_colour(item, &live->watch);
	int is_bad = item->status == HEADWAY_ERROR;
	char text[LINE_TEXT];

	if (is_chosen)
		attron(A_REVERSE);
	mvhline(y, 0, ' ', COLS);
	paint_name(layout, y, item);
	put_cell(layout, y, COLUMN_BAR, colour,
		 meter_bar(item->fraction, layout->width[COLUMN_BAR], term_is_utf8(), text));
	put_cell(layout, y, COLUMN_PERCENT, item->fraction > 1 ? TERM_YELLOW : TERM_PLAIN,
		 meter_percent(item->fraction, text));
	put_cell(layout, y, COLUMN_DONE, TERM_PLAIN,
		 line_amount(item, layout->width[COLUMN_DONE], text));
	put_cell(layout, y, COLUMN_RATE, TERM_PLAIN,
		 meter_rate(item->per_second, item->sum_unit, text));
	put_cell(layout, y, COLUMN_SPARK, colour,
		 line_spark(item, layout->width[COLUMN_SPARK], text));
	put_cell(layout, y, COLUMN_ETA, TERM_PLAIN, line_eta(item, &live->watch, text));
	put_cell(layout, y, COLUMN_TIME, TERM_PLAIN, line_elapsed(item, live->watch.wall_ns, text));
	put_cell(layout, y, COLUMN_STATUS, colour, line_status(item, &live->watch, text));
	put_cell(layout, y, COLUMN_MESSAGE, is_bad ? TERM_RED : TERM_PLAIN, item->message);
	if (is_chosen)
		attroff(A_REVERSE);
}

/* A record, and below it the message of its error when there is no column for it. Returns the
 * lines used. */
static int paint_record(struct live *live, int y, int last, size_t row)
{
	const struct watched *item = live->tree.rows[row];
	int x = indent_of(item, COLS / 2) + 4;

	paint_row(live, y, item, row == live->cursor);
	if (item->status != HEADWAY_ERROR || !*item->message || y == last ||
	    live->layout.width[COLUMN_MESSAGE])
		return 1;
	move(y + 1, x);
	(void)put_coloured(item->message, COLS - x, TERM_RED);
	return 2;
}

/* The records from the first row on.  Returns 0 when the one under the cursor did not fit. */
static int paint_records(struct live *live)
{
	size_t row = live->top;
	int y = live->first_y, last = LINES - 2;

	for (; row < live->tree.count && y <= last; row++) {
		int used = paint_record(live, y, last, row);

		for (int i = 0; i < used; i++) {
			size_t line = (size_t)(y + i - live->first_y);

			if (line < sizeof(live->line_rows) / sizeof(*live->line_rows))
				live->line_rows[line] = row;
		}
		y += used;
	}
	live->next_y = y;
	if (!live->tree.count && !live->trouble)
		mvaddstr(live->first_y, 0,
			 live->watch.count ? "no record matches"
					   : "no records yet: 'headway run -- COMMAND' starts one");
	return row > live->cursor;
}

/* Update the widths that the visible rows need. */
static void measure(struct live *live)
{
	struct layout_needs *needs = &live->needs;
	char text[LINE_TEXT];

	for (size_t i = live->top; i < live->tree.count && i < live->top + (size_t)LINES; i++) {
		const struct watched *item = live->tree.rows[i];
		int name = 2 * item->depth + 2 + term_width(item->name), done, status;

		if (*line_failed_below(item, text))
			name += 1 + term_width(text);
		if (*line_running_below(item, text))
			name += 1 + term_width(text);
		done = term_width(line_amount(item, LINE_TEXT, text));
		status = term_width(line_status(item, &live->watch, text));
		needs->name = name > needs->name ? name : needs->name;
		needs->done = done > needs->done ? done : needs->done;
		needs->status = status > needs->status ? status : needs->status;
	}
}

/* ---- head and foot --------------------------------------------------------------------------- */

static void count_states(const struct watch *watch, size_t counts[4])
{
	memset(counts, 0, 4 * sizeof(*counts));
	for (size_t i = 0; i < watch->count; i++) {
		const struct watched *item = watch->items[i];

		if (!item->is_gone)
			counts[item->lost ? 0 : item->status & 3]++;
	}
}

static void paint_counts(const struct live *live)
{
	size_t counts[4];
	char text[512];

	count_states(&live->watch, counts);
	snprintf(text, sizeof(text), "%.200s: %zu running, %zu finished, %zu in error, %zu lost",
		 live_label(live), counts[HEADWAY_RUNNING], counts[HEADWAY_FINISHED],
		 counts[HEADWAY_ERROR], counts[0]);
	if (term_width(text) > COLS)
		snprintf(text, sizeof(text), "%zu running, %zu done, %zu error, %zu lost",
			 counts[HEADWAY_RUNNING], counts[HEADWAY_FINISHED], counts[HEADWAY_ERROR],
			 counts[0]);
	move(0, 0);
	if (live->trouble && live->url) {
		(void)put_coloured(live_trouble(live), COLS,
				   live_may_pass(live) ? TERM_YELLOW : TERM_RED);
	} else if (live->trouble && live_may_pass(live)) {
		snprintf(text, sizeof(text), "waiting for arena %.200s", live_label(live));
		(void)put_coloured(text, COLS, TERM_YELLOW);
	} else if (live->trouble) {
		(void)put_coloured(arena_trouble(live->arena_name, live->trouble), COLS, TERM_RED);
	} else {
		(void)put(text, COLS);
	}
}

/* The heads; the sort key is marked. */
static void paint_heads(const struct live *live)
{
	const struct order *order = &live->tree.order;
	const char *mark = term_is_utf8() ? order->reverse ? "▼" : "▲" : order->reverse ? "v" : "^";
	char text[64];

	for (int i = 0; i < COLUMNS; i++) {
		const struct layout_title *title = &layout_titles[i];
		int is_key = title->key == (int)order->key && *title->title;

		snprintf(text, sizeof(text), "%s%s", title->title, is_key ? mark : "");
		attron(is_key ? A_BOLD | A_UNDERLINE : A_BOLD);
		put_cell(&live->layout, live->first_y - 1, (enum layout_column)i, TERM_PLAIN, text);
		attroff(A_BOLD | A_UNDERLINE);
	}
}

static void append(char *text, size_t room, const char *part)
{
	size_t end = strlen(text);

	snprintf(text + end, room - end, "%s%s", end ? "  " : "", part);
}

/* The sort key and the filters. */
static void describe(const struct live *live, char *text, size_t room)
{
	char part[256];
	size_t length;
	const char *word = order_word(live->tree.order.key, &length);

	snprintf(part, sizeof(part), "sort: %s%.*s", live->tree.order.reverse ? "-" : "",
		 (int)length, word);
	append(text, room, part);
	if (*live->filter) {
		snprintf(part, sizeof(part), "filter: %s", live->filter);
		append(text, room, part);
	}
	if (live->tree.pattern)
		append(text, room, live->tree.pattern);
	if (live->tree.statuses == STATUS_RUNNING)
		append(text, room, "running only");
	else if (live->tree.statuses == (STATUS_ERROR | STATUS_LOST))
		append(text, room, "failed only");
	else if (live->tree.statuses)
		append(text, room, "some statuses only");
	if (live->tree.only)
		append(text, room, "one only (f: all)");
}

/* Keys on the left, as many as fit; the position on the right. */
static void paint_foot(const struct live *live)
{
	static const char *const hints[] = {"q quit", "? help", "/ filter", "enter details",
					    "e next error"};
	char place[64], text[512] = "", state[512] = "";
	int room;

	if (live->view == LIVE_LIST)
		snprintf(place, sizeof(place), "%zu/%zu", live->tree.count ? live->cursor + 1 : 0,
			 live->tree.count);
	else
		snprintf(place, sizeof(place), "%zu-%zu/%zu", live->scroll + 1,
			 live->scroll + live->lines < live->text_end ? live->scroll + live->lines
								     : live->text_end,
			 live->text_end);
	room = COLS - 2 - (int)strlen(place);
	if (live->is_typing) {
		snprintf(text, sizeof(text), "filter: %s_", live->filter);
	} else if (live->view != LIVE_LIST) {
		snprintf(text, sizeof(text), "q back  up down scroll");
	} else {
		describe(live, state, sizeof(state));
		for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++)
			if (term_width(text) + 2 + (int)strlen(hints[i]) + 2 + term_width(state) <=
			    room)
				append(text, sizeof(text), hints[i]);
		append(text, sizeof(text), state);
	}
	attron(A_DIM);
	move(LINES - 1, 0);
	(void)put(text, room);
	/* a character in the last cell would scroll the screen */
	move(LINES - 1, COLS - 1 - (int)strlen(place));
	addstr(place);
	attroff(A_DIM);
}

/* ---- the views ------------------------------------------------------------------------------- */

static void paint_list(struct live *live)
{
	live->first_y = 2;
	measure(live);
	layout_make(&live->layout, &live->needs, COLS);
	do { /* scroll down until the record under the cursor fits: some take several lines */
		erase();
		paint_counts(live);
		paint_heads(live);
	} while (!paint_records(live) && live->top++ < live->cursor);
}

static void paint_text(struct live *live, const struct text *text)
{
	live->text_end = text->count;
	live_scroll_by(live, 0);
	for (size_t i = 0; i < live->lines && live->scroll + i < text->count; i++) {
		const struct text_line *line = &text->lines[live->scroll + i];

		move((int)i, 0);
		attron(A_DIM);
		(void)put(line->label ? line->label : "", TEXT_LABEL_COLUMNS - 1);
		attroff(A_DIM);
		move((int)i, TEXT_LABEL_COLUMNS);
		(void)put_coloured(line->text, COLS - TEXT_LABEL_COLUMNS, line->colour);
	}
}

struct detail {
	struct text text;
	const struct watched *item;
	const struct watch *watch;
};

static void take_detail(const struct headway_snapshot *snapshot, void *argument)
{
	struct detail *detail = argument;

	text_detail(&detail->text, snapshot, detail->item, detail->watch);
}

static void paint_detail(struct live *live)
{
	struct detail detail = {
		.text = {.columns = COLS}, .item = live_chosen(live), .watch = &live->watch};
	int error = detail.item ? live_read(live, &detail.item->id, take_detail, &detail) : -ENOENT;
	int is_gone = !live->url || error == -ENOENT || error == -ESTALE;

	move(0, 0);
	if (error)
		(void)put(is_gone ? "the record is gone" : live_trouble(live), COLS);
	paint_text(live, &detail.text);
	text_free(&detail.text);
}

static void paint_help(struct live *live)
{
	struct text text = {.columns = COLS};

	text_help(&text);
	paint_text(live, &text);
	text_free(&text);
}

void paint_screen(struct live *live)
{
	erase();
	if (live->view == LIVE_DETAIL)
		paint_detail(live);
	else if (live->view == LIVE_HELP)
		paint_help(live);
	else
		paint_list(live);
	paint_foot(live);
	refresh();
}
