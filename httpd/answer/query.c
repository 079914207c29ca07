/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/query.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <headway.h>
#include "base/text.h"

struct lookup {
	const char *name, *value;
};

static enum MHD_Result on_argument(void *cls, enum MHD_ValueKind kind, const char *key,
				   const char *value)
{
	struct lookup *lookup = cls;

	(void)kind;
	if (strcmp(key, lookup->name) != 0)
		return MHD_YES;
	lookup->value = value ? value : "";
	return MHD_NO;
}

const char *query_get(struct MHD_Connection *connection, const char *name)
{
	struct lookup lookup = {name, NULL};

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, on_argument, &lookup);
	return lookup.value;
}

const char *header_get(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

bool query_duration(const char *text, int64_t *ns)
{
	unsigned long long number;
	int64_t unit = SECOND_NS;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	number = strtoull(text, &end, 10);
	if (strcmp(end, "ms") == 0)
		unit = MILLISECOND_NS;
	else if (strcmp(end, "m") == 0)
		unit = 60 * SECOND_NS;
	else if (*end && strcmp(end, "s") != 0)
		return false;
	if (number > 1000000)
		number = 1000000; /* cut to --max-wait anyway */
	*ns = (int64_t)number * unit;
	return true;
}

bool header_wait(struct MHD_Connection *connection, int64_t *ns)
{
	const char *prefer = header_get(connection, "Prefer");
	char digits[16];
	size_t length;

	while (prefer && *prefer) {
		prefer += strspn(prefer, " \t,;");
		if (strncasecmp(prefer, "wait=", 5) == 0) {
			prefer += 5;
			length = strspn(prefer, "0123456789");
			if (length == 0 || length >= sizeof(digits))
				return false;
			memcpy(digits, prefer, length);
			digits[length] = '\0';
			return query_duration(digits, ns);
		}
		prefer += strcspn(prefer, ",;");
	}
	return false;
}

/* "; q=0", "; q=0.0": spelled out as not wanted. */
static bool is_refused(const char *parameters, size_t length)
{
	for (size_t i = 0; i + 1 < length; i++) {
		if ((parameters[i] != 'q' && parameters[i] != 'Q') || parameters[i + 1] != '=')
			continue;
		for (i += 2; i < length && strchr("0. \t", parameters[i]); i++)
			;
		return i == length;
	}
	return false;
}

bool header_accepts(const char *list, const char *wanted)
{
	size_t wanted_length = strlen(wanted);

	while (list && *list) {
		size_t item, name;

		list += strspn(list, " \t,");
		item = strcspn(list, ",");
		name = strcspn(list, ",; \t");
		if (name == wanted_length && strncasecmp(list, wanted, name) == 0)
			return !is_refused(list + name, item - name);
		list += item;
	}
	return false;
}

unsigned query_statuses(const char *text)
{
	static const char *const names[] = {"Running", "Finished", "Error"};
	unsigned bits = 0;

	while (*text) {
		size_t length = strcspn(text, ",");
		unsigned bit = 0;

		for (int i = 0; i < 3; i++) {
			if (strlen(names[i]) == length && strncasecmp(text, names[i], length) == 0)
				bit = 1u << (HEADWAY_RUNNING + i);
		}
		if (!bit)
			return 0;
		bits |= bit;
		text += length;
		text += *text == ',';
	}
	return bits;
}

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

/* p is behind '['.  Returns what is behind ']', or NULL when there is none: then '[' is a letter. */
static const char *match_set(const char *p, const char *text, bool *matches)
{
	bool inverted = *p == '!' || *p == '^', found = false, first = true;

	p += inverted;
	for (; *p != ']' || first; first = false) {
		const char *low = p, *high = p;

		if (!*p)
			return NULL;
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

/* Does one character match?  *p moves behind what it was compared with. */
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

/* Only the last star needs to be tried again: no exponential patterns. */
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
