/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/progress_line.h"

#include "base/meter.h"
#include "base/say.h"
#include "base/term.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NAME_COLUMNS 20
#define BAR_COLUMNS  20

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void progress_line_start(struct progress_line *line, const char *name, const char *unit)
{
	const char *type = getenv("TERM");

	memset(line, 0, sizeof(*line));
	line->is_on = isatty(STDERR_FILENO) && type && *type && strcmp(type, "dumb") != 0;
	line->name = name;
	line->unit = unit;
	line->started_ns = clock_ns();
	line->foreseen = -1;
	terminal_progress_start(&line->terminal);
}

void progress_line_foresee(struct progress_line *line, const struct headway_snapshot *snapshot)
{
	struct headway_estimate estimate = {.size = sizeof(estimate)};

	line->foreseen = -1;
	if (!headway_estimate(snapshot, &estimate) && estimate.eta_low_seconds >= 0)
		line->foreseen = estimate.eta_seconds;
}

static int columns(void)
{
	struct winsize size;

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

enum { CELL_BAR, CELL_PERCENT, CELL_AMOUNT, CELL_RATE, CELL_TIME, CELL_ETA, CELLS };

/* "  [bar]", " 45%", "  1.2 GiB/2.0 GiB", "  12.5 MiB/s", "  12s", "  eta 1m05s"; "" for what there is
 * not: the bar is there only with a total. */
static void fill_cells(const struct progress_line *line, uint64_t done, uint64_t total, int is_over,
		       char cells[CELLS][METER_TEXT + 8])
{
	double fraction = total ? (double)done / (double)total
				: 1; /* above 1: more than expected */
	double seconds = (double)(line->drawn_ns - line->started_ns) / 1e9;
	double rate = done && seconds > 0 ? (double)done / seconds : -1; /* as headway_estimate() */
	double eta = line->foreseen >= 0 ? line->foreseen : meter_eta(rate, done, total);
	int is_percent = total == 100 &&
			 (!*line->unit || !strcmp(line->unit, "%")); /* said already */
	char text[METER_TEXT];
	const size_t room = METER_TEXT + 8;

	for (int i = 0; i < CELLS; i++)
		cells[i][0] = '\0';
	if (total) {
		snprintf(cells[CELL_BAR], room, "  %s",
			 meter_bar(fraction, BAR_COLUMNS, term_locale_is_utf8(), text));
		snprintf(cells[CELL_PERCENT], room, " %4s", meter_percent(fraction, text));
	}
	if ((done || total) && !is_percent)
		snprintf(cells[CELL_AMOUNT], room, "  %s",
			 meter_amount(done, total, line->unit, text));
	if (rate >= 0 && !is_percent)
		snprintf(cells[CELL_RATE], room, "  %s", meter_rate(rate, line->unit, text));
	snprintf(cells[CELL_TIME], room, "  %s", meter_seconds(seconds, text));
	if (!is_over && eta >= 0 && (!total || done <= total))
		snprintf(cells[CELL_ETA], room, "  eta %s", meter_seconds(eta, text));
}

/* Empties cells, the least important first, until the others fit into that many columns. */
static void drop_cells(char cells[CELLS][METER_TEXT + 8], int columns)
{
	static const int order[] = {CELL_TIME,   CELL_RATE, CELL_BAR,
				    CELL_AMOUNT, CELL_ETA,  CELL_PERCENT};
	int used = 0;

	for (int i = 0; i < CELLS; i++)
		used += term_width(cells[i]);
	for (int i = 0; i < CELLS && used > columns; i++) {
		used -= term_width(cells[order[i]]);
		cells[order[i]][0] = '\0';
	}
}

/* When the terminal has become narrower, it may have wrapped the line that was drawn for more columns: the rest
 * of that is below the cursor, where nothing else is unless others have rows there. */
static void print_line(struct progress_line *line, FILE *out, uint64_t done, uint64_t total,
		       int is_over)
{
	char cells[CELLS][METER_TEXT + 8];
	int room = columns() - 1, is_narrower = room < line->room && !line->rows.below;
	int used = term_clean_cut(out, line->name, room < NAME_COLUMNS ? room : NAME_COLUMNS);

	fill_cells(line, done, total, is_over, cells);
	drop_cells(cells, room - used);
	for (int i = 0; i < CELLS; i++)
		(void)term_clean_cut(out, cells[i], room);
	fputs(is_narrower ? "\033[J" : "\033[K", out);
	line->room = room;
}

static void write_all(FILE *out, char **text, const size_t *length)
{
	if (fclose(out))
		say_memory(NULL);
	if (*length && write(STDERR_FILENO, *text, *length) < 0)
		errno = 0; /* the work goes on */
	free(*text);
}

static void write_line(struct progress_line *line, uint64_t done, uint64_t total, int is_over)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out;

	line->drawn_ns = clock_ns();
	if (terminal_rows_enter(&line->rows))
		return;
	out = say_memory(open_memstream(&text, &length));
	if (!terminal_rows_reach(&line->rows, out, is_over)) {
		print_line(line, out, done, total, is_over);
		terminal_rows_return(&line->rows, out, is_over);
	}
	write_all(out, &text, &length);
	terminal_rows_leave(&line->rows);
}

void progress_line_draw(struct progress_line *line, uint64_t done, uint64_t total)
{
	int64_t now_ns = clock_ns();

	if (!line->is_on || now_ns - line->drawn_ns < PROGRESS_LINE_MS * INT64_C(900000))
		return;
	write_line(line, done, total, 0);
	if (line->rows.ticket && !line->rows.above) /* the tab of the terminal is for one of them */
		terminal_progress_show(&line->terminal, done, total, now_ns);
}

void progress_line_open(struct progress_line *line, const char *text, size_t length)
{
	char *moves = NULL;
	size_t size = 0;
	FILE *out;

	line->is_open = line->is_on && !terminal_rows_enter(&line->rows);
	if (!line->is_open)
		return;
	out = say_memory(open_memstream(&moves, &size));
	terminal_rows_open(&line->rows, out, text, length);
	write_all(out, &moves, &size);
}

int progress_line_close(struct progress_line *line, int ends_line)
{
	char *moves = NULL;
	size_t size = 0;
	int was_ended;
	FILE *out;

	if (!line->is_open)
		return 0;
	out = say_memory(open_memstream(&moves, &size));
	was_ended = terminal_rows_close(&line->rows, out, ends_line);
	write_all(out, &moves, &size);
	terminal_rows_leave(&line->rows);
	line->is_open = 0;
	line->drawn_ns = 0;
	return was_ended;
}

void progress_line_finish(struct progress_line *line, uint64_t done, uint64_t total)
{
	terminal_progress_clear(&line->terminal);
	if (line->is_on)
		write_line(line, done, total, 1);
}
