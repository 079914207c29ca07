/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/tail.h"

#include "base/escape.h"
#include "base/say.h"
#include "parse/presets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_blank(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (line[i] != ' ' && line[i] != '\t')
			return 0;
	return 1;
}

static void end_line(struct tail *tail)
{
	char *line = tail->lines[tail->current];
	const char *message;

	line[tail->length] = '\0';
	message = presets_message(line, tail->is_drawn);
	if (!is_blank(message, strlen(message))) {
		memmove(line, message, strlen(message) + 1);
		tail->current = (tail->current + 1) % (TAIL_LINES + 1);
		tail->count += tail->count < TAIL_LINES;
	}
	tail->length = 0;
}

static void add_byte(struct tail *tail, char c)
{
	if (c == '\n') {
		tail->has_returned = 0;
		end_line(tail);
		tail->is_drawn = 0;
		return;
	}
	if (c == '\r') {
		tail->has_returned = 1;
		return;
	}
	if (tail->has_returned) { /* the line is overwritten */
		tail->length = 0;
		tail->is_drawn = 1;
	}
	tail->has_returned = 0;
	if (c && tail->length + 1 < TAIL_BYTES)
		tail->lines[tail->current][tail->length++] = c;
}

void tail_add(struct tail *tail, const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!escape_next(&tail->state, (unsigned char)data[i]))
			add_byte(tail, data[i]);
}

char *tail_text(struct tail *tail)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = say_memory(open_memstream(&text, &length));

	end_line(tail);
	for (size_t i = 0; i < tail->count; i++) {
		size_t place = tail->current + TAIL_LINES + 1 - tail->count + i;

		fprintf(out, "%s%s", i ? "\n" : "", tail->lines[place % (TAIL_LINES + 1)]);
	}
	if (fclose(out))
		say_memory(NULL);
	return text;
}
