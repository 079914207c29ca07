/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse/scan.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS_AT_MOST 15 /* such a number is exact as a double */

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

int scan_text(struct scan *scan, const char *text)
{
	const char *at = skip_blanks(scan->at);
	size_t length = strlen(text);

	if (strncmp(at, text, length) != 0)
		return 0;
	scan->at = at + length;
	return 1;
}

int scan_find(struct scan *scan, const char *text)
{
	const char *at = strstr(scan->at, text);

	if (at)
		scan->at = at + strlen(text);
	return at != NULL;
}

int scan_end(struct scan *scan)
{
	return *skip_blanks(scan->at) == '\0';
}

/* A token that ends at this place is complete: another character follows, or the line has ended. */
static int is_ended(const struct scan *scan, const char *at)
{
	return *at || scan->is_whole;
}

int scan_number(struct scan *scan, uint64_t *number)
{
	const char *start = skip_blanks(scan->at), *at = start;
	uint64_t value = 0;
	int digits = 0;

	while (is_digit(*at) || (*at == ',' && digits && is_digit(at[1]))) {
		if (*at != ',') {
			value = value * 10 + (uint64_t)(*at - '0');
			digits++;
		}
		at++;
	}
	if (!digits || digits > DIGITS_AT_MOST || !is_ended(scan, at))
		return 0;
	if (*at == ',' && !is_ended(scan, at + 1)) /* more digits may follow the comma */
		return 0;
	*number = value;
	scan->at = at;
	return 1;
}

int scan_decimal(struct scan *scan, double *number)
{
	const char *at = skip_blanks(scan->at), *start = at;
	double value = 0, place = 1;

	while (is_digit(*at))
		value = value * 10 + (*at++ - '0');
	if (at == start || at - start > DIGITS_AT_MOST)
		return 0;
	if (*at == '.' || (*at == ',' && is_digit(at[1]) && !is_digit(at[4]))) { /* of a locale */
		for (at++; is_digit(*at); at++)
			value += (*at - '0') * (place /= 10);
	}
	if (!is_ended(scan, at))
		return 0;
	*number = value;
	scan->at = at;
	return 1;
}

int scan_percent(struct scan *scan, double *percent)
{
	struct scan ahead = *scan;

	if (!scan_decimal(&ahead, percent) || !scan_text(&ahead, "%") || *percent > 100)
		return 0;
	*scan = ahead;
	return 1;
}

int scan_find_percent(struct scan *scan, double *percent)
{
	struct scan ahead = *scan;

	while (*ahead.at) {
		if (is_digit(*ahead.at) && scan_percent(&ahead, percent)) {
			*scan = ahead;
			return 1;
		}
		if (is_digit(*ahead.at)) /* skip the whole number, not its first digit */
			ahead.at += strspn(ahead.at, "0123456789.,");
		else
			ahead.at++;
	}
	return 0;
}

int scan_clock(struct scan *scan, double *seconds)
{
	struct scan ahead = *scan;
	int is_negative = scan_text(&ahead, "-");
	double part;

	*seconds = 0;
	for (int parts = 0; parts < 3; parts++) {
		if (!scan_decimal(&ahead, &part))
			return 0;
		*seconds = *seconds * 60 + part;
		if (*ahead.at != ':') {
			if (parts == 0)
				return 0;
			if (is_negative)
				*seconds = 0;
			scan->at = ahead.at;
			return 1;
		}
		ahead.at++;
	}
	return 0;
}

int scan_of(struct scan *scan, uint64_t *n, uint64_t *of)
{
	struct scan ahead = *scan;

	if (!scan_number(&ahead, n) || !scan_text(&ahead, "/") || !scan_number(&ahead, of))
		return 0;
	*scan = ahead;
	return 1;
}

/* The exponent of a prefix, from 1 for kilo; 0: there is none. */
static int prefix(char c)
{
	static const char prefixes[] = "KMGTPE";
	const char *found = c ? strchr(prefixes, c == 'k' ? 'K' : c) : NULL;

	return found ? (int)(found - prefixes) + 1 : 0;
}

int scan_bytes(struct scan *scan, unsigned thousand, uint64_t *bytes)
{
	struct scan ahead = *scan;
	uint64_t number;
	double value;
	int power;

	if (scan_number(&ahead, &number) && *ahead.at != '.' && *ahead.at != ',') {
		value = (double)number;
	} else {
		ahead = *scan;
		if (!scan_decimal(&ahead, &value))
			return 0;
	}
	ahead.at = skip_blanks(ahead.at);
	power = prefix(*ahead.at);
	ahead.at += power > 0;
	if (power && *ahead.at == 'i') {
		thousand = 1024;
		ahead.at++;
	}
	ahead.at += *ahead.at == 'B';
	if (!is_ended(scan, ahead.at))
		return 0;
	while (power-- > 0)
		value *= thousand;
	if (!(value < 1e18))
		return 0;
	*bytes = (uint64_t)(value + 0.5);
	scan->at = ahead.at;
	return 1;
}
