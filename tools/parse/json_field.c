/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse/json_field.h"

#include <string.h>

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* The end of the string that begins at a quote; NULL: it does not end. */
static const char *skip_string(const char *at)
{
	for (at++; *at; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && !*++at)
			return NULL;
	}
	return NULL;
}

/* The end of a value; NULL: it does not end. */
static const char *skip_value(const char *at)
{
	int depth = 0;

	do {
		if (*at == '"') {
			at = skip_string(at);
			if (!at)
				return NULL;
			continue;
		}
		if (!*at || (!depth && strchr(",}]", *at)))
			return *at ? at : NULL;
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		at++;
	} while (depth > 0 || !strchr(",}", *skip_blanks(at)));
	return at;
}

/* The value of a key in the object that begins at `at`; NULL: there is none. */
static const char *find_key(const char *at, const char *key, size_t length)
{
	at = skip_blanks(at);
	while (*at == '{' || *at == ',') {
		const char *name = skip_blanks(at + 1), *end;

		end = *name == '"' ? skip_string(name) : NULL;
		if (!end || *skip_blanks(end) != ':')
			return NULL;
		at = skip_blanks(skip_blanks(end) + 1);
		if ((size_t)(end - name) == length + 2 && !strncmp(name + 1, key, length))
			return at;
		at = skip_value(at);
		if (!at)
			return NULL;
		at = skip_blanks(at);
	}
	return NULL;
}

int json_field(const struct scan *line, const char *path, struct scan *value)
{
	const char *at = line->at;

	for (;;) {
		size_t length = strcspn(path, ".");

		at = find_key(at, path, length);
		if (!at)
			return 0;
		if (!path[length])
			break;
		path += length + 1;
	}
	*value = (struct scan){.at = at, .is_whole = line->is_whole};
	return 1;
}

int json_field_text(const struct scan *line, const char *path, char *text, size_t size)
{
	struct scan value;
	const char *end;
	size_t length;

	if (!json_field(line, path, &value) || *value.at != '"')
		return 0;
	end = skip_string(value.at);
	if (!end)
		return 0;
	length = (size_t)(end - value.at) - 2;
	if (length >= size)
		length = size - 1;
	memcpy(text, value.at + 1, length);
	text[length] = '\0';
	return 1;
}

int json_field_is(const struct scan *line, const char *path, const char *text)
{
	char found[64];

	return json_field_text(line, path, found, sizeof(found)) && !strcmp(found, text);
}
