/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/tree.h"

#include "base/say.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char tree_sorts[] = "started name status progress rate done elapsed";

#define COMPARE(x, y) (((x) > (y)) - ((x) < (y)))

/* ---- order ---------------------------------------------------------------------------- */

static int status_rank(const struct watched *item)
{
	return item->lost ? HEADWAY_ERROR + 1 : item->status;
}

/* By elapsed time.  Running records sort after those that are over, the oldest last. */
static int compare_elapsed(const struct watched *a, const struct watched *b)
{
	if (!a->finished_ns != !b->finished_ns)
		return a->finished_ns ? -1 : 1;
	if (!a->finished_ns)
		return COMPARE(b->started_ns, a->started_ns);
	return COMPARE(a->finished_ns - a->started_ns, b->finished_ns - b->started_ns);
}

static int compare(const void *left, const void *right, void *argument)
{
	const struct watched *a = *(struct watched *const *)left;
	const struct watched *b = *(struct watched *const *)right;
	const struct tree *tree = argument;
	int order = 0;

	switch (tree->sort) {
	case TREE_STARTED:
		break;
	case TREE_NAME:
		order = strcasecmp(a->name, b->name);
		break;
	case TREE_STATUS:
		order = COMPARE(status_rank(a), status_rank(b));
		break;
	case TREE_PROGRESS:
		order = COMPARE(a->fraction, b->fraction);
		break;
	case TREE_RATE:
		order = COMPARE(b->per_second, a->per_second);
		break;
	case TREE_DONE:
		order = COMPARE(b->sum_done, a->sum_done);
		break;
	case TREE_ELAPSED:
		order = compare_elapsed(b, a);
		break;
	}
	if (!order)
		order = COMPARE(a->started_ns, b->started_ns);
	if (!order)
		order = memcmp(&a->id, &b->id, sizeof(a->id));
	return tree->reverse ? -order : order;
}

/* ---- the tree ------------------------------------------------------------------------- */

static void unlink_all(struct watched **items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct watched *item = items[i];

		item->up = item->first = item->last = item->next = NULL;
		item->depth = item->is_placed = item->is_wanted = 0;
		item->children = 0;
	}
}

/* Link each item to its parent, in the order of items. */
static void link_all(const struct watch *watch, struct watched **items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct watched *item = items[i];
		struct watched *up = item->has_parent ? watch_find(watch, &item->parent) : NULL;

		if (!up || up == item || up->is_gone)
			continue;
		item->up = up;
		if (up->last)
			up->last->next = item;
		else
			up->first = item;
		up->last = item;
		up->children++;
	}
}

/* The next sibling that has no place yet.  In a ring of parents some already have one. */
static struct watched *unplaced(struct watched *item)
{
	while (item && item->is_placed)
		item = item->next;
	return item;
}

/* Place a root and all below it, parents before children.  Not recursive, since a chain of parents
 * may be as long as the arena has slots. */
static size_t place(struct watched *root, struct watched **order, size_t count)
{
	struct watched *item = root;

	root->up = NULL;
	root->depth = 0;
	while (item) {
		struct watched *next;

		item->is_placed = 1;
		order[count++] = item;
		next = unplaced(item->first);
		if (next) {
			next->depth = item->depth + 1;
			item = next;
			continue;
		}
		while (item != root && !unplaced(item->next))
			item = item->up;
		if (item == root)
			break;
		next = unplaced(item->next);
		next->depth = item->depth;
		item = next;
	}
	return count;
}

/* Place all items, parents first: roots, then the rest, which are rings. */
static void place_all(struct watched **items, size_t count, struct watched **order)
{
	size_t placed = 0;

	for (size_t i = 0; i < count; i++)
		if (!items[i]->up)
			placed = place(items[i], order, placed);
	for (size_t i = 0; i < count; i++)
		if (!items[i]->is_placed)
			placed = place(items[i], order, placed);
}

/* ---- progress ------------------------------------------------------------------------- */

