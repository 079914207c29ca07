/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of a line about a watched record, as text. */
#ifndef TOOLS_LINE_H
#define TOOLS_LINE_H

#include "base/watch.h"

#include <stddef.h>

#define LINE_TEXT 256 /* size of the buffers below */

/* A bar of that many columns, of blocks in UTF-8, else of # and -.  fraction below 0: unknown. */
char *line_bar(double fraction, int columns, char text[LINE_TEXT]);

char *line_percent(double fraction, char text[LINE_TEXT]);           /* "58%", "-" */
char *line_amount(const struct watched *item, char text[LINE_TEXT]); /* "1.2 GiB/2.0 GiB" */
char *line_rate(const struct watched *item, char text[LINE_TEXT]);   /* "12.5 MiB/s", "-" */
char *line_eta(const struct watched *item, const struct watch *watch,
	       char text[LINE_TEXT]); /* "2m05s", "-" */
char *line_elapsed(const struct watched *item, int64_t wall_ns, char text[LINE_TEXT]);

/* "Running", "stalled 40s", "Finished", "Error", "lost". */
char *line_status(const struct watched *item, const struct watch *watch, char text[LINE_TEXT]);

#endif
