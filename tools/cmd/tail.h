/* SPDX-License-Identifier: BSD-3-Clause */
/* The last lines of a command's messages, for the Error message of its record. */
#ifndef TOOLS_TAIL_H
#define TOOLS_TAIL_H

#include <stddef.h>

#define TAIL_LINES 5
#define TAIL_BYTES 400 /* of a line; the rest of a longer one is left out */

struct tail {
	char lines[TAIL_LINES + 1][TAIL_BYTES]; /* a ring; one of them is being written */
	size_t current, count;                  /* count: whole lines, at most TAIL_LINES */
	size_t length;                          /* of the current line */
	int state;                              /* of escape sequences */
	int has_returned;                       /* a carriage return came last */
	int is_drawn;                           /* the current line came after a carriage return */
};

/* Add output.  Escape sequences, empty lines, lines that were overwritten, and what programs display
 * of their progress are left out. */
void tail_add(struct tail *tail, const char *data, size_t length);

/* The last lines, joined by newlines; "" when there are none.  The caller frees it. */
char *tail_text(struct tail *tail);

#endif
