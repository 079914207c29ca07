/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From one generation to the next.  The walk marks the last generation's items (seen, dropped,
 * successor) and collects new ones; then the two orders of the next generation are merged from the
 * last one's and the new ones', so that nothing is sorted but what is new.
 */
#include "snapshot/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer/etag.h"
#include "snapshot/source.h"
#include "base/text.h"

enum { REMOVALS_KEPT = 4096 };

struct item_list {
	struct item **item;
	size_t count, size;
};

struct walk {
	struct generation *last;
	struct item_list fresh; /* records that were not there */
	struct item_list
		changed; /* everything with a new number, rising: fresh ones, successors, removals */
	struct item_list retold; /* same number, new text: only times went on */
	int64_t now;
	uint64_t serialized;
	bool failed;
};

static uint64_t last_change; /* the number given last */
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

/* Take over a new item, or note that memory ran out. */
static void keep(struct walk *w, struct item_list *list, struct item *item)
{
	if (item && list_add(list, item))
		return;
	if (item)
		item_put(item);
	w->failed = true;
}

/* A running record's text tells how long it runs: written anew once a second. */
static bool is_old(const struct walk *w, const struct item *item)
{
	return item->status == HEADWAY_RUNNING && w->now - item->made_ns >= SECOND_NS;
}

static void replace(struct walk *w, struct item *old, const struct headway_snapshot *s,
		    uint64_t fingerprint)
{
	bool changed = fingerprint != old->fingerprint;
	struct item *item = item_new(s, fingerprint, changed ? ++last_change : old->change);

	w->serialized++;
	keep(w, changed ? &w->changed : &w->retold, item);
	if (w->failed)
		return;
	old->dropped = true;
	old->successor = item;
}

static int on_record(const struct headway_snapshot *s, void *argument)
{
	struct walk *w = argument;
	uint64_t fingerprint = etag_fingerprint(s);
	struct item *old = w->last ? generation_find(w->last, &s->id) : NULL;
	struct item *item;

	if (old) {
		if (old->seen)
			return 0; /* only a damaged arena shows a record twice */
		old->seen = true;
		if (old->fingerprint != fingerprint || is_old(w, old))
			replace(w, old, s, fingerprint);
	} else {
		w->serialized++;
		item = item_new(s, fingerprint, ++last_change);
		keep(w, &w->changed, item);
		if (!w->failed && !list_add(&w->fresh, item))
			w->failed = true;
	}
	return w->failed ? -ENOMEM : 0;
}

/* The walk leaves out what it could not read: absence alone does not mean that a record is gone. */
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
		old->dropped = true;
		keep(w, &w->changed, item_removed(old, ++last_change));
	}
}

/* Into the next generation, or out of it: the last one's item, what replaced it, or nothing. */
static struct item *heir(struct item *old)
{
	return old->dropped ? old->successor : old;
}

/* Records by start: the last generation's, still in order, merged with the new ones, sorted. */
static bool merge_items(struct walk *w, struct generation *next)
{
	size_t most = (w->last ? w->last->count : 0) + w->fresh.count, at = 0;

	next->items = malloc((most + 1) * sizeof(*next->items));
	if (!next->items)
		return false;
	if (w->fresh.count)
		qsort(w->fresh.item, w->fresh.count, sizeof(*w->fresh.item), item_compare_start);
	for (size_t i = 0; w->last && i < w->last->count; i++) {
		struct item *item = heir(w->last->items[i]);

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

/* Removals beyond the newest REMOVALS_KEPT are forgotten, and the number of the last such kept. */
static uint64_t removals_to_forget(const struct walk *w)
{
	size_t removals = 0, over;
	uint64_t change = w->last ? w->last->forgotten : 0;

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

/* Everything by change: what was not superseded, then what has a new number.  Takes references. */
static bool merge_changes(struct walk *w, struct generation *next)
{
	size_t most = (w->last ? w->last->change_count : 0) + w->changed.count;

	next->by_change = malloc((most + 1) * sizeof(*next->by_change));
	if (!next->by_change)
		return false;
	next->forgotten = removals_to_forget(w);
	for (size_t i = 0; w->last && i < w->last->change_count; i++) {
		struct item *old = w->last->by_change[i], *item = heir(old);

		if (!item || item->change != old->change ||
		    (item->removed && item->change <= next->forgotten))
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

static struct generation *assemble(struct walk *w)
{
	struct generation *next = generation_new();

	if (next && merge_items(w, next) && generation_index(next) && merge_changes(w, next))
		return next;
	if (next)
		generation_put(next);
	return NULL;
}

static void unmark(struct generation *g)
{
	for (size_t i = 0; g && i < g->count; i++) {
		struct item *item = g->items[i];

		item->seen = item->dropped = false;
		item->successor = NULL;
	}
}

static void list_put(struct item_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		item_put(list->item[i]);
	free(list->item);
}

/* Fill the walk from the arena.  Returns 0, or why there is none. */
static int look(struct walk *w)
{
	int why = 0;
	struct source *source = source_get(&why);

	if (source) {
		int rc = source_each(source, on_record, w);

		if (rc < 0 && !w->failed)
			why = rc;
	}
	if (why < 0 && source) {
		source_put(source);
		source = NULL;
	}
	find_removed(w, source);
	if (source)
		source_put(source);
	return why;
}

struct generation *walk(struct generation *last, uint64_t *serialized)
{
	struct walk w = {.last = last, .now = now_ns()};
	struct generation *next = last;
	int error = look(&w);

	if (w.failed) {
		next = NULL;
	} else if (!last || w.changed.count || w.retold.count || last->error != error) {
		next = assemble(&w);
		if (next)
			next->error = error;
	}
	unmark(last);
	list_put(&w.changed);
	list_put(&w.retold);
	free(w.fresh.item);
	*serialized = w.serialized;
	return next;
}

void walk_free(void)
{
	headway_snapshot_free(scratch);
}
