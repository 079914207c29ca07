/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of a line about a watched record, as text. */
#ifndef TOOLS_LINE_H
#define TOOLS_LINE_H

#include "base/meter.h"
#include "base/watch.h"

#include <stddef.h>

#define LINE_TEXT METER_TEXT /* size of the buffers below */

char *line_eta(const struct watched *item, const struct watch *watch,
	       char text[LINE_TEXT]); /* "2m05s", "-" */
char *line_elapsed(const struct watched *item, int64_t wall_ns, char text[LINE_TEXT]);

/* "Running", "stalled 40s", "Finished", "Error", "lost". */
char *line_status(const struct watched *item, const struct watch *watch, char text[LINE_TEXT]);

#endif
