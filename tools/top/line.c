/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/line.h"

#include "base/term.h"
#include "base/units.h"

#include <stdio.h>
#include <string.h>

#define BAR_AT_MOST 60

static char *bar_ascii(double fraction, int columns, char *text)
{
	int full = (int)(fraction * columns);

	memset(text, '-', (size_t)columns);
	memset(text, '#', (size_t)full);
	text[columns] = '\0';
	return text;
}

/* In steps of an eighth of a column, so that slow progress can be seen. */
static char *bar_utf8(double fraction, int columns, char *text)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int all = (int)(fraction * columns * 8), full = all / 8;
	size_t at = 0;

	for (int i = 0; i < columns; i++) {
		const char *piece = i < full ? "█" : i == full && all % 8 ? eighths[all % 8] : "░";

		memcpy(text + at, piece, strlen(piece));
		at += strlen(piece);
	}
	text[at] = '\0';
	return text;
}

char *line_bar(double fraction, int columns, char text[LINE_TEXT])
{
	if (columns > BAR_AT_MOST)
		columns = BAR_AT_MOST;
	if (columns < 0)
		columns = 0;
	if (!(fraction > 0))
		fraction = 0;
	if (fraction > 1)
		fraction = 1;
	return term_is_utf8() ? bar_utf8(fraction, columns, text)
			      : bar_ascii(fraction, columns, text);
}

char *line_percent(double fraction, char text[LINE_TEXT])
{
	if (fraction < 0)
		return strcpy(text, "-");
	snprintf(text, LINE_TEXT, "%d%%", (int)(fraction * 100));
	return text;
}

char *line_amount(const struct watched *item, char text[LINE_TEXT])
{
	char done[UNITS_TEXT], total[UNITS_TEXT];
	const char *unit = item->sum_unit;

	if (!item->sum_done && !item->sum_total)
		return strcpy(text, "-");
	unit_format_amount(item->sum_done, unit, done);
	unit_format_amount(item->sum_total, unit, total);
	snprintf(text, LINE_TEXT, "%s%s%s%s%.60s", done, item->sum_total ? "/" : "",
		 item->sum_total ? total : "", *unit && !unit_is_bytes(unit) ? " " : "",
		 unit_is_bytes(unit) ? "" : unit);
	return text;
}

char *line_rate(const struct watched *item, char text[LINE_TEXT])
{
	char amount[UNITS_TEXT];
	double per_second = item->per_second;

	if (per_second < 0)
		return strcpy(text, "-");
	if (per_second < 9.95 && !unit_is_bytes(item->sum_unit))
		snprintf(amount, sizeof(amount), "%.1f", per_second);
	else if (per_second < 1e18)
		unit_format_amount((uint64_t)per_second, item->sum_unit, amount);
	else
		snprintf(amount, sizeof(amount), "%.1e", per_second);
	snprintf(text, LINE_TEXT, "%s/s", amount);
	return text;
}

char *line_eta(const struct watched *item, const struct watch *watch, char text[LINE_TEXT])
{
	double eta = rate_eta(item->per_second, item->sum_done, item->sum_total);

	if (eta < 0 || item->status != HEADWAY_RUNNING || watched_is_stalled(item, watch))
		return strcpy(text, "-");
	return unit_format_duration((int64_t)(eta * 1e9), text);
}

char *line_elapsed(const struct watched *item, int64_t wall_ns, char text[LINE_TEXT])
{
	int64_t end = item->finished_ns ? item->finished_ns : wall_ns;

	return unit_format_duration(item->started_ns ? end - item->started_ns : 0, text);
}

char *line_status(const struct watched *item, const struct watch *watch, char text[LINE_TEXT])
{
	char duration[UNITS_TEXT];

	if (item->lost)
		return strcpy(text, "lost");
	if (item->status == HEADWAY_ERROR)
		return strcpy(text, "Error");
	if (item->status == HEADWAY_FINISHED)
		return strcpy(text, "Finished");
	if (!watched_is_stalled(item, watch))
		return strcpy(text, "Running");
	unit_format_duration(watch->now_ns - item->changed_ns, duration);
	snprintf(text, LINE_TEXT, "stalled %s", duration);
	return text;
}
