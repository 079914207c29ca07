/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define MARKS_AT_MOST 4

static struct {
	int is_terminal, is_utf8, locale_is_utf8, has_colour;
} term;

void term_start(void)
{
	const char *name = getenv("TERM"), *no_color = getenv("NO_COLOR");

	setlocale(LC_CTYPE, ""); /* not LC_NUMERIC: numbers are the same in every locale */
	term.is_terminal = isatty(STDOUT_FILENO);
	term.is_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	term.locale_is_utf8 = term.is_utf8;
	if (!term.is_utf8 && !term.is_terminal) /* a file or a pipe takes UTF-8 in any locale */
		term.is_utf8 = setlocale(LC_CTYPE, "C.UTF-8") != NULL;
	term.has_colour = term.is_terminal && name && strcmp(name, "dumb") && *name &&
			  !(no_color && *no_color);
}

int term_is_terminal(void)
{
	return term.is_terminal;
}

int term_is_utf8(void)
{
	return term.is_utf8;
}

int term_locale_is_utf8(void)
{
	return term.locale_is_utf8;
}

int term_has_colour(void)
{
	return term.has_colour;
}

int term_columns(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/* Decode the UTF-8 character at s.  Returns its length in bytes; 0: not UTF-8. */
static int decode(const unsigned char *s, uint32_t *character)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	int length = s[0] < 0x80   ? 1
		     : s[0] < 0xc2 ? 0
		     : s[0] < 0xe0 ? 2
		     : s[0] < 0xf0 ? 3
		     : s[0] < 0xf5 ? 4
				   : 0;

	*character = length <= 1 ? s[0] : s[0] & (0xffu >> (length + 1));
	for (int i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80) /* also true for the NUL */
			return 0;
		*character = *character << 6 | (s[i] & 0x3f);
	}
	if (length && (*character < smallest[length] || *character > 0x10ffff ||
		       (*character >= 0xd800 && *character <= 0xdfff)))
		return 0;
	return length;
}

/* Control characters, and invisible characters that change how others are shown. */
static int is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
	       (c >= 0x200b && c <= 0x200f && c != 0x200c && c != 0x200d) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe0fff);
}

static int is_joiner(uint32_t c)
{
	return c == 0x200c || c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f);
}

void term_scan_start(struct term_scan *scan, const char *text)
{
	scan->at = text;
	scan->marks = -1;
}

static void spell(struct term_scan *scan, const char *format, uint32_t value)
{
	scan->width = snprintf(scan->piece, sizeof(scan->piece), format, value);
	scan->marks = 0;
}

static void spell_character(struct term_scan *scan, uint32_t c)
{
	if (c == '\n')
		spell(scan, "\\n", 0);
	else if (c == '\t')
		spell(scan, "\\t", 0);
	else if (c == '\r')
		spell(scan, "\\r", 0);
	else
		spell(scan, c < 0x80 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

int term_scan_next(struct term_scan *scan)
{
	uint32_t c;
	int length, width;

	if (!*scan->at)
		return 0;
	length = decode((const unsigned char *)scan->at, &c);
	if (!length) {
		spell(scan, "\\x%02x", (unsigned char)*scan->at++);
		return 1;
	}
	scan->width = 0;
	scan->piece[0] = '\0';
	width = c < 0x80 ? 1 : term.is_utf8 ? wcwidth((wchar_t)c) : -1;
	if (is_joiner(c) && width >= 0)
		; /* omitted */
	else if (is_harmful(c) || width < 0 ||
		 (width == 0 && (scan->marks < 0 || scan->marks >= MARKS_AT_MOST))) {
		spell_character(scan, c);
	} else {
		memcpy(scan->piece, scan->at, (size_t)length);
		scan->piece[length] = '\0';
		scan->width = width;
		scan->marks = width ? 0 : scan->marks + 1;
	}
	scan->at += length;
	return 1;
}

void term_clean(FILE *out, const char *text)
{
	struct term_scan scan;

	for (term_scan_start(&scan, text); term_scan_next(&scan);)
		fputs(scan.piece, out);
}

int term_width(const char *text)
{
	struct term_scan scan;
	int width = 0;

	for (term_scan_start(&scan, text); term_scan_next(&scan);)
		width += scan.width;
	return width;
}

int term_clean_cut(FILE *out, const char *text, int columns)
{
	struct term_scan scan;
	int used = 0, whole = term_width(text) <= columns;
	int room = whole ? columns : columns - 1;

	for (term_scan_start(&scan, text); term_scan_next(&scan);) {
		if (used + scan.width > room)
			break;
		fputs(scan.piece, out);
		used += scan.width;
	}
	if (!whole && columns > 0) {
		fputs(term.is_utf8 ? "…" : "~", out);
		used++;
	}
	return used;
}

static void json_character(FILE *out, uint32_t c)
{
	if (c >= 0x10000)
		fprintf(out, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 | (c & 0x3ff));
	else
		fprintf(out, "\\u%04x", c);
}

void term_json(FILE *out, const char *json, size_t length)
{
	const unsigned char *s = (const unsigned char *)json, *end = s + length;
	uint32_t c;

	if (!term.is_terminal) {
		fwrite(json, 1, length, out);
		return;
	}
	while (s < end) {
		int bytes = decode(s, &c);

		if (!bytes) { /* the library writes UTF-8 only; shown as U+FFFD */
			fprintf(out, "\\ufffd");
			bytes = 1;
		} else if ((is_harmful(c) && c != '\n') || (c >= 0x80 && !term.is_utf8)) {
			json_character(out, c);
		} else {
			fwrite(s, 1, (size_t)bytes, out);
		}
		s += bytes;
	}
}

const char *term_on(enum term_colour colour)
{
	static const char *const codes[] = {"",         "\033[1m",  "\033[2m", "\033[31m",
					    "\033[32m", "\033[33m", "\033[36m"};

	return term.has_colour ? codes[colour] : "";
}

const char *term_off(void)
{
	return term.has_colour ? "\033[0m" : "";
}
