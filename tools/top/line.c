/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/line.h"

#include "base/units.h"

#include <stdio.h>
#include <string.h>

char *line_amount(const struct watched *item, int columns, char text[LINE_TEXT])
{
	meter_amount(item->sum_done, item->sum_total, item->sum_unit, text);
	if (term_width(text) > columns && item->sum_done)
		unit_format_amount(item->sum_done, item->sum_unit, text);
	return text;
}

char *line_eta(const struct watched *item, const struct watch *watch, char text[LINE_TEXT])
{
	int is_known = item->eta_low >= 0 || !watched_is_stalled(item, watch);

	return meter_seconds(is_known ? item->eta_seconds : -1, text);
}

char *line_elapsed(const struct watched *item, int64_t wall_ns, char text[LINE_TEXT])
{
	int64_t end = item->finished_ns ? item->finished_ns : wall_ns;

	return unit_format_duration(item->started_ns ? end - item->started_ns : 0, text);
}

static const char *spark_level(double part)
{
	static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const ascii[] = {"_", ".", ",", ":", "-", "=", "+", "#"};
	int level = (int)(part * 7.999);

	return term_is_utf8() ? blocks[level] : ascii[level];
}

char *line_spark(const struct watched *item, int columns, char text[LINE_TEXT])
{
	unsigned count = item->speed_count < WATCH_SPEEDS ? item->speed_count : WATCH_SPEEDS;
	float most = 0;
	size_t at = 0;

	if (columns > LINE_TEXT / 4)
		columns = LINE_TEXT / 4;
	if (count > (unsigned)columns)
		count = (unsigned)columns;
	for (unsigned i = 0; i < count; i++) {
		float speed = item->speeds[(item->speed_count - 1 - i) % WATCH_SPEEDS];

		most = speed > most ? speed : most;
	}
	text[0] = '\0';
	if (item->status != HEADWAY_RUNNING || !(most > 0))
		return text;
	memset(text, ' ', (size_t)columns - count);
	at = (size_t)columns - count;
	for (unsigned i = count; i-- > 0;) {
		float speed = item->speeds[(item->speed_count - 1 - i) % WATCH_SPEEDS];
		const char *piece = spark_level((double)(speed / most));

		memcpy(text + at, piece, strlen(piece) + 1);
		at += strlen(piece);
	}
	return text;
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
	if (item->is_cancelled)
		return strcpy(text, "cancelling");
	if (!watched_is_stalled(item, watch))
		return strcpy(text, "Running");
	unit_format_duration(watch->now_ns - item->family_ns, duration);
	snprintf(text, LINE_TEXT, "stalled %s", duration);
	return text;
}

enum term_colour line_status_colour(const struct watched *item, const struct watch *watch)
{
	if (item->lost || item->status == HEADWAY_ERROR)
		return TERM_RED;
	if (item->status == HEADWAY_FINISHED)
		return TERM_GREEN;
	return item->is_cancelled || watched_is_stalled(item, watch) ? TERM_YELLOW : TERM_CYAN;
}

static char *below(size_t count, const char *sign, const char *word, char text[LINE_TEXT])
{
	if (!count)
		text[0] = '\0';
	else
		snprintf(text, LINE_TEXT, "%zu%s", count, term_is_utf8() ? sign : word);
	return text;
}

char *line_failed_below(const struct watched *item, char text[LINE_TEXT])
{
	return below(item->failed_below, "✕", "x", text);
}

char *line_running_below(const struct watched *item, char text[LINE_TEXT])
{
	return below(item->running_below, "▶", ">", text);
}
