/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of a line about a watched record, as text. */
#ifndef TOOLS_LINE_H
#define TOOLS_LINE_H

#include "base/meter.h"
#include "base/term.h"
#include "base/watch.h"

#define LINE_TEXT METER_TEXT /* size of the buffers below */

/* "1.2 GiB/2.0 GiB"; only what is done when that is wider than columns. */
char *line_amount(const struct watched *item, int columns, char text[LINE_TEXT]);

/* "2m05s"; "-" if it is unknown, or the record is stalled. */
char *line_eta(const struct watched *item, const struct watch *watch, char text[LINE_TEXT]);
char *line_elapsed(const struct watched *item, int64_t wall_ns, char text[LINE_TEXT]);

/* The rate of the last refreshes, the newest on the right, in that many columns. */
char *line_spark(const struct watched *item, int columns, char text[LINE_TEXT]);

/* "Running", "cancelling", "stalled 40s", "Finished", "Error", "lost". */
char *line_status(const struct watched *item, const struct watch *watch, char text[LINE_TEXT]);
enum term_colour line_status_colour(const struct watched *item, const struct watch *watch);

/* The numbers of failed and of running descendants of a parent: "1✕", "7▶"; "" if there are
 * none. */
char *line_failed_below(const struct watched *item, char text[LINE_TEXT]);
char *line_running_below(const struct watched *item, char text[LINE_TEXT]);

#endif
