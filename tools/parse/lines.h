/* SPDX-License-Identifier: BSD-3-Clause */
/* Splits output into lines and removes escape sequences. */
#ifndef TOOLS_LINES_H
#define TOOLS_LINES_H

#include <stddef.h>

#define LINES_BYTES 16384 /* the rest of a longer line is ignored */

struct lines {
	char text[LINES_BYTES];
	size_t length;
	int escape;
};

/* Called for a line that has ended, and with is_whole 0 for one whose end has not arrived. */
typedef void lines_fn(const char *line, int is_whole, void *argument);

/* Add output.  A carriage return or a backspace also ends a line, since programs then overwrite it.
 * length 0: the output has ended, and so has its last line. */
void lines_add(struct lines *lines, const char *data, size_t length, lines_fn *fn, void *argument);

#endif
