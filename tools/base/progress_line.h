/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of progress on standard error, like pv's, in a row of its own when other commands draw theirs
 * on the same terminal. */
#ifndef TOOLS_PROGRESS_LINE_H
#define TOOLS_PROGRESS_LINE_H

#include "base/terminal_progress.h"
#include "base/terminal_rows.h"

#include <headway.h>
#include <stdint.h>

#define PROGRESS_LINE_MS 250 /* between two updates */

struct progress_line {
	int is_on;   /* 0: there is no terminal to draw on; all calls do nothing */
	int is_open; /* between progress_line_open() and progress_line_close() */
	const char *name, *unit;
	struct terminal_progress terminal;
	struct terminal_rows rows;
	int64_t started_ns, drawn_ns; /* monotonic */
	int room;                     /* columns that the line was drawn for; 0: not yet */
	double foreseen;              /* seconds left from drawn_ns on; below 0: no forecast */
};

/* Start when standard error is a terminal that can move the cursor. */
void progress_line_start(struct progress_line *line, const char *name, const char *unit);

/* The time left is that of the record, if it has a forecast. */
void progress_line_foresee(struct progress_line *line, const struct headway_snapshot *snapshot);

/* Draw the line, unless it was drawn less than PROGRESS_LINE_MS ago or the program is in the
 * background.  total 0: unknown. */
void progress_line_draw(struct progress_line *line, uint64_t done, uint64_t total);

/* Before and after other output to the terminal, which appears above all lines. text is what is written
 * between the two calls; length 0: unknown. ends_line: it ends with a newline. Returns 1 if a line
 * that it did not end was ended, so that it is not drawn over. */
void progress_line_open(struct progress_line *line, const char *text, size_t length);
int progress_line_close(struct progress_line *line, int ends_line);

/* Draw the line a last time and leave it on the screen. */
void progress_line_finish(struct progress_line *line, uint64_t done, uint64_t total);

#endif
