/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/json.h"

#include "base/json_check.h"
#include "base/record.h"
#include "base/say.h"
#include "base/term.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void json_string(FILE *out, const char *text)
{
	char *quoted = NULL;
	size_t length = 0;
	FILE *memory = say_memory(open_memstream(&quoted, &length));

	fputc('"', memory);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(memory, "\\%c", c);
		else if (c < 0x20)
			fprintf(memory, "\\u%04x", c);
		else
			fputc(c, memory);
	}
	fputc('"', memory);
	if (!fclose(memory))
		term_json(out, quoted, length);
	free(quoted);
}

/* Read all of standard input; more bytes than the arena has cannot be stored in it. */
static int read_input(size_t most, char **text, size_t *length)
{
	size_t room = 0;

	*text = NULL;
	*length = 0;
	for (;;) {
		ssize_t got;

		if (*length == room) {
			room = room ? 2 * room : 65536;
			*text = say_memory(realloc(*text, room));
		}
		got = read(STDIN_FILENO, *text + *length, room - *length);
		if (got < 0 && errno != EINTR)
			return say_failed("cannot read standard input: %s", strerror(errno));
		if (got == 0)
			return EXIT_OK;
		*length += got > 0 ? (size_t)got : 0;
		if (*length > most)
			return say_failed(
				"the results on standard input are longer than the arena");
	}
}

int json_argument(struct headway_arena *arena, const char *text, const char **json, size_t *length,
		  char **own)
{
	struct headway_info info = {.size = sizeof(info)};
	int code;

	*own = NULL;
	if (text && strcmp(text, "-")) {
		*json = text;
		*length = strlen(text);
		return EXIT_OK;
	}
	if (headway_info(arena, &info))
		info.bytes = 1 << 30;
	code = read_input((size_t)info.bytes, own, length);
	*json = *own;
	return code;
}

int json_result(struct headway_record *record, const struct headway_id *id, const char *json,
		size_t length, int error)
{
	struct json_error where;

	if (error != -EINVAL)
		return record_result(record, id, error);
	if (!json_find_error(json, length, &where))
		return say_failed(
			"the results are not one JSON value in UTF-8: nothing was changed");
	if (where.offset == length)
		return say_failed("the results are not one JSON value: they end where %s is "
				  "expected (line %zu, column %zu): nothing was changed",
				  where.expected, where.line, where.column);
	return say_failed("the results are not one JSON value: %s is expected at line %zu, column "
			  "%zu, before '%.*s': nothing was changed",
			  where.expected, where.line, where.column,
			  (int)(length - where.offset < 16 ? length - where.offset : 16),
			  json + where.offset);
}
