/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/line.h"

#include "base/units.h"

#include <stdio.h>
#include <string.h>

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
