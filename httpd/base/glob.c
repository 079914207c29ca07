/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/glob.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/utf8.h"

static const char *after(const char *s)
{
	unsigned length = utf8_length(s);

	return s + (length ? length : 1);
}

static int compare_character(const char *a, const char *b)
{
	size_t a_length = (size_t)(after(a) - a), b_length = (size_t)(after(b) - b);
	int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

	return order ? order : (int)a_length - (int)b_length;
}

static const struct {
	const char *name; /* as in [[:alpha:]] */
	int (*contains)(int);
} classes[] = {
	{"[:alnum:]", isalnum}, {"[:alpha:]", isalpha}, {"[:blank:]", isblank},
	{"[:cntrl:]", iscntrl}, {"[:digit:]", isdigit}, {"[:graph:]", isgraph},
	{"[:lower:]", islower}, {"[:print:]", isprint}, {"[:punct:]", ispunct},
	{"[:space:]", isspace}, {"[:upper:]", isupper}, {"[:xdigit:]", isxdigit},
};

/* If p begins with the name of a class: its length, and whether the character is an ASCII one of it.
 * Else 0. */
static size_t match_class(const char *p, const char *text, bool *matches)
{
	unsigned char c = (unsigned char)*text;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t length = strlen(classes[i].name);

		if (strncmp(p, classes[i].name, length) != 0)
			continue;
		*matches = c < 0x80 && classes[i].contains(c);
		return length;
	}
	return 0;
}

/* p is after '['. Returns the position after ']', or NULL if there is none: then '[' is an ordinary
 * character. */
static const char *match_set(const char *p, const char *text, bool *matches)
{
	bool inverted = *p == '!' || *p == '^', found = false, first = true;

	p += inverted;
	for (; *p != ']' || first; first = false) {
		const char *low = p, *high = p;
		bool is_in_class = false;
		size_t length = match_class(p, text, &is_in_class);

		if (!*p)
			return NULL;
		if (length) {
			p += length;
			found |= is_in_class;
			continue;
		}
		p = after(p);
		if (*p == '-' && p[1] && p[1] != ']') {
			high = p + 1;
			p = after(high);
		}
		if (compare_character(low, text) <= 0 && compare_character(text, high) <= 0)
			found = true;
	}
	*matches = found != inverted;
	return p + 1;
}

/* True if one character matches. Moves *p after the matched part of the pattern. */
static bool match_one(const char **p, const char *text)
{
	const char *behind;
	bool matches = false;

	if (**p == '?') {
		++*p;
		return true;
	}
	if (**p == '[') {
		behind = match_set(*p + 1, text, &matches);
		if (behind) {
			*p = behind;
			return matches;
		}
	}
	if (**p == '\\' && (*p)[1])
		++*p;
	matches = **p && compare_character(*p, text) == 0;
	*p = **p ? after(*p) : *p;
	return matches;
}

/* On a mismatch only the last star is tried again, so no pattern takes exponential time. */
bool glob_match(const char *p, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*p == '*') {
			star = ++p;
			from = text;
			continue;
		}
		if (match_one(&p, text)) {
			text = after(text);
			continue;
		}
		if (!star)
			return false;
		p = star;
		text = from = after(from);
	}
	return p[strspn(p, "*")] == '\0';
}
