/* SPDX-License-Identifier: BSD-3-Clause */
/* The columns of the live view: which of them fit, and how wide each is. */
#ifndef TOOLS_LAYOUT_H
#define TOOLS_LAYOUT_H

#include "base/order.h"

/* From the left. */
enum layout_column {
	COLUMN_NAME,
	COLUMN_BAR,
	COLUMN_PERCENT,
	COLUMN_DONE,
	COLUMN_RATE,
	COLUMN_SPARK,
	COLUMN_ETA,
	COLUMN_TIME,
	COLUMN_STATUS,
	COLUMN_MESSAGE,
	COLUMNS /* their number */
};

struct layout_title {
	const char *title;
	int is_right;
	int key; /* enum order_key that sorts by the column; -1: none */
};

extern const struct layout_title layout_titles[COLUMNS];

/* The widest texts so far.  They only grow, so that columns do not jump while values change. */
struct layout_needs {
	int name, done, status;
};

struct layout {
	int width[COLUMNS]; /* 0: left out */
	int x[COLUMNS];     /* first column of the screen */
};

void layout_make(struct layout *layout, const struct layout_needs *needs, int columns);

/* The column at a place of the screen; -1: none. */
int layout_at(const struct layout *layout, int x);

#endif
