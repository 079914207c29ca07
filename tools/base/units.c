/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/units.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Parse digits at *text in a base, and advance *text. */
static int parse_digits(const char **text, int base, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	*value = strtoull(*text, &end, base);
	*text = end;
	return errno == ERANGE ? -ERANGE : 0;
}

int unit_parse_count(const char *text, uint64_t *count)
{
	int error = parse_digits(&text, 10, count);

	return error ? error : *text ? -EINVAL : 0;
}

int unit_parse_octal(const char *text, uint64_t *mode)
{
	int error = parse_digits(&text, 8, mode);

	return error ? error : *text ? -EINVAL : 0;
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Compare without regard to ASCII case; strcasecmp() depends on the locale (Turkish i). */
static int is_word(const char *text, const char *word)
{
	while (*text && lower(*text) == lower(*word))
		text++, word++;
	return !*text && !*word;
}

/* The factor of a suffix in bytes; 0: no such suffix. */
static uint64_t byte_suffix(const char *suffix)
{
	static const char letters[] = "kmgtpe";
	const char *letter;
	uint64_t step = 1024, factor = 1;

	if (!*suffix || is_word(suffix, "B"))
		return 1;
	letter = strchr(letters, lower(*suffix));
	if (!letter)
		return 0;
	if (is_word(suffix + 1, "B"))
		step = 1000;
	else if (suffix[1] && !is_word(suffix + 1, "iB") && !is_word(suffix + 1, "i"))
		return 0;
	for (long i = letter - letters; i >= 0; i--)
		factor *= step;
	return factor;
}

int unit_parse_bytes(const char *text, uint64_t *bytes)
{
	int error = parse_digits(&text, 10, bytes);
	uint64_t factor = byte_suffix(text);

	if (error)
		return error;
	if (!factor)
		return -EINVAL;
	return __builtin_mul_overflow(*bytes, factor, bytes) ? -ERANGE : 0;
}

/* The unit at *text in milliseconds, and advance *text; 0: no such unit. */
static uint64_t duration_unit(const char **text)
{
	static const struct {
		const char *name;
		uint64_t milliseconds;
	} units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
		     {"h", 3600000}, {"d", 86400000}, {"w", 604800000}};
	size_t length = strspn(*text, "abcdefghijklmnopqrstuvwxyz");

	if (length == 0)
		return **text ? 0 : 1000;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strlen(units[i].name) == length && !memcmp(units[i].name, *text, length)) {
			*text += length;
			return units[i].milliseconds;
		}
	}
	return 0;
}

/* Parse one number with its unit, "1.5h", and add it to *sum. */
static int parse_term(const char **text, uint64_t *sum)
{
	uint64_t whole, unit, part = 0, scale = 1;
	int error = parse_digits(text, 10, &whole);

	if (error)
		return error;
	if (**text == '.') {
		for (++*text; isdigit((unsigned char)**text); ++*text) {
			if (scale < 1000000) {
				part = part * 10 + (uint64_t)(**text - '0');
				scale *= 10;
			}
		}
	}
	unit = duration_unit(text);
	if (!unit)
		return -EINVAL;
	if (__builtin_mul_overflow(whole, unit, &whole) ||
	    __builtin_add_overflow(*sum, whole, sum) ||
	    __builtin_add_overflow(*sum, part * unit / scale, sum))
		return -ERANGE;
	return 0;
}

int unit_parse_duration(const char *text, uint64_t *milliseconds)
{
	int error;

	*milliseconds = 0;
	do {
		error = parse_term(&text, milliseconds);
		if (error)
			return error;
	} while (*text);
	return *milliseconds > INT64_MAX / 1000000 ? -ERANGE : 0;
}

/* Scale value by step until it fits three digits. */
static char *format_steps(uint64_t value, double step, const char *const *names, char *text)
{
	double scaled = (double)value;
	int i = 0;

	while (scaled >= step - 0.5 && names[i + 1]) {
		scaled /= step;
		i++;
	}
	if (i == 0)
		snprintf(text, UNITS_TEXT, "%" PRIu64 "%s", value, names[0]);
	else
		snprintf(text, UNITS_TEXT, "%.*f%s", scaled < 99.95 ? 1 : 0, scaled, names[i]);
	return text;
}

char *unit_format_bytes(uint64_t bytes, char text[UNITS_TEXT])
{
	static const char *const names[] = {" B",   " KiB", " MiB", " GiB",
					    " TiB", " PiB", " EiB", NULL};

	return format_steps(bytes, 1024, names, text);
}

char *unit_format_count(uint64_t count, char text[UNITS_TEXT])
{
	static const char *const names[] = {"", "k", "M", "G", "T", "P", "E", NULL};

	return count < 10000 ? format_steps(count, 1e30, names, text)
			     : format_steps(count, 1000, names, text);
}

int unit_is_bytes(const char *unit)
{
	return is_word(unit, "bytes") || is_word(unit, "byte") || !strcmp(unit, "B");
}

char *unit_format_amount(uint64_t amount, const char *unit, char text[UNITS_TEXT])
{
	return unit_is_bytes(unit) ? unit_format_bytes(amount, text)
				   : unit_format_count(amount, text);
}

char *unit_format_duration(int64_t ns, char text[UNITS_TEXT])
{
	int64_t s = ns / 1000000000;

	if (s < 0)
		snprintf(text, UNITS_TEXT, "0s");
	else if (s < 60)
		snprintf(text, UNITS_TEXT, "%" PRId64 "s", s);
	else if (s < 3600)
		snprintf(text, UNITS_TEXT, "%" PRId64 "m%02" PRId64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, UNITS_TEXT, "%" PRId64 "h%02" PRId64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(text, UNITS_TEXT, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
	return text;
}

char *unit_format_time(int64_t ns, char text[UNITS_TEXT])
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm local;

	if (!ns || !localtime_r(&seconds, &local) ||
	    !strftime(text, UNITS_TEXT, "%Y-%m-%d %H:%M:%S", &local))
		snprintf(text, UNITS_TEXT, "-");
	return text;
}
