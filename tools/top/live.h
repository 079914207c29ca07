/* SPDX-License-Identifier: BSD-3-Clause */
/* State of the live view: the records, the cursor, and what the user chose. */
#ifndef TOOLS_LIVE_H
#define TOOLS_LIVE_H

#include "top/tree.h"

struct live {
	struct headway_arena *arena;
	const char *arena_name;
	struct watch watch;
	struct tree tree;
	int64_t interval_ms;
	int trouble;  /* error of the last refresh; 0: none */
	size_t lines; /* lines of the screen for records */

	struct headway_id chosen; /* record under the cursor: the cursor moves with it */
	int has_chosen;
	size_t cursor, top; /* rows of the tree: under the cursor, first on the screen */
	char filter[128];
	int is_typing; /* the keyboard edits the filter */
	struct headway_id followed;
	int shows_help;
};

/* Put the cursor on the chosen record, or close to its old row, and scroll it into view. */
void live_settle(struct live *live);

#endif
