/* SPDX-License-Identifier: BSD-3-Clause */
/* One pass over the text. A scan_ function gets the beginning of a token and returns its end, or
 * NULL if it is invalid. Tokens are not changed, so the text between two runs of white space is
 * copied in one piece, at the second. */
#include "json/json_check.h"

#include "json/bytes16.h"
#include "json/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef const unsigned char *place;

struct checker {
	place end;
	place from; /* not yet copied from here on */
	unsigned char *out;
	unsigned depth;
	/* a bit for each level; the others are arrays */
	uint64_t is_object[(HW__JSON_DEPTH + 63) / 64];
};

static int byte_at(place in, place end)
{
	return in < end ? *in : -1;
}

/* ---- strings --------------------------------------------------------------------------------- */

static bool needs_a_look(unsigned char byte)
{
	return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\';
}

/* Skips to the next quote, backslash, control character or non-ASCII byte, or to the end. */
static place skip_plain(place in, place end)
{
#ifndef HEADWAY_SCALAR
	for (; end - in >= HW__WIDTH; in += HW__WIDTH) {
		hw__bytes16 bytes = hw__load16(in);
		/* signed: bytes of UTF-8 sequences are negative */
		uint64_t hits = hw__hits16((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));

		if (hits)
			return in + hw__first16(hits);
	}
#endif
	while (in < end && !needs_a_look(*in))
		in++;
	return in;
}

static bool is_hex(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'f');
}

/* In: at a backslash. An unpaired surrogate is valid by the grammar, and Go accepts it. */
static place scan_escape(place in, place end)
{
	switch (byte_at(in + 1, end)) {
	case 'u':
		if (end - in < 6 || !is_hex(in[2]) || !is_hex(in[3]) || !is_hex(in[4]) ||
		    !is_hex(in[5]))
			return NULL;
		return in + 6;
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return in + 2;
	default:
		return NULL;
	}
}

/* In: at a non-ASCII byte. Skips to the next ASCII byte. */
static place scan_utf8(place in, place end)
{
	do {
		unsigned n = hw__utf8_length(in, (size_t)(end - in));

		if (!n)
			return NULL;
		in += n;
	} while (in < end && *in >= 0x80);
	return in;
}

/* In: at an opening quote. */
static place scan_string(place in, place end)
{
	in++;
	for (;;) {
		in = skip_plain(in, end);
		if (in == end || *in < 0x20)
			return NULL;
		if (*in == '"')
			return in + 1;
		in = *in == '\\' ? scan_escape(in, end) : scan_utf8(in, end);
		if (!in)
			return NULL;
	}
}

/* ---- numbers and words ----------------------------------------------------------------------- */

static bool is_digit(int byte)
{
	return byte >= '0' && byte <= '9';
}

/* One or more digits. */
static place scan_digits(place in, place end)
{
	if (!is_digit(byte_at(in, end)))
		return NULL;
	do
		in++;
	while (is_digit(byte_at(in, end)));
	return in;
}

/* In: at a minus or a digit. */
static place scan_number(place in, place end)
{
	int byte;

	if (*in == '-')
		in++;
	in = byte_at(in, end) == '0' ? in + 1 : scan_digits(in, end);
	if (in && byte_at(in, end) == '.')
		in = scan_digits(in + 1, end);
	if (in && (byte_at(in, end) | 32) == 'e') {
		byte = byte_at(++in, end);
		in = scan_digits(byte == '+' || byte == '-' ? in + 1 : in, end);
	}
	return in;
}

static place scan_word(place in, place end, const char *word, size_t length)
{
	if ((size_t)(end - in) < length || memcmp(in, word, length))
		return NULL;
	return in + length;
}

static place scan_scalar(place in, place end)
{
	int first = byte_at(in, end);

	switch (first) {
	case '"':
		return scan_string(in, end);
	case 't':
		return scan_word(in, end, "true", 4);
	case 'f':
		return scan_word(in, end, "false", 5);
	case 'n':
		return scan_word(in, end, "null", 4);
	default:
		return first == '-' || is_digit(first) ? scan_number(in, end) : NULL;
	}
}

/* ---- white space ----------------------------------------------------------------------------- */

/* Copies what was not copied yet. The output is never longer than the input read so far, so it
 * fits. */
static void copy_until(struct checker *c, place in)
{
	size_t n = (size_t)(in - c->from);

#ifndef HEADWAY_SCALAR
	if (n <= HW__WIDTH && c->end - c->from >= HW__WIDTH)
		hw__store16(c->out, hw__load16(c->from));
	else
#endif
		memcpy(c->out, c->from, n);
	c->out += n;
}

static bool is_space(int byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

static place skip_space(struct checker *c, place in)
{
	if (in == c->end || *in > ' ')
		return in;
	copy_until(c, in);
	while (is_space(byte_at(in, c->end)))
		in++;
	c->from = in;
	return in;
}

/* ---- arrays and objects ---------------------------------------------------------------------- */

static bool in_object(const struct checker *c)
{
	return c->is_object[(c->depth - 1) / 64] >> (c->depth - 1) % 64 & 1;
}

static place enter(struct checker *c, place in)
{
	uint64_t bit = UINT64_C(1) << c->depth % 64, *word = &c->is_object[c->depth / 64];

	if (c->depth == HW__JSON_DEPTH)
		return NULL;
	c->depth++;
	*word = *in == '{' ? *word | bit : *word & ~bit;
	return in + 1;
}

/* Leaves the present level if this is its end. */
static bool leave(struct checker *c, place in)
{
	if (byte_at(in, c->end) != (in_object(c) ? '}' : ']'))
		return false;
	c->depth--;
	return true;
}

/* A member of an object begins with a name and a colon; an element of an array does not. */
static place scan_name(struct checker *c, place in)
{
	if (!in_object(c))
		return in;
	in = skip_space(c, in);
	if (byte_at(in, c->end) != '"')
		return NULL;
	in = scan_string(in, c->end);
	if (!in)
		return NULL;
	in = skip_space(c, in);
	return byte_at(in, c->end) == ':' ? in + 1 : NULL;
}

/* After a value: leaves the levels that end here. Then expects a comma, and moves to the next
 * value; at depth 0, the end. */
static place scan_to_next(struct checker *c, place in)
{
	for (;;) {
		in = skip_space(c, in);
		if (!c->depth)
			return in == c->end ? in : NULL;
		if (byte_at(in, c->end) == ',')
			return scan_name(c, in + 1);
		if (!leave(c, in))
			return NULL;
		in++;
	}
}

/* Scans a value, or only the beginning of an array or object, and moves to the next value. */
static place scan_value(struct checker *c, place in)
{
	in = skip_space(c, in);
	if (byte_at(in, c->end) != '{' && byte_at(in, c->end) != '[') {
		in = scan_scalar(in, c->end);
		return in ? scan_to_next(c, in) : NULL;
	}
	in = enter(c, in);
	if (!in)
		return NULL;
	in = skip_space(c, in);
	return leave(c, in) ? scan_to_next(c, in + 1) : scan_name(c, in);
}

int hw__json_check(const char *json, size_t length, char *out, size_t *out_length)
{
	place in = (place)json;
	struct checker c;

	if (!json)
		return -EINVAL;
	c.end = in + length;
	c.from = in;
	c.out = (unsigned char *)out;
	c.depth = 0;
	do {
		in = scan_value(&c, in);
		if (!in)
			return -EINVAL;
	} while (c.depth);
	copy_until(&c, in);
	*out_length = (size_t)(c.out - (unsigned char *)out);
	return 0;
}
