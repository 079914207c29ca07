/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/list_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void item_get(struct item *item)
{
	urcu_ref_get(&item->ref);
}

static void item_release(struct urcu_ref *ref)
{
	free(caa_container_of(ref, struct item, ref));
}

void item_put(struct item *item)
{
	urcu_ref_put(&item->ref, item_release);
}

static struct item *item_allocate(const char *name, size_t text_length)
{
	size_t name_size = strlen(name) + 1;
	struct item *item = malloc(sizeof(*item) + text_length + 1 + name_size);

	if (!item)
		return NULL;
	*item = (struct item){.text_length = text_length, .made_ns = now_ns()};
	urcu_ref_init(&item->ref);
	item->name = item->text + text_length + 1;
	memcpy(item->text + text_length + 1, name, name_size);
	return item;
}

struct item *item_new(const struct headway_snapshot *s, uint64_t fingerprint, uint64_t change)
{
	int length = headway_json_full(s, NULL, 0);
	struct item *item = length < 0 ? NULL : item_allocate(s->name, (size_t)length + ITEM_LEAD);

	if (!item)
		return NULL;
	memcpy(item->text, ",\n", ITEM_LEAD);
	headway_json_full(s, item->text + ITEM_LEAD, (size_t)length + 1);
	item->id = s->id;
	item->change = change;
	item->fingerprint = fingerprint;
	item->version = s->version;
	item->done = s->done;
	item->total = s->total;
	item->started_ns = s->started_ns;
	item->updated_ns = s->updated_ns;
	item->finished_ns = s->finished_ns;
	item->status = s->status;
	item->lost = s->lost;
	return item;
}

struct item *item_removed(const struct item *old, uint64_t change)
{
	static const char form[] = ",\n{\"id\":\"%s\"}\n";
	char id[HEADWAY_ID_TEXT], text[sizeof(form) + HEADWAY_ID_TEXT];
	struct item *item;
	int length;

	headway_format_id(&old->id, id);
	length = snprintf(text, sizeof(text), form, id);
	item = item_allocate(old->name, (size_t)length);
	if (!item)
		return NULL;
	memcpy(item->text, text, (size_t)length + 1);
	item->id = old->id;
	item->change = change;
	item->status = old->status;
	item->removed = true;
	return item;
}

int item_compare_start(const void *left, const void *right)
{
	const struct item *a = *(struct item *const *)left, *b = *(struct item *const *)right;

	if (a->started_ns != b->started_ns)
		return a->started_ns < b->started_ns ? -1 : 1;
	return memcmp(a->id.bytes, b->id.bytes, sizeof(a->id.bytes));
}

struct generation *generation_new(void)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	urcu_ref_init(&g->ref);
	pthread_mutex_init(&g->lock, NULL);
	return g;
}

bool generation_get(struct generation *g)
{
	return urcu_ref_get_unless_zero(&g->ref);
}

static void generation_free(struct rcu_head *head)
{
	struct generation *g = caa_container_of(head, struct generation, rcu);

	for (size_t i = 0; i < g->change_count; i++)
		item_put(g->by_change[i]);
	free(g->items);
	free(g->by_change);
	free(g->table);
	for (int i = 0; i < 4; i++)
		text_free(&g->body[i / 2][i % 2]);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

static void generation_release(struct urcu_ref *ref)
{
	struct generation *g = caa_container_of(ref, struct generation, ref);

	call_rcu(&g->rcu, generation_free);
}

void generation_put(struct generation *g)
{
	urcu_ref_put(&g->ref, generation_release);
}

/* The ids' bits are random, but for those that a hostile writer chose: the worst is a slow search. */
static size_t id_hash(const struct headway_id *id)
{
	uint64_t a, b;

	memcpy(&a, id->bytes, sizeof(a));
	memcpy(&b, id->bytes + sizeof(a), sizeof(b));
	a = (a ^ (b * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;
	return (size_t)(a ^ (a >> 32));
}

bool generation_index(struct generation *g)
{
	size_t size = 16;

	while (size < g->count * 2)
		size *= 2;
	g->table = calloc(size, sizeof(*g->table));
	if (!g->table)
		return false;
	g->table_mask = size - 1;
	for (size_t i = 0; i < g->count; i++) {
		size_t at = id_hash(&g->items[i]->id) & g->table_mask;

		while (g->table[at])
			at = (at + 1) & g->table_mask;
		g->table[at] = (uint32_t)(i + 1);
	}
	return true;
}

struct item *generation_find(const struct generation *g, const struct headway_id *id)
{
	if (!g->table)
		return NULL;
	for (size_t at = id_hash(id) & g->table_mask; g->table[at]; at = (at + 1) & g->table_mask) {
		struct item *item = g->items[g->table[at] - 1];

		if (memcmp(item->id.bytes, id->bytes, sizeof(id->bytes)) == 0)
			return item;
	}
	return NULL;
}

size_t generation_after(const struct generation *g, uint64_t change)
{
	size_t low = 0, high = g->change_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (g->by_change[middle]->change > change)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
