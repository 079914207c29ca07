/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watched records in the order in which they are shown: parents, then their children.
 *
 * A parent that counts nothing itself has the progress of its children: by their totals when all
 * have one of the same unit, else each child counts the same.  Parents that are not there, and
 * rings of parents, which only a broken writer makes, do no harm: a record without a way up is a
 * root.
 */
#ifndef TOOLS_TREE_H
#define TOOLS_TREE_H

#include "base/watch.h"

enum tree_sort {
	TREE_STARTED,
	TREE_NAME,
	TREE_STATUS,
	TREE_PROGRESS,
	TREE_RATE,
	TREE_DONE,
	TREE_ELAPSED
};

struct tree {
	enum tree_sort sort;
	int reverse;
	int flat;                      /* no tree: everything is a root */
	int hide_over;                 /* only what runs, and what it is part of */
	const char *filter;            /* part of a name, upper or lower case; NULL or "": all */
	const struct headway_id *only; /* this record and what is part of it; NULL: all */

	struct watched **rows; /* what is to be shown */
	size_t count, room;
};

void tree_build(struct tree *tree, const struct watch *watch);
void tree_free(struct tree *tree);

extern const char tree_sorts[]; /* "started name ...", in the order of tree_sort */

#endif
