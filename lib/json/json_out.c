/* SPDX-License-Identifier: BSD-3-Clause */
#include "json/json_out.h"

#include "json/bytes16.h"
#include "json/utf8.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>

/* ---- room ------------------------------------------------------------------------------------ */

static char *use_scratch(struct hw__out *out)
{
	out->base = out->scratch;
	out->limit = out->scratch + HW__SCRATCH - HW__SLACK;
	return out->scratch;
}

char *hw__out_begin(struct hw__out *out, char *buffer, size_t size)
{
	out->buffer = buffer;
	out->size = buffer ? size : 0;
	out->before = 0;
	if (out->size < HW__SLACK)
		return use_scratch(out);
	out->base = buffer;
	out->limit = buffer + size - HW__SLACK;
	return buffer;
}

/* Counts the bytes written since base, and copies those that fit if they are in the scratch
 * buffer. */
static void flush(struct hw__out *out, const char *p)
{
	size_t n = (size_t)(p - out->base);

	if (out->base != out->buffer && out->before < out->size) {
		size_t room = out->size - (size_t)out->before;

		memcpy(out->buffer + out->before, out->base, n < room ? n : room);
	}
	out->before += n;
}

char *hw__out_make_room(struct hw__out *out, const char *p)
{
	flush(out, p);
	return use_scratch(out);
}

int hw__out_end(struct hw__out *out, const char *p)
{
	flush(out, p);
	if (out->size)
		out->buffer[out->before < out->size ? out->before : out->size - 1] = '\0';
	return out->before > INT_MAX ? -EOVERFLOW : (int)out->before;
}

/* ---- text ------------------------------------------------------------------------------------ */

static const char hex_digits[] = "0123456789abcdef";

/* True for a byte that needs no escape in a JSON string. */
static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

static unsigned copy_plain_bytes(char *p, const char *text)
{
	unsigned n = 0;

	for (; n < HW__WIDTH && is_plain((unsigned char)text[n]); n++)
		p[n] = text[n];
	return n;
}

/* Copies plain bytes, at most sixteen, and returns their number; if it is less, the next byte is
 * not plain (the terminating NUL is not). Always writes sixteen bytes. */
static inline unsigned copy_plain(char *p, const char *text)
{
#ifndef HEADWAY_SCALAR
	if (__builtin_expect(hw__same_page16(text), 1)) {
		hw__bytes16 bytes = hw__load16(text);
		/* signed: bytes of UTF-8 sequences are negative; " and & differ in bit 2, < and >
		 * in bit 1 */
		uint64_t hits = hw__hits16((bytes < 0x20) | ((bytes | 4) == '&') |
					   ((bytes | 2) == '>') | (bytes == '\\'));

		hw__store16(p, bytes);
		return hits ? hw__first16(hits) : HW__WIDTH;
	}
#endif
	return copy_plain_bytes(p, text);
}

/* The \u form, for characters without a short escape and for those special in HTML. */
static char *put_hex_escape(char *p, unsigned char c)
{
	p = PUT(p, "\\u00");
	*p++ = hex_digits[c >> 4];
	*p++ = hex_digits[c & 15];
	return p;
}

static char *put_escape(char *p, unsigned char c)
{
	static const char letters[0x60] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',  ['\r'] = 'r',
		['\t'] = 't', ['"'] = '"',  ['\\'] = '\\',
	};

	if (!letters[c])
		return put_hex_escape(p, c);
	*p++ = '\\';
	*p++ = letters[c];
	return p;
}

static char *put_separator(char *p, unsigned char last_byte)
{
	p = PUT(p, "\\u202");
	*p++ = last_byte & 1 ? '9' : '8';
	return p;
}

/* Writes the non-ASCII character at text: n bytes long; n is 0 if it is invalid. */
static char *put_character(char *p, const unsigned char *text, unsigned n)
{
	if (!n)
		return PUT(p, "\\ufffd");
	if (n == 3 && hw__utf8_is_separator(text))
		return put_separator(p, text[2]);
	for (unsigned i = 0; i < n; i++)
		*p++ = (char)text[i];
	return p;
}

/* Writes non-ASCII characters up to the next ASCII one. */
static char *put_characters(struct hw__out *out, char *p, const char **text)
{
	const unsigned char *t = (const unsigned char *)*text;

	do {
		unsigned n = hw__utf8_length(t, 4);

		p = hw__out_room(out, p);
		p = put_character(p, t, n);
		t += n ? n : 1;
	} while (*t >= 0x80);
	*text = (const char *)t;
	return p;
}

/* Writes the inside of a string from NUL-terminated bytes. */
char *hw__out_text(struct hw__out *out, char *p, const char *text)
{
	for (;;) {
		unsigned n;
		unsigned char c;

		p = hw__out_room(out, p);
		n = copy_plain(p, text);
		p += n;
		text += n;
		if (n == HW__WIDTH)
			continue;
		c = (unsigned char)*text;
		if (!c)
			return p;
		if (c >= 0x80) {
			p = put_characters(out, p, &text);
			continue;
		}
		p = put_escape(p, c);
		text++;
	}
}

/* ---- results: JSON already, compact and in UTF-8 --------------------------------------------- */

static inline bool is_plain_json(unsigned char c)
{
	return c != '<' && c != '>' && c != '&' && c != 0xe2;
}

