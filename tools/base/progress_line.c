/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/progress_line.h"

#include "base/meter.h"
#include "base/say.h"
#include "base/term.h"

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

/* A job in the background must not draw over the output of the foreground. */
static int is_in_foreground(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group < 0 || group == getpgrp();
}

/* "  [bar]  45%  1.2 GiB/2.0 GiB  12.5 MiB/s  12s  eta 1m05s"; the bar only with a total. The
 * caller frees it. */
static char *compose(const struct progress_line *line, uint64_t done, uint64_t total, int is_over)
{
	double fraction = total && done < total ? (double)done / (double)total : 1;
	double seconds = (double)(line->drawn_ns - line->started_ns) / 1e9;
	double rate = done && seconds > 0 ? (double)done / seconds : -1; /* as headway_estimate() */
	double eta = line->foreseen >= 0 ? line->foreseen : meter_eta(rate, done, total);
	int is_percent = total == 100 && line->unit && !strcmp(line->unit, "%"); /* said already */
	char cell[METER_TEXT], *text = NULL;
	size_t length = 0;
	FILE *out = say_memory(open_memstream(&text, &length));

	if (total) {
		fprintf(out, "  %s", meter_bar(fraction, BAR_COLUMNS, term_locale_is_utf8(), cell));
		fprintf(out, " %4s", meter_percent(fraction, cell));
	}
	if ((done || total) && !is_percent)
		fprintf(out, "  %s", meter_amount(done, total, line->unit, cell));
	if (rate >= 0 && !is_percent)
		fprintf(out, "  %s", meter_rate(rate, line->unit, cell));
	fprintf(out, "  %s", meter_seconds(seconds, cell));
	if (!is_over && eta >= 0)
		fprintf(out, "  eta %s", meter_seconds(eta, cell));
	if (fclose(out))
		say_memory(NULL);
	return text;
}

static void write_line(struct progress_line *line, uint64_t done, uint64_t total, int is_over)
{
	char *text = NULL, *rest = compose(line, done, total, is_over);
	int room = columns() - 1, used;
	size_t length = 0;
	FILE *out = say_memory(open_memstream(&text, &length));

	fputs("\r", out);
	used = term_clean_cut(out, line->name, room < NAME_COLUMNS ? room : NAME_COLUMNS);
	(void)term_clean_cut(out, rest, room - used);
	fputs(is_over ? "\033[K\n" : "\033[K", out);
	if (!fclose(out) && write(STDERR_FILENO, text, length) == (ssize_t)length)
		line->is_drawn = !is_over;
	free(text);
	free(rest);
}

void progress_line_draw(struct progress_line *line, uint64_t done, uint64_t total)
{
	int64_t now_ns = clock_ns();

	if (!line->is_on || !is_in_foreground() ||
	    now_ns - line->drawn_ns < PROGRESS_LINE_MS * INT64_C(900000))
		return;
	line->drawn_ns = now_ns;
	write_line(line, done, total, 0);
	terminal_progress_show(&line->terminal, done, total, now_ns);
}

void progress_line_erase(struct progress_line *line)
{
	if (line->is_drawn && write(STDERR_FILENO, "\r\033[K", 4) == 4)
		line->is_drawn = 0;
	line->drawn_ns = 0;
}

void progress_line_finish(struct progress_line *line, uint64_t done, uint64_t total)
{
	terminal_progress_clear(&line->terminal);
	if (!line->is_on || !is_in_foreground())
		return;
	line->drawn_ns = clock_ns();
	write_line(line, done, total, 1);
}
