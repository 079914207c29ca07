/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scanner does not recurse: a stack of bits, one for each open bracket, says which are objects.  So
 * even a text of opening brackets alone needs an eighth of its length in memory, and no call stack.
 */
#include "shared/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"

struct scan {
	const char *at, *end;
	uint8_t *open;      /* a bit for each open bracket: 1 is an object */
	size_t depth, size; /* in bits */
};

static bool push(struct scan *s, bool is_object)
{
	if (s->depth == s->size) {
		size_t size = s->size ? s->size * 2 : 512;
		uint8_t *grown = realloc(s->open, size / 8);

		if (!grown)
			return false;
		s->open = grown;
		s->size = size;
	}
	s->open[s->depth / 8] &= (uint8_t) ~(1u << s->depth % 8);
	s->open[s->depth / 8] |= (uint8_t)((unsigned)is_object << s->depth % 8);
	s->depth++;
	return true;
}

static bool top_is_object(const struct scan *s)
{
	return s->open[(s->depth - 1) / 8] >> (s->depth - 1) % 8 & 1;
}

static void skip_blanks(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

static bool take(struct scan *s, char c)
{
	skip_blanks(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool is_hex(const char *c, const char *end)
{
	for (int i = 0; i < 4; i++, c++) {
		if (c == end ||
		    !((*c >= '0' && *c <= '9') || ((*c | 32) >= 'a' && (*c | 32) <= 'f')))
			return false;
	}
	return true;
}

static bool escape(struct scan *s)
{
	if (++s->at == s->end)
		return false;
	if (*s->at == 'u') {
		if (!is_hex(s->at + 1, s->end))
			return false;
		s->at += 4;
	} else if (!memchr("\"\\/bfnrt", *s->at, 8)) {
		return false;
	}
	s->at++;
	return true;
}

/* The text must be followed by a NUL, at which utf8_length() stops. */
static bool string(struct scan *s)
{
	if (!take(s, '"'))
		return false;
	while (s->at < s->end && *s->at != '"') {
		unsigned length;

		if (*s->at == '\\') {
			if (!escape(s))
				return false;
			continue;
		}
		if ((unsigned char)*s->at < ' ')
			return false;
		length = (unsigned char)*s->at < 0x80 ? 1 : utf8_length(s->at);
		if (length == 0 || length > (size_t)(s->end - s->at))
			return false;
		s->at += length;
	}
	return take(s, '"');
}

static size_t digits(struct scan *s)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - from);
}

static bool number(struct scan *s)
{
	const char *first;
	size_t count;

	s->at += *s->at == '-';
	first = s->at;
	count = digits(s);
	if (count == 0 || (*first == '0' && count > 1))
		return false;
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (!digits(s))
			return false;
	}
	if (s->at < s->end && (*s->at | 32) == 'e') {
		s->at++;
		s->at += s->at < s->end && (*s->at == '+' || *s->at == '-');
		return digits(s) > 0;
	}
	return true;
}

static bool word(struct scan *s, const char *text)
{
	size_t length = strlen(text);

	if ((size_t)(s->end - s->at) < length || memcmp(s->at, text, length) != 0)
		return false;
	s->at += length;
	return true;
}

static bool scalar(struct scan *s)
{
	if (s->at == s->end)
		return false;
	switch (*s->at) {
	case '"':
		return string(s);
	case 't':
		return word(s, "true");
	case 'f':
		return word(s, "false");
	case 'n':
		return word(s, "null");
	default:
		return number(s);
	}
}

/* A key and its colon. */
static bool key(struct scan *s)
{
	return string(s) && take(s, ':');
}

/* After a value: read the closing brackets, or the comma before the next value (*more). */
static bool value_end(struct scan *s, size_t base, bool *more)
{
	*more = false;
	while (s->depth > base) {
		bool is_object = top_is_object(s);

		if (take(s, ',')) {
			*more = true;
			return !is_object || key(s);
		}
		if (!take(s, is_object ? '}' : ']'))
			return false;
		s->depth--;
	}
	return true;
}

/* One value, of whatever depth. */
static bool value(struct scan *s)
{
	size_t base = s->depth;
	bool more = true;

	while (more) {
		skip_blanks(s);
		if (take(s, '{')) {
			if (!push(s, true))
				return false;
			skip_blanks(s);
			if (s->at < s->end && *s->at != '}') {
				if (!key(s))
					return false;
				continue;
			}
		} else if (take(s, '[')) {
			if (!push(s, false))
				return false;
			skip_blanks(s);
			if (s->at < s->end && *s->at != ']')
				continue;
		} else if (!scalar(s)) {
			return false;
		}
		if (!value_end(s, base, &more))
			return false;
	}
	return true;
}

