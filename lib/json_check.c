/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One pass over the text: each token is checked and copied.  What is written never gets ahead of
 * what was read, so room for length bytes is room enough, also for copying sixteen at a time.
 */
#include "json_check.h"

#include "bytes16.h"
#include "utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const unsigned char *in, *end;
	unsigned char *out;
	unsigned depth;
	uint64_t is_object[(HW__JSON_DEPTH + 63) / 64]; /* a bit a level; the rest are arrays */
};

static void skip_space(struct cursor *c)
{
	while (c->in < c->end &&
	       (*c->in == ' ' || *c->in == '\n' || *c->in == '\t' || *c->in == '\r'))
		c->in++;
}

/* The next byte that is not white space, or -1 at the end; it is not passed. */
static int peek(struct cursor *c)
{
	if (c->in == c->end)
		return -1;
	if (*c->in <= ' ')
		skip_space(c);
	return c->in < c->end ? *c->in : -1;
}

static void copy(struct cursor *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c->out[i] = c->in[i];
	c->in += n;
	c->out += n;
}

/* ---- strings ------------------------------------------------------------------------------- */

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Copy what needs no look: everything but quote, backslash, control characters and UTF-8. */
static void copy_plain(struct cursor *c)
{
	const unsigned char *in = c->in, *end = c->end;
	unsigned char *out = c->out;

#ifndef HEADWAY_SCALAR
	while ((size_t)(end - in) >= HW__WIDTH) {
		hw__bytes16 bytes = hw__load16(in);
		/* signed: UTF-8's bytes are below zero */
		uint64_t hits = hw__hits16((bytes < 0x20) | (bytes == '"') | (bytes == '\\'));
		unsigned n = hits ? hw__first16(hits) : HW__WIDTH;

		hw__store16(out, bytes);
		if (hits) {
			c->in = in + n;
			c->out = out + n;
			return;
		}
		in += HW__WIDTH;
		out += HW__WIDTH;
	}
#endif
	while (in < end && is_plain(*in))
		*out++ = *in++;
	c->in = in;
	c->out = out;
}

static bool is_hex(unsigned char byte)
{
	return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'f');
}

/* At a backslash.  A lone surrogate is right by the grammar, and Go takes it. */
static bool copy_escape(struct cursor *c)
{
	size_t left = (size_t)(c->end - c->in), n = 2;

	if (left < n)
		return false;
	if (c->in[1] == 'u') {
		n = 6;
		if (left < n || !is_hex(c->in[2]) || !is_hex(c->in[3]) || !is_hex(c->in[4]) ||
		    !is_hex(c->in[5]))
			return false;
	} else if (!c->in[1] || !strchr("\"\\/bfnrt", c->in[1])) {
		return false;
	}
	copy(c, n);
	return true;
}

static bool copy_utf8(struct cursor *c)
{
	while (c->in < c->end && *c->in >= 0x80) {
		unsigned n = hw__utf8_length(c->in, (size_t)(c->end - c->in));

		if (!n)
			return false;
		copy(c, n);
	}
	return true;
}

/* At an opening quote. */
static bool copy_string(struct cursor *c)
{
	copy(c, 1);
	for (;;) {
		copy_plain(c);
		if (c->in == c->end || *c->in < 0x20)
			return false;
		if (*c->in == '"')
			break;
		if (!(*c->in == '\\' ? copy_escape(c) : copy_utf8(c)))
			return false;
	}
	copy(c, 1);
	return true;
}

/* ---- numbers and words ------------------------------------------------------------------------ */

/* At least one digit. */
static bool copy_digits(struct cursor *c)
{
	const unsigned char *from = c->in;

	while (c->in < c->end && *c->in >= '0' && *c->in <= '9')
		*c->out++ = *c->in++;
	return c->in > from;
}

static bool at(const struct cursor *c, unsigned char byte)
{
	return c->in < c->end && *c->in == byte;
}

/* At a minus or a digit. */
static bool copy_number(struct cursor *c)
{
	if (at(c, '-'))
		copy(c, 1);
	if (at(c, '0'))
		copy(c, 1);
	else if (!copy_digits(c))
		return false;
	if (at(c, '.')) {
		copy(c, 1);
		if (!copy_digits(c))
			return false;
	}
	if (at(c, 'e') || at(c, 'E')) {
		copy(c, 1);
		if (at(c, '+') || at(c, '-'))
			copy(c, 1);
		if (!copy_digits(c))
			return false;
	}
	return true;
}

static bool copy_word(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->in) < n || memcmp(c->in, word, n))
		return false;
	copy(c, n);
	return true;
}

static bool copy_scalar(struct cursor *c, int first)
{
	switch (first) {
	case '"':
		return copy_string(c);
	case 't':
		return copy_word(c, "true");
	case 'f':
		return copy_word(c, "false");
	case 'n':
		return copy_word(c, "null");
	default:
		return (first == '-' || (first >= '0' && first <= '9')) && copy_number(c);
	}
}

/* ---- arrays and objects ----------------------------------------------------------------------- */

static bool in_object(const struct cursor *c)
{
	return c->is_object[(c->depth - 1) / 64] >> (c->depth - 1) % 64 & 1;
}

static bool enter(struct cursor *c, int first)
{
	uint64_t bit = UINT64_C(1) << c->depth % 64;

	if (c->depth == HW__JSON_DEPTH)
		return false;
	if (first == '{')
		c->is_object[c->depth / 64] |= bit;
	else
		c->is_object[c->depth / 64] &= ~bit;
	c->depth++;
	copy(c, 1);
	return true;
}

/* Leave the level we are in when this is its end. */
static bool leave(struct cursor *c, int next)
{
	if (next != (in_object(c) ? '}' : ']'))
		return false;
	c->depth--;
	copy(c, 1);
	return true;
}

/* "name": of an object's member; nothing of an array's element. */
static bool copy_member_name(struct cursor *c)
{
	if (!in_object(c))
		return true;
	if (peek(c) != '"' || !copy_string(c) || peek(c) != ':')
		return false;
	copy(c, 1);
	return true;
}

/*
 * After a value: leave the levels that end here, and step over a comma.  Returns false when neither
 * the whole text is over (depth 0) nor another value must follow.
 */
static bool copy_to_next(struct cursor *c)
{
	while (c->depth) {
		int next = peek(c);

		if (next == ',') {
			copy(c, 1);
			return copy_member_name(c);
		}
		if (!leave(c, next))
			return false;
	}
	return peek(c) < 0;
}

/* A value, or the beginning of one: then its first member's value comes next. */
static bool copy_value(struct cursor *c)
{
	int first = peek(c);

	if (first != '{' && first != '[')
		return copy_scalar(c, first) && copy_to_next(c);
	if (!enter(c, first))
		return false;
	if (leave(c, peek(c)))
		return copy_to_next(c);
	return copy_member_name(c);
}

int hw__json_check(const char *json, size_t length, char *out, size_t *out_length)
{
	struct cursor c;

	if (!json || !length)
		return -EINVAL;
	c.in = (const unsigned char *)json;
	c.end = c.in + length;
	c.out = (unsigned char *)out;
	c.depth = 0;
	do {
		if (!copy_value(&c))
			return -EINVAL;
	} while (c.depth);
	*out_length = (size_t)(c.out - (unsigned char *)out);
	return 0;
}
