/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The walk marks the items of the last snapshot (seen, superseded, successor) and collects new
 * ones. Then the two orders of the next snapshot are merged from the old and the new items, so
 * that only new items are sorted.
 */
#include "snapshot/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "snapshot/fingerprint.h"
#include "snapshot/origin.h"
#include "snapshot/source.h"

enum { REMOVALS_KEPT = 4096 };

struct item_list {
	struct item **item;
	size_t count, size;
};

struct walk {
	struct list_snapshot *last;
	struct item_list fresh;     /* new records */
	struct item_list changed;   /* new, changed and removed records, by change number */
	struct item_list refreshed; /* same change number, new text with present times */
	int64_t now;
	uint64_t serialized;
	bool failed;
};

static uint64_t last_change; /* the last change number */
static uint64_t last_state;  /* of the fleet, before the last walk over it */
static struct headway_snapshot *scratch;

static bool list_add(struct item_list *list, struct item *item)
{
	struct item **grown;

	if (list->count == list->size) {
		size_t size = list->size ? list->size * 2 : 64;

		grown = realloc(list->item, size * sizeof(*grown));
		if (!grown)
			return false;
		list->item = grown;
		list->size = size;
	}
	list->item[list->count++] = item;
	return true;
}

/* Takes ownership of a new item, or records that memory ran out. */
static void take_item(struct walk *w, struct item_list *list, struct item *item)
{
	if (item && list_add(list, item))
		return;
	if (item)
		item_put(item);
	w->failed = true;
}

/* The text of a running record contains its elapsed time, so it is rewritten once a second. */
static bool needs_refresh(const struct walk *w, const struct item *item)
{
	return item->status == HEADWAY_RUNNING && w->now - item->serialized_ns >= SECOND_NS;
}

static void replace_item(struct walk *w, struct item *old, const struct headway_snapshot *s,
			 uint64_t fingerprint)
{
	bool changed = fingerprint != old->fingerprint;
	struct item *item = item_new(s, fingerprint, changed ? ++last_change : old->change);

	w->serialized++;
	take_item(w, changed ? &w->changed : &w->refreshed, item);
	if (w->failed)
		return;
	if (!changed)
		item->moved_ns = old->moved_ns;
	old->superseded = true;
	old->successor = item;
}

static int on_record(const struct headway_snapshot *s, void *argument)
{
	struct walk *w = argument;
	uint64_t fingerprint = snapshot_fingerprint(s);
	struct item *old = w->last ? list_snapshot_find(w->last, &s->id) : NULL;
	struct item *item;

	if (old) {
		if (old->seen)
			return 0; /* only a damaged arena contains a record twice */
		old->seen = true;
		if (old->fingerprint != fingerprint || needs_refresh(w, old))
			replace_item(w, old, s, fingerprint);
	} else {
		w->serialized++;
		item = item_new(s, fingerprint, ++last_change);
		if (item && !s->done)
			item->moved_ns -= s->read_ns - s->updated_ns;
		take_item(w, &w->changed, item);
		if (!w->failed && !list_add(&w->fresh, item))
			w->failed = true;
	}
	return w->failed ? -ENOMEM : 0;
}

/* An item that is made already. */
static bool on_item(struct item *item, void *argument)
{
	struct walk *w = argument;
	struct item *old = w->last ? list_snapshot_find(w->last, &item->id) : NULL;
	bool changed = !old || old->fingerprint != item->fingerprint;

	if (old)
		old->seen = true;
	if (old == item)
		return true;
	item_get(item);
	item->change = changed ? ++last_change : old->change;
	if (!changed)
		item->moved_ns = old->moved_ns;
	take_item(w, changed ? &w->changed : &w->refreshed, item);
	if (w->failed)
		return false;
	if (!old && !list_add(&w->fresh, item))
		w->failed = true;
	if (old) {
		old->superseded = true;
		old->successor = item;
	}
	return !w->failed;
}

/* True if the record is gone. The walk omits records that it could not read, so this reads it
 * again. */
static bool is_gone(struct source *source, const struct item *item)
{
	int rc = source ? source_read(source, &item->id, &scratch) : -ENOENT;

	return rc == -ENOENT || rc == -ESTALE || rc == -EBADMSG;
}

static void find_removed(struct walk *w, struct source *source)
{
	for (size_t i = 0; w->last && i < w->last->count && !w->failed; i++) {
		struct item *old = w->last->items[i];

		if (old->seen || !is_gone(source, old))
			continue;
		old->superseded = true;
		take_item(w, &w->changed, item_removed(old, ++last_change));
	}
}

/* The item of the record in the next snapshot: itself, its successor, or NULL for a removed
 * record. */
static struct item *item_in_next(struct item *old)
{
	return old->superseded ? old->successor : old;
}

