/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watched records in display order: each parent before its children.
 *
 * A parent that counts nothing itself has the progress of its children: the sums of their totals
 * if all have a total of the same unit, otherwise the mean of their percentages. A record whose
 * parent does not exist is a root. A cycle of parents, which only a faulty writer makes, is cut at
 * one of its records.
 */
#ifndef TOOLS_TREE_H
#define TOOLS_TREE_H

#include "base/order.h"
#include "base/watch.h"

struct tree {
	struct order order;
	int running_first;             /* what runs, or has parts that run, before all others */
	int flat;                      /* no tree in the rows; the sums are the same */
	unsigned statuses;             /* bits of --status; 0: all */
	const char *pattern;           /* --name, a glob; NULL: all */
	const char *filter;            /* a part of the name, in any case; NULL or "": all */
	const struct headway_id *only; /* this record and its descendants; NULL: all */

	struct watched **rows; /* the rows to show */
	size_t count, room;
};

/* True if the filter finds the item itself, which is then shown with its ancestors. */
int tree_finds(const struct tree *tree, const struct watched *item);

void tree_build(struct tree *tree, const struct watch *watch);
void tree_free(struct tree *tree);

#endif
