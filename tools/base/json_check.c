/* SPDX-License-Identifier: BSD-3-Clause */
/* The library only reports that results are not one JSON value. This finds the position, for the
 * message; the library's decision counts. */
#include "base/json_check.h"

#include "base/say.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_AT_MOST 10000 /* as in the library */

struct parser {
	const unsigned char *at, *end;
	const char *expected; /* set with the error */
	char *levels;         /* '{' or '[' for each open level */
	size_t depth;
};

static int failed(struct parser *p, const char *expected)
{
	p->expected = expected;
	return -1;
}

static int peek(const struct parser *p)
{
	return p->at < p->end ? *p->at : -1;
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end && strchr(" \t\r\n", *p->at) && *p->at)
		p->at++;
}

static int is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int is_hex(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int parse_escape(struct parser *p)
{
	p->at++;
	if (peek(p) < 1 || !strchr("\"\\/bfnrtu", peek(p)))
		return failed(p, "an escape like \\n or \\u00e9");
	if (*p->at++ != 'u')
		return 0;
	for (int i = 0; i < 4; i++, p->at++)
		if (!is_hex(peek(p)))
			return failed(p, "four hexadecimal digits");
	return 0;
}

/* At the first byte of a UTF-8 sequence; the error is at the first byte that is wrong. */
static int parse_utf8(struct parser *p)
{
	unsigned char first = *p->at++;
	int more = first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
	int low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	int high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	if (more < 0) {
		p->at--;
		return failed(p, "valid UTF-8");
	}
	for (; more > 0; more--, p->at++, low = 0x80, high = 0xbf)
		if (peek(p) < low || peek(p) > high)
			return failed(p, "valid UTF-8");
	return 0;
}

static int parse_string(struct parser *p)
{
	p->at++;
	for (;;) {
		int c = peek(p), error = 0;

		if (c == '"') {
			p->at++;
			return 0;
		}
		if (c < 0)
			return failed(p, "the closing '\"' of a string");
		if (c < 0x20)
			return failed(p, "no control character in a string");
		if (c == '\\')
			error = parse_escape(p);
		else if (c >= 0x80)
			error = parse_utf8(p);
		else
			p->at++;
		if (error)
			return error;
	}
}

static int parse_digits(struct parser *p)
{
	if (!is_digit(peek(p)))
		return failed(p, "a digit");
	while (is_digit(peek(p)))
		p->at++;
	return 0;
}

static int parse_number(struct parser *p)
{
	int error = 0;

	if (peek(p) == '-')
		p->at++;
	if (peek(p) == '0')
		p->at++;
	else
		error = parse_digits(p);
	if (!error && peek(p) == '.') {
		p->at++;
		error = parse_digits(p);
	}
	if (!error && (peek(p) == 'e' || peek(p) == 'E')) {
		p->at++;
		if (peek(p) == '+' || peek(p) == '-')
			p->at++;
		error = parse_digits(p);
	}
	return error;
}

static int parse_word(struct parser *p)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *word = words[i];

		if (*word != peek(p))
			continue;
		for (; *word; word++, p->at++)
			if (peek(p) != *word)
				return failed(p, words[i]);
		return 0;
	}
	return failed(p, "a JSON value");
}

static int open_level(struct parser *p)
{
	if (p->depth == DEPTH_AT_MOST)
		return failed(p, "at most 10000 levels");
	p->levels[p->depth++] = (char)*p->at++;
	return 0;
}

static int is_in_object(const struct parser *p)
{
	return p->depth && p->levels[p->depth - 1] == '{';
}

/* In an object: the name and the colon before a value. */
static int parse_name(struct parser *p)
{
	skip_space(p);
	if (peek(p) != '"')
		return failed(p, "a member name in '\"'");
	if (parse_string(p))
		return -1;
	skip_space(p);
	if (peek(p) != ':')
		return failed(p, "':'");
	p->at++;
	return 0;
}

/* After a value: close levels; then a comma and what comes before the next value.  Returns 1 at the
 * end of the outermost value. */
static int parse_after(struct parser *p)
{
	for (;;) {
		skip_space(p);
		if (!p->depth)
			return p->at == p->end ? 1 : failed(p, "nothing after the value");
		if (peek(p) == ',') {
			p->at++;
			return is_in_object(p) ? parse_name(p) : 0;
		}
		if (peek(p) != (is_in_object(p) ? '}' : ']'))
			return failed(p, is_in_object(p) ? "',' or '}'" : "',' or ']'");
		p->at++;
		p->depth--;
	}
}

/* A value up to the next one; of an array or object, its beginning. */
static int parse_value(struct parser *p)
{
	int c, error;

	skip_space(p);
	c = peek(p);
	if (c != '{' && c != '[') {
		error = c == '"'                  ? parse_string(p)
			: c == '-' || is_digit(c) ? parse_number(p)
						  : parse_word(p);
		return error ? error : parse_after(p);
	}
	if (open_level(p))
		return -1;
	skip_space(p);
	if (peek(p) == c + 2) { /* '}' and ']' come two after '{' and '[' in ASCII */
		p->at++;
		p->depth--;
		return parse_after(p);
	}
	return is_in_object(p) ? parse_name(p) : 0;
}

int json_find_error(const char *json, size_t length, struct json_error *error)
{
	const unsigned char *start = (const unsigned char *)json;
	struct parser p = {.at = start, .end = start + length};
	int result;

	p.levels = say_memory(malloc(DEPTH_AT_MOST));
	do
		result = parse_value(&p);
	while (!result);
	free(p.levels);
	error->offset = (size_t)(p.at - start);
	error->expected = p.expected;
	error->line = error->column = 1;
	for (const unsigned char *c = start; c < p.at; c++) {
		error->column = *c == '\n' ? 1 : error->column + 1;
		error->line += *c == '\n';
	}
	return result < 0;
}