static bool one_member(struct scan *s, json_member *member, void *argument)
{
	struct json_part name, content;

	skip_blanks(s);
	name.text = s->at + 1;
	if (!string(s))
		return false;
	name.length = (size_t)(s->at - name.text) - 1;
	if (!take(s, ':'))
		return false;
	skip_blanks(s);
	content.text = s->at;
	if (!value(s))
		return false;
	content.length = (size_t)(s->at - content.text);
	return !member || member(name, content, argument);
}

static bool members(struct scan *s, json_member *member, void *argument)
{
	if (!take(s, '{'))
		return false;
	if (take(s, '}'))
		return true;
	do {
		if (!one_member(s, member, argument))
			return false;
	} while (take(s, ','));
	return take(s, '}');
}

bool json_object(struct json_part text, json_member *member, void *argument)
{
	struct scan s = {.at = text.text, .end = text.text + text.length};
	bool is_whole = members(&s, member, argument);

	skip_blanks(&s);
	free(s.open);
	return is_whole && s.at == s.end;
}

static bool elements(struct scan *s, json_element *element, void *argument)
{
	if (!take(s, '['))
		return false;
	if (take(s, ']'))
		return true;
	do {
		struct json_part one;

		skip_blanks(s);
		one.text = s->at;
		if (!value(s))
			return false;
		one.length = (size_t)(s->at - one.text);
		if (!element(one, argument))
			return false;
	} while (take(s, ','));
	return take(s, ']');
}

bool json_array(struct json_part text, json_element *element, void *argument)
{
	struct scan s = {.at = text.text, .end = text.text + text.length};
	bool is_whole = elements(&s, element, argument);

	free(s.open);
	return is_whole && s.at == s.end;
}

bool json_is(struct json_part part, const char *text)
{
	return part.length == strlen(text) && memcmp(part.text, text, part.length) == 0;
}

/* Copy a short part into a NUL-ended string, for functions of the C library. */
static bool copy(struct json_part value_part, char *buffer, size_t size)
{
	if (value_part.length >= size)
		return false;
	memcpy(buffer, value_part.text, value_part.length);
	buffer[value_part.length] = '\0';
	return true;
}

bool json_number(struct json_part part, uint64_t *out)
{
	*out = 0;
	if (part.length == 0 || part.length > 20)
		return false;
	for (size_t i = 0; i < part.length; i++) {
		unsigned digit = (unsigned)(part.text[i] - '0');

		if (digit > 9 || *out > (UINT64_MAX - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	return true;
}

bool json_seconds(struct json_part part, int64_t *ns)
{
	char text[40], *end;
	double seconds;

	if (!copy(part, text, sizeof(text)) || !*text)
		return false;
	seconds = strtod(text, &end);
	if (*end || !(seconds >= 0 && seconds < 1e9))
		return false;
	*ns = (int64_t)(seconds * 1e9);
	return true;
}

/* The digits after the point, as nanoseconds. */
static bool fraction(const char *text, int64_t *ns)
{
	int64_t unit = 100000000;

	for (; *text >= '0' && *text <= '9'; text++, unit /= 10)
		*ns += (*text - '0') * unit;
	return strcmp(text, "Z\"") == 0;
}

bool json_time(struct json_part part, int64_t *ns)
{
	struct tm tm = {0};
	char text[48];
	int end = 0;

	*ns = 0;
	if (json_is(part, "null"))
		return true;
	if (!copy(part, text, sizeof(text)) ||
	    sscanf(text, "\"%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (tm.tm_year < 70 || tm.tm_year > 350)
		return false;
	*ns = (int64_t)timegm(&tm) * 1000000000;
	return text[end] == '.' ? fraction(text + end + 1, ns) : strcmp(text + end, "Z\"") == 0;
}

static unsigned hex4(const char *text)
{
	char digits_only[5] = {text[0], text[1], text[2], text[3], '\0'};

	return (unsigned)strtoul(digits_only, NULL, 16);
}

static char *put_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 63));
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	}
	return to;
}

/* Decode what follows "\u"; a surrogate without its partner becomes U+FFFD. */
static const char *unicode(const char *at, const char *end, char **to)
{
	unsigned c = hex4(at), low;

	at += 4;
	if (c >= 0xd800 && c < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
		low = hex4(at + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			at += 6;
		}
	}
	if (c >= 0xd800 && c < 0xe000)
		c = 0xfffd;
	*to = put_utf8(*to, c);
	return at;
}

char *json_text(struct json_part part)
{
	static const char codes[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *at = part.text + 1, *end = part.text + part.length - 1;
	char *text, *to;

	if (part.length < 2 || part.text[0] != '"')
		return NULL;
	text = to = malloc(part.length);
	while (text && at < end) {
		if (*at != '\\') {
			*to++ = *at++;
		} else if (at[1] == 'u') {
			at = unicode(at + 2, end, &to);
		} else {
			*to++ = meant[strchr(codes, at[1]) - codes];
			at += 2;
		}
	}
	if (text)
		*to = '\0';
	return text;
}
