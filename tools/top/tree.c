/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/tree.h"

#include "base/meter.h"
#include "base/say.h"

#include <stdlib.h>
#include <string.h>

/* Parts stay in their order, since they are often stages: only what is part of nothing is told apart. */
static int rank(const struct watched *item)
{
	if (item->up)
		return 0;
	return item->status == HEADWAY_RUNNING || item->running_below ? 1 : 2;
}

static int compare(const void *left, const void *right, void *argument)
{
	const struct watched *a = *(struct watched *const *)left;
	const struct watched *b = *(struct watched *const *)right;
	const struct tree *tree = argument;

	if (tree->running_first && rank(a) != rank(b))
		return rank(a) - rank(b);
	return order_compare(&tree->order, &a->keys, &b->keys);
}

static int64_t elapsed_ns(const struct watched *item, int64_t wall_ns)
{
	int64_t end_ns = item->finished_ns ? item->finished_ns : wall_ns;

	return item->started_ns && end_ns > item->started_ns ? end_ns - item->started_ns : 0;
}

/* The sort keys of an item, by its sums. */
static void set_keys(struct watched *item, int64_t wall_ns)
{
	item->keys = (struct order_values){
		.id = item->id,
		.started_ns = item->started_ns,
		.updated_ns = item->updated_ns,
		.finished_ns = item->finished_ns,
		.elapsed_ns = elapsed_ns(item, wall_ns),
		.name = item->name,
		.status_rank = order_status_rank(item->status, item->lost),
		.fraction = item->fraction,
		.per_second = item->per_second,
		.done = item->sum_done,
	};
}

/* ---- the tree -------------------------------------------------------------------------------- */

static void unlink_all(struct watched **items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct watched *item = items[i];

		item->first = item->last = item->next = NULL;
		item->depth = item->is_placed = item->is_wanted = 0;
		item->children = 0;
	}
}

/* Find the parent of each item. */
static void find_parents(const struct watch *watch, struct watched **items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct watched *item = items[i];
		struct watched *up = item->has_parent ? watch_find(watch, &item->parent) : NULL;

		item->up = up && up != item && !up->is_gone ? up : NULL;
	}
}

/* Link each item to its parent, in the order of items. */
static void link_all(struct watched **items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct watched *item = items[i], *up = item->up;

		if (!up)
			continue;
		if (up->last)
			up->last->next = item;
		else
			up->first = item;
		up->last = item;
		up->children++;
	}
}

/* The next sibling that is not yet placed. In a cycle of parents some already are. */
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

/* Places all items, parents first: roots, then the rest, which are cycles. */
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

/* ---- progress -------------------------------------------------------------------------------- */

/* The item's own progress. */
static void count_own(struct watched *item)
{
	item->sum_done = item->done;
	item->sum_total = item->total;
	item->sum_unit = item->unit;
	item->per_second = item->own_rate;
	item->eta_seconds = item->own_eta;
	item->fraction = -1;
	if (item->total)
		item->fraction = (double)item->done / (double)item->total;
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
		fractions += child->fraction > 1 ? 1 : child->fraction > 0 ? child->fraction : 0;
		if (child->status == HEADWAY_RUNNING && child->per_second > 0)
			per_second += child->per_second;
		if (!child->sum_total || strcmp(child->sum_unit, item->first->sum_unit))
			is_uniform = 0;
	}
	if (is_uniform) {
		item->sum_done = done;
		item->sum_total = total;
		item->sum_unit = item->first->sum_unit;
		item->fraction = (double)done / (double)total;
		item->per_second = per_second > 0 ? per_second : -1;
		item->eta_seconds = meter_eta(item->per_second, done, total);
	} else {
		item->fraction = fractions / (double)item->children;
	}
}

/* Add an item and its descendants, which were counted before, to the counts of its parent. */
static void add_to_parent(struct watched *item)
{
	struct watched *up = item->up;

	if (!up)
		return;
	up->failed_below += item->failed_below + (item->status == HEADWAY_ERROR);
	up->running_below += item->running_below + (item->status == HEADWAY_RUNNING);
	if (item->family_ns > up->family_ns)
		up->family_ns = item->family_ns;
}

/* The remaining time of a parent is at least that of its slowest child, also when it is not known
 * by other means. */
static void count_time_left(struct watched *item)
{
	if (item->status != HEADWAY_RUNNING)
		return;
	for (const struct watched *child = item->first; child; child = child->next)
		if (child->status == HEADWAY_RUNNING && child->eta_seconds > item->eta_seconds)
			item->eta_seconds = child->eta_seconds;
}

static void count_all(struct watched **order, size_t count, const struct watch *watch)
{
	for (size_t i = count; i-- > 0;) {
		struct watched *item = order[i];

		count_own(item);
		if (!item->total && !item->done && item->children &&
		    item->status == HEADWAY_RUNNING)
			count_children(item);
		count_time_left(item);
		set_keys(item, watch->wall_ns);
		add_to_parent(item);
	}
}

/* ---- what is shown --------------------------------------------------------------------------- */

static int is_below(const struct watched *item, const struct headway_id *id)
{
	for (; item; item = item->up)
		if (!memcmp(&item->id, id, sizeof(*id)))
			return 1;
	return 0;
}

int tree_finds(const struct tree *tree, const struct watched *item)
{
	return !tree->filter || !*tree->filter || strcasestr(item->name, tree->filter);
}

static int matches(const struct tree *tree, const struct watched *item)
{
	if (item->is_gone)
		return 0;
	if (!item->is_inside)
		return 0;
	if (!order_matches(tree->statuses, tree->pattern, item->status, item->lost, item->name))
		return 0;
	return tree_finds(tree, item);
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

/* Put items into display order: link them, and place each parent before its children. */
static void arrange(struct watched **items, size_t count, struct watched **order)
{
	unlink_all(items, count);
	link_all(items, count);
	place_all(items, count, order);
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
	for (size_t i = 0; i < count; i++) {
		items[i]->up = NULL;
		items[i]->failed_below = items[i]->running_below = 0;
		items[i]->family_ns = items[i]->changed_ns;
	}
	find_parents(watch, items, count);
	arrange(items, count, order); /* in any order, for the sums that the sort needs */
	count_all(order, count, watch);
	for (size_t i = 0; i < count; i++) {
		items[i]->is_inside = !tree->only || is_below(items[i], tree->only);
		items[i]->is_part = items[i]->up != NULL;
	}
	for (size_t i = 0; tree->flat && i < count; i++)
		items[i]->up = NULL;
	if (count > 1)
		qsort_r(items, count, sizeof(*items), compare, tree);
	arrange(items, count, order);
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
