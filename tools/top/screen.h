/* SPDX-License-Identifier: BSD-3-Clause */
/* The live view of headway top. */
#ifndef TOOLS_SCREEN_H
#define TOOLS_SCREEN_H

#include "top/tree.h"

struct screen {
	struct headway_arena *arena;
	const char *arena_name;
	struct watch watch;
	struct tree tree;
	int64_t interval_ms;

	struct headway_id chosen; /* the record under the cursor, wherever it moves */
	int has_chosen;
	size_t cursor, top; /* rows: under the cursor, first on the screen */
	char filter[128];
	int is_typing; /* the filter is being typed */
	struct headway_id followed;
	int shows_help, trouble; /* trouble: what the last look failed with */
};

/* Show it until the user quits.  Returns an exit code; -1 when the terminal cannot show it. */
int screen_run(struct screen *screen);

/* paint.c: the whole screen, as it is now. */
void screen_paint(struct screen *screen);

/* keys.c: what a key does.  Returns 1 to quit. */
int screen_key(struct screen *screen, int key);

/* Put the cursor on the chosen record, or near where it was, and keep it on the screen. */
void screen_settle(struct screen *screen, size_t lines);

/* Rows of the screen for records. */
size_t screen_lines(void);

#endif