/* Like copy_plain, for at most left bytes. */
static inline size_t copy_plain_json(char *p, const char *json, size_t left)
{
	size_t n = 0;

#ifndef HEADWAY_SCALAR
	if (left >= HW__WIDTH) {
		hw__bytes16 bytes = hw__load16(json);
		uint64_t hits = hw__hits16((bytes == '&') | ((bytes | 2) == '>') |
					   (bytes == (signed char)0xe2));

		hw__store16(p, bytes);
		return hits ? hw__first16(hits) : HW__WIDTH;
	}
#endif
	for (; n < HW__WIDTH && n < left && is_plain_json((unsigned char)json[n]); n++)
		p[n] = json[n];
	return n;
}

char *hw__out_json(struct hw__out *out, char *p, const char *json, size_t left)
{
	for (;;) {
		size_t n;
		const unsigned char *t;

		p = hw__out_room(out, p);
		n = copy_plain_json(p, json, left);
		p += n;
		json += n;
		left -= n;
		if (n == HW__WIDTH)
			continue;
		if (!left)
			return p;
		t = (const unsigned char *)json;
		if (*t != 0xe2) {
			p = put_hex_escape(p, *t);
			n = 1;
		} else if (left >= 3 && hw__utf8_is_separator(t)) {
			p = put_separator(p, t[2]);
			n = 3;
		} else {
			*p++ = (char)*t;
			n = 1;
		}
		json += n;
		left -= n;
	}
}

/* ---- numbers and times ----------------------------------------------------------------------- */

static char *put_pair(char *p, unsigned number)
{
	static const char pairs[] = "0001020304050607080910111213141516171819"
				    "2021222324252627282930313233343536373839"
				    "4041424344454647484950515253545556575859"
				    "6061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";

	memcpy(p, pairs + (size_t)2 * number, 2);
	return p + 2;
}

/* Writes digits in pairs, from the last to the first. */
static char *put_digits(char *p, uint64_t number, unsigned width)
{
	char *end = p + width;

	for (p = end; width >= 2; width -= 2, number /= 100) {
		p -= 2;
		put_pair(p, (unsigned)(number % 100));
	}
	if (width)
		p[-1] = (char)('0' + number % 10);
	return end;
}

/* clang-format off */
static const uint64_t powers_of_ten[] = {
	0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
	100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
	10000000000000000, 100000000000000000, 1000000000000000000, 10000000000000000000u,
};
/* clang-format on */

static unsigned count_digits(uint64_t number)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(number | 1);
	unsigned digits = bits * 1233 >> 12; /* times log10(2): exact or one too small */

	return digits + (number >= powers_of_ten[digits]);
}

char *hw__put_number(char *p, uint64_t number)
{
	if (number < 10) {
		*p = (char)('0' + number);
		return p + 1;
	}
	return put_digits(p, number, count_digits(number));
}

char *hw__put_millionths(char *p, unsigned __int128 millionths)
{
	const uint64_t ten_to_19 = UINT64_C(10000000000000000000);
	/* all of it except for absurdly large values; 64-bit division is faster */
	uint64_t low = (uint64_t)millionths;
	uint64_t fraction = low % 1000000;

	if (low == millionths) {
		p = hw__put_number(p, low / 1000000);
	} else {
		unsigned __int128 whole = millionths / 1000000;

		fraction = (uint64_t)(millionths % 1000000);
		if (whole >= ten_to_19) {
			p = hw__put_number(p, (uint64_t)(whole / ten_to_19));
			p = put_digits(p, (uint64_t)(whole % ten_to_19), 19);
		} else {
			p = hw__put_number(p, (uint64_t)whole);
		}
	}
	*p++ = '.';
	return put_digits(p, fraction, 6);
}

/* Writes year, month and day from a number of days since 1970-01-01. The year is counted from
 * March, so that a leap day is its last. */
static char *put_date(char *p, int64_t days)
{
	int64_t from_0000 = days + 719468, era = from_0000 / 146097;
	int64_t day = from_0000 % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5;
	month = month < 10 ? month + 3 : month - 9;
	p = put_digits(p, (uint64_t)(year + era * 400 + (month <= 2)), 4);
	*p++ = '-';
	p = put_pair(p, (unsigned)month);
	*p++ = '-';
	return put_pair(p, (unsigned)day + 1);
}

/* Writes a fraction of a second without trailing zeros; nothing if it is 0. */
static char *put_fraction(char *p, uint64_t ns)
{
	if (!ns)
		return p;
	*p++ = '.';
	p = put_digits(p, ns, 9);
	while (p[-1] == '0')
		p--;
	return p;
}

/* RFC 3339 in UTC: every int64_t lies in the years 1677 to 2262. 0 means no time. */
char *hw__put_time(char *p, int64_t at_ns)
{
	const int64_t second = 1000000000, day = 86400;
	int64_t ns = at_ns % second, s = at_ns / second, days;

	if (!at_ns)
		return PUT(p, "null");
	if (ns < 0)
		ns += second, s--;
	days = s / day - (s % day < 0);
	s -= days * day;
	*p++ = '"';
	p = put_date(p, days);
	*p++ = 'T';
	p = put_pair(p, (unsigned)(s / 3600));
	*p++ = ':';
	p = put_pair(p, (unsigned)(s / 60 % 60));
	*p++ = ':';
	p = put_pair(p, (unsigned)(s % 60));
	p = put_fraction(p, (uint64_t)ns);
	return PUT(p, "Z\"");
}

/* ---- ids ------------------------------------------------------------------------------------- */

char *hw__put_id(char *p, const struct headway_id *id)
{
	*p++ = '"';
	headway_format_id(id, p);
	p += HEADWAY_ID_TEXT - 1;
	*p++ = '"'; /* in the place of the NUL */
	return p;
}
