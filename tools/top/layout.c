/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/layout.h"

#include <string.h>

const struct layout_title layout_titles[COLUMNS] = {
	[COLUMN_NAME] = {"NAME", 0, ORDER_NAME},
	[COLUMN_BAR] = {"", 0, ORDER_PROGRESS},
	[COLUMN_PERCENT] = {"%", 1, ORDER_PROGRESS},
	[COLUMN_DONE] = {"DONE", 1, ORDER_DONE},
	[COLUMN_RATE] = {"RATE", 1, ORDER_RATE},
	[COLUMN_SPARK] = {"", 0, ORDER_RATE},
	[COLUMN_ETA] = {"ETA", 1, -1},
	[COLUMN_TIME] = {"TIME", 1, ORDER_ELAPSED},
	[COLUMN_STATUS] = {"STATUS", 0, ORDER_STATUS},
	[COLUMN_MESSAGE] = {"MESSAGE", 0, -1},
};

/* The unused columns of a line. */
struct space {
	struct layout *layout;
	int left;
};

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

static void add(struct space *space, enum layout_column column, int width)
{
	if (space->left < width + 1)
		return;
	space->layout->width[column] = width;
	space->left -= width + 1;
}

/* Widens a present column, up to a width. */
static void grow(struct space *space, enum layout_column column, int width)
{
	int *now = &space->layout->width[column];
	int more = smaller(width - *now, space->left);

	if (!*now || more <= 0)
		return;
	*now += more;
	space->left -= more;
}

/* The most important steps come first: each uses the space that the earlier ones left. */
static void share_out(struct space *space, const struct layout_needs *needs)
{
	int name = needs->name;

	add(space, COLUMN_NAME, smaller(10, space->left - 1));
	add(space, COLUMN_PERCENT, 4);
	add(space, COLUMN_STATUS, 8);
	add(space, COLUMN_ETA, 6);
	add(space, COLUMN_DONE, 9);
	add(space, COLUMN_TIME, 6);
	add(space, COLUMN_BAR, 6);
	grow(space, COLUMN_DONE, smaller(needs->done, 24));
	grow(space, COLUMN_NAME, smaller(name, 20));
	grow(space, COLUMN_STATUS, smaller(needs->status, 15));
	add(space, COLUMN_RATE, 10);
	grow(space, COLUMN_NAME, smaller(name, 28));
	add(space, COLUMN_SPARK, 8);
	grow(space, COLUMN_BAR, 10);
	add(space, COLUMN_MESSAGE, 16);
	grow(space, COLUMN_NAME, smaller(name, 40));
	if (space->layout->width[COLUMN_MESSAGE]) {
		grow(space, COLUMN_MESSAGE, 48);
		grow(space, COLUMN_BAR, 20);
		grow(space, COLUMN_SPARK, 16);
		grow(space, COLUMN_MESSAGE, 1000);
	} else {
		grow(space, COLUMN_BAR, 20);
		grow(space, COLUMN_NAME, 1000);
	}
}

void layout_make(struct layout *layout, const struct layout_needs *needs, int columns)
{
	struct space space = {.layout = layout, .left = columns + 1};
	int x = 0;

	memset(layout, 0, sizeof(*layout));
	share_out(&space, needs);
	for (int i = 0; i < COLUMNS; i++) {
		layout->x[i] = x;
		if (layout->width[i])
			x += layout->width[i] + 1;
	}
}

int layout_at(const struct layout *layout, int x)
{
	for (int i = 0; i < COLUMNS; i++)
		if (layout->width[i] && x >= layout->x[i] && x < layout->x[i] + layout->width[i])
			return i;
	return -1;
}
