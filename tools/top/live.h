/* SPDX-License-Identifier: BSD-3-Clause */
/* State of the live view: the records, the cursor, and what the user chose. */
#ifndef TOOLS_LIVE_H
#define TOOLS_LIVE_H

#include "top/layout.h"
#include "top/tree.h"

enum live_view { LIVE_LIST, LIVE_DETAIL, LIVE_HELP };

struct live {
	struct headway_arena *arena; /* NULL: there is none yet */
	const char *arena_name;
	const char *url; /* of a server, instead of an arena */
	struct watch watch;
	struct tree tree;
	int64_t interval_ms;
	int trouble; /* error of the last refresh; 0: none */

	enum live_view view;
	size_t lines;    /* of the screen, for records or text */
	size_t scroll;   /* of detail and help: first line that is shown */
	size_t text_end; /* lines of detail or help */

	struct headway_id chosen; /* record under the cursor: the cursor moves with it */
	int has_chosen;
	size_t cursor, top; /* rows of the tree: under the cursor, first on the screen */
	char filter[128];
	int is_typing; /* the keyboard edits the filter */
	int is_search; /* the filter was edited: the cursor is to go to what it finds */
	struct headway_id followed;

	/* Layout of the last drawing, for the mouse. */
	struct layout layout;
	struct layout_needs needs;
	int first_y, next_y;   /* lines of records */
	size_t line_rows[512]; /* the row on each of them */
};

/* Reads all records again; while there is no arena, tries to open it. Returns 0 or a negative
 * errno, which is also stored in trouble. */
int live_refresh(struct live *live);

/* Where the records are, for messages: the arena's name or the URL. */
const char *live_label(const struct live *live);

/* What the error of the last refresh means, and whether it may pass by itself. */
const char *live_trouble(const struct live *live);
int live_may_pass(const struct live *live);

/* Call fn with one record.  Returns a negative errno when it cannot be read: -ENOENT, -ESTALE: it
 * is gone. */
int live_read(const struct live *live, const struct headway_id *id,
	      void (*fn)(const struct headway_snapshot *, void *), void *argument);

/* Put the cursor on the chosen record, or close to its old row, and scroll it into view. */
void live_settle(struct live *live);

/* The record under the cursor; NULL: there is none. */
struct watched *live_chosen(const struct live *live);

void live_move_to(struct live *live, size_t row);
void live_move_by(struct live *live, long rows);

/* Move to the next record in Error (step 1) or the previous one (-1), unfolding its parents. */
void live_next_error(struct live *live, int step);

/* Sort by a key: numbers the biggest first, and the other way round when it is the key already. */
void live_sort_by(struct live *live, enum order_key key);

/* Scroll detail or help. */
void live_scroll_by(struct live *live, long lines);

#endif
