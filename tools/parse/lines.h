/* SPDX-License-Identifier: BSD-3-Clause */
/* Output, a line at a time, without escape sequences. */
#ifndef TOOLS_LINES_H
#define TOOLS_LINES_H

#include <stddef.h>

#define LINES_BYTES 16384 /* of a line that are kept; the rest of a longer one is left out */

struct lines {
	char text[LINES_BYTES];
	size_t length;
	int escape;
};

/* Called for a line that has ended, and with is_whole 0 for one that may grow. */
typedef void lines_fn(const char *line, int is_whole, void *argument);

/* Add output.  A carriage return or a backspace also ends a line, since it is then overwritten.  length
 * 0: the end of the output, and of its last line. */
void lines_add(struct lines *lines, const char *data, size_t length, lines_fn *fn, void *argument);

#endif