/* Orders records by start: merges the old ones, which are sorted, with the sorted new ones. */
static bool merge_items(struct walk *w, struct list_snapshot *next)
{
	size_t most = (w->last ? w->last->count : 0) + w->fresh.count, at = 0;

	next->items = malloc((most + 1) * sizeof(*next->items));
	if (!next->items)
		return false;
	if (w->fresh.count)
		qsort(w->fresh.item, w->fresh.count, sizeof(*w->fresh.item), item_compare_start);
	for (size_t i = 0; w->last && i < w->last->count; i++) {
		struct item *item = item_in_next(w->last->items[i]);

		if (!item)
			continue;
		while (at < w->fresh.count && item_compare_start(&w->fresh.item[at], &item) < 0)
			next->items[next->count++] = w->fresh.item[at++];
		next->items[next->count++] = item;
	}
	while (at < w->fresh.count)
		next->items[next->count++] = w->fresh.item[at++];
	return true;
}

/* Returns the change number up to which removals are pruned: only the newest REMOVALS_KEPT are
 * kept. */
static uint64_t removals_to_prune(const struct walk *w)
{
	size_t removals = 0, over;
	uint64_t change = w->last ? w->last->pruned : 0;

	for (size_t i = 0; w->last && i < w->last->change_count; i++)
		removals += w->last->by_change[i]->removed;
	over = removals > REMOVALS_KEPT ? removals - REMOVALS_KEPT : 0;
	for (size_t i = 0; over > 0; i++) {
		if (!w->last->by_change[i]->removed)
			continue;
		change = w->last->by_change[i]->change;
		over--;
	}
	return change;
}

/* Orders all by change number: first the items that stay, then those with a new number. Takes
 * references. */
static bool merge_changes(struct walk *w, struct list_snapshot *next)
{
	size_t most = (w->last ? w->last->change_count : 0) + w->changed.count;

	next->by_change = malloc((most + 1) * sizeof(*next->by_change));
	if (!next->by_change)
		return false;
	next->pruned = removals_to_prune(w);
	for (size_t i = 0; w->last && i < w->last->change_count; i++) {
		struct item *old = w->last->by_change[i], *item = item_in_next(old);

		if (!item || item->change != old->change ||
		    (item->removed && item->change <= next->pruned))
			continue;
		item_get(item);
		next->by_change[next->change_count++] = item;
	}
	for (size_t i = 0; i < w->changed.count; i++) {
		item_get(w->changed.item[i]);
		next->by_change[next->change_count++] = w->changed.item[i];
	}
	next->change = last_change;
	return true;
}

static struct list_snapshot *assemble(struct walk *w)
{
	struct list_snapshot *next = list_snapshot_new();

	if (next && merge_items(w, next) && list_snapshot_index(next) && merge_changes(w, next))
		return next;
	if (next)
		list_snapshot_put(next);
	return NULL;
}

static void unmark(struct list_snapshot *snap)
{
	for (size_t i = 0; snap && i < snap->count; i++) {
		struct item *item = snap->items[i];

		item->seen = item->superseded = false;
		item->successor = NULL;
	}
}

static void list_put(struct item_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		item_put(list->item[i]);
	free(list->item);
}

/* Fill the walk from the items of a fleet.  Returns 0 or a negative errno. */
static int read_fleet(struct walk *w)
{
	int error = origin_fleet->error();

	if (error == 0)
		origin_fleet->each(on_item, w);
	find_removed(w, NULL);
	return error;
}

/* Fills the walk from the arena. Returns 0 or a negative errno. */
static int read_arena(struct walk *w)
{
	int error = 0;
	struct source *source = source_look(&error);

	if (source) {
		int rc = source_each(source, on_record, w);

		if (rc < 0 && !w->failed)
			error = rc;
	}
	if (error < 0 && source) {
		source_put(source);
		source = NULL;
	}
	find_removed(w, source);
	if (source)
		source_put(source);
	return error;
}

struct list_snapshot *walk(struct list_snapshot *last, uint64_t *serialized)
{
	struct walk w = {.last = last, .now = now_ns()};
	struct list_snapshot *next = last;
	uint64_t state = origin_fleet ? origin_fleet->state() : 0;
	int error;

	if (origin_fleet && last && last_state == state && !last->error) {
		*serialized = 0;
		return last;
	}
	error = origin_fleet ? read_fleet(&w) : read_arena(&w);

	if (w.failed) {
		next = NULL;
	} else if (!last || w.changed.count || w.refreshed.count || last->error != error) {
		next = assemble(&w);
		if (next)
			next->error = error;
	}
	if (next)
		last_state = state;
	unmark(last);
	list_put(&w.changed);
	list_put(&w.refreshed);
	free(w.fresh.item);
	*serialized = w.serialized;
	return next;
}

void walk_free(void)
{
	headway_snapshot_free(scratch);
}
