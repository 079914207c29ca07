/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of progress on standard error, like pv's, for commands whose own output does not disturb
 * it. */
#ifndef TOOLS_PROGRESS_LINE_H
#define TOOLS_PROGRESS_LINE_H

#include "base/terminal_progress.h"

#include <headway.h>
#include <stdint.h>

#define PROGRESS_LINE_MS 250 /* between two updates */

struct progress_line {
	int is_on;    /* 0: there is no terminal to draw on; all calls do nothing */
	int is_drawn; /* the line is on the screen */
	const char *name, *unit;
	struct terminal_progress terminal;
	int64_t started_ns, drawn_ns; /* monotonic */
	double foreseen;              /* seconds left from drawn_ns on; below 0: no forecast */
};

/* Start when standard error is a terminal that can move the cursor. */
void progress_line_start(struct progress_line *line, const char *name, const char *unit);

/* The time left is that of the record, if it has a forecast. */
void progress_line_foresee(struct progress_line *line, const struct headway_snapshot *snapshot);

/* Draw the line, unless it was drawn less than PROGRESS_LINE_MS ago or the program is in the
 * background.  total 0: unknown. */
void progress_line_draw(struct progress_line *line, uint64_t done, uint64_t total);

/* Remove the line before other output; the next draw brings it back. */
void progress_line_erase(struct progress_line *line);

/* Draw the line a last time and leave it on the screen. */
void progress_line_finish(struct progress_line *line, uint64_t done, uint64_t total);

#endif
