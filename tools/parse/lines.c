/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse/lines.h"

#include "base/escape.h"

static void end_line(struct lines *lines, lines_fn *fn, void *argument)
{
	lines->text[lines->length] = '\0';
	if (lines->length)
		fn(lines->text, 1, argument);
	lines->length = 0;
}

void lines_add(struct lines *lines, const char *data, size_t length, lines_fn *fn, void *argument)
{
	for (size_t i = 0; i < length; i++) {
		char c = data[i];

		if (escape_next(&lines->escape, (unsigned char)c))
			continue;
		if (c == '\n' || c == '\r' || c == '\b')
			end_line(lines, fn, argument);
		else if (c && lines->length + 1 < sizeof(lines->text))
			lines->text[lines->length++] = c;
	}
	if (!length) {
		end_line(lines, fn, argument);
	} else if (lines->length) {
		lines->text[lines->length] = '\0';
		fn(lines->text, 0, argument);
	}
}