/* The item's own progress. */
static void count_own(struct watched *item, int64_t now_ns)
{
	int is_running = item->status == HEADWAY_RUNNING && !item->lost;

	item->sum_done = item->done;
	item->sum_total = item->total;
	item->sum_unit = item->unit;
	item->per_second = is_running ? rate_per_second(&item->rate, now_ns) : -1;
	item->fraction = -1;
	if (item->total)
		item->fraction = item->done < item->total ? (double)item->done / (double)item->total
							  : 1;
	else if (item->status == HEADWAY_FINISHED)
		item->fraction = 1;
}

static void add_up(uint64_t *sum, uint64_t amount)
{
	if (__builtin_add_overflow(*sum, amount, sum))
		*sum = UINT64_MAX;
}

/* The progress of its children, which were counted before, as its own. */
static void count_children(struct watched *item)
{
	uint64_t done = 0, total = 0;
	double fractions = 0, per_second = 0;
	int is_uniform = 1;

	for (const struct watched *child = item->first; child; child = child->next) {
		add_up(&done, child->sum_done);
		add_up(&total, child->sum_total);
		fractions += child->fraction > 0 ? child->fraction : 0;
		per_second += child->per_second > 0 ? child->per_second : 0;
		if (!child->sum_total || strcmp(child->sum_unit, item->first->sum_unit))
			is_uniform = 0;
	}
	if (is_uniform) {
		item->sum_done = done;
		item->sum_total = total;
		item->sum_unit = item->first->sum_unit;
		item->fraction = done < total ? (double)done / (double)total : 1;
		item->per_second = per_second > 0 ? per_second : -1;
	} else {
		item->fraction = fractions / (double)item->children;
	}
}

static void count_all(struct watched **order, size_t count, int64_t now_ns)
{
	for (size_t i = count; i-- > 0;) {
		struct watched *item = order[i];

		count_own(item, now_ns);
		if (!item->total && !item->done && item->children &&
		    item->status == HEADWAY_RUNNING)
			count_children(item);
	}
}

/* ---- what is shown -------------------------------------------------------------------- */

static int is_below(const struct watched *item, const struct headway_id *id)
{
	for (; item; item = item->up)
		if (!memcmp(&item->id, id, sizeof(*id)))
			return 1;
	return 0;
}

static int matches(const struct tree *tree, const struct watched *item)
{
	if (item->is_gone)
		return 0;
	if (tree->only && !is_below(item, tree->only))
		return 0;
	if (tree->hide_over && item->status != HEADWAY_RUNNING)
		return 0;
	return !tree->filter || !*tree->filter || strcasestr(item->name, tree->filter);
}

/* Choose the items that match and their ancestors, without those below a folded item. */
static void choose_rows(struct tree *tree, struct watched **order, size_t count)
{
	int hidden_below = -1; /* depth of a folded item */

	for (size_t i = count; i-- > 0;) {
		if (matches(tree, order[i]))
			order[i]->is_wanted = 1;
		if (order[i]->is_wanted && order[i]->up && !tree->only)
			order[i]->up->is_wanted = 1;
	}
	tree->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct watched *item = order[i];

		if (hidden_below >= 0 && item->depth > hidden_below)
			continue;
		hidden_below = item->is_folded && item->children ? item->depth : -1;
		if (item->is_wanted)
			tree->rows[tree->count++] = item;
	}
}

void tree_build(struct tree *tree, const struct watch *watch)
{
	struct watched **items, **order;
	size_t count = watch->count;

	items = say_memory(malloc((count + 1) * sizeof(*items)));
	order = say_memory(malloc((count + 1) * sizeof(*order)));
	if (tree->room < count) {
		tree->rows = say_memory(realloc(tree->rows, count * sizeof(*tree->rows)));
		tree->room = count;
	}
	if (count)
		memcpy(items, watch->items, count * sizeof(*items));
	if (count > 1)
		qsort_r(items, count, sizeof(*items), compare,
			tree); /* by the sums of the last refresh */
	unlink_all(items, count);
	if (!tree->flat)
		link_all(watch, items, count);
	place_all(items, count, order);
	count_all(order, count, watch->now_ns);
	choose_rows(tree, order, count);
	free(items);
	free(order);
}

void tree_free(struct tree *tree)
{
	free(tree->rows);
	tree->rows = NULL;
	tree->count = tree->room = 0;
}
