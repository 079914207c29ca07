/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/meter.h"

#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BAR_AT_MOST 60
#define ETA_AT_MOST 3e9 /* seconds, about a century: more than that is reported as unknown */

static char *bar_ascii(double fraction, int columns, char *text)
{
	int full = (int)(fraction * columns);

	memset(text, '-', (size_t)columns);
	memset(text, '#', (size_t)full);
	text[columns] = '\0';
	return text;
}

/* In steps of an eighth of a column, so that slow progress is visible. */
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

char *meter_bar(double fraction, int columns, int is_utf8, char text[METER_TEXT])
{
	if (columns > BAR_AT_MOST)
		columns = BAR_AT_MOST;
	if (columns < 0)
		columns = 0;
	if (!(fraction > 0))
		fraction = 0;
	if (fraction > 1)
		fraction = 1;
	return is_utf8 ? bar_utf8(fraction, columns, text) : bar_ascii(fraction, columns, text);
}

char *meter_percent(double fraction, char text[METER_TEXT])
{
	if (fraction < 0)
		return strcpy(text, "-");
	snprintf(text, METER_TEXT, "%.0f%%", floor(fraction * 100));
	return text;
}

static int is_unit(const char *unit, const char *name)
{
	return unit && !strcmp(unit, name);
}

/* What ffmpeg has converted. */
static char *milliseconds(uint64_t done, uint64_t total, char text[METER_TEXT])
{
	char of[METER_TEXT] = "", amount[METER_TEXT];

	if (total)
		meter_seconds((double)total / 1e3, of);
	snprintf(text, METER_TEXT, "%.60s%s%.60s", meter_seconds((double)done / 1e3, amount),
		 total ? "/" : "", of);
	return text;
}

char *meter_amount(uint64_t done, uint64_t total, const char *unit, char text[METER_TEXT])
{
	char of[UNITS_TEXT] = "", amount[UNITS_TEXT];
	int names_unit = *unit && !unit_is_bytes(unit);

	if (!done && !total)
		return strcpy(text, "-");
	if (is_unit(unit, "ms"))
		return milliseconds(done, total, text);
	if (is_unit(unit, "%") && total == 100)
		return meter_percent((double)done / 100, text);
	if (total)
		unit_format_amount(total, unit, of);
	snprintf(text, METER_TEXT, "%s%s%s%s%.60s", unit_format_amount(done, unit, amount),
		 total ? "/" : "", of, names_unit ? " " : "", names_unit ? unit : "");
	return text;
}

double meter_eta(double per_second, uint64_t done, uint64_t total)
{
	double eta;

	if (!total || per_second <= 0)
		return -1;
	eta = done < total ? (double)(total - done) / per_second : 0;
	return eta <= ETA_AT_MOST ? eta : -1;
}

char *meter_rate(double per_second, const char *unit, char text[METER_TEXT])
{
	char amount[UNITS_TEXT];

	if (per_second < 0)
		return strcpy(text, "-");
	if (is_unit(unit, "ms")) {
		snprintf(text, METER_TEXT, "%.1fx", per_second / 1e3);
		return text;
	}
	if (per_second < 9.95 && !unit_is_bytes(unit))
		snprintf(amount, sizeof(amount), "%.1f", per_second);
	else if (per_second < 1e18)
		unit_format_amount((uint64_t)per_second, unit, amount);
	else
		snprintf(amount, sizeof(amount), "%.1e", per_second);
	snprintf(text, METER_TEXT, "%s%s/s", amount, is_unit(unit, "%") ? "%" : "");
	return text;
}

char *meter_seconds(double seconds, char text[METER_TEXT])
{
	if (seconds < 0)
		return strcpy(text, "-");
	return unit_format_duration((int64_t)(seconds * 1e9), text);
}
