/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shared/id_hash.h"

static void ring_init(struct entry *head)
{
	head->next = head->back = head;
}

int table_init(struct table *t)
{
	*t = (struct table){.mask = 255};
	ring_init(&t->urgent);
	ring_init(&t->queue);
	t->bucket = calloc(t->mask + 1, sizeof(*t->bucket));
	return t->bucket ? 0 : -ENOMEM;
}

static void free_one(struct entry *entry, void *table)
{
	table_remove(table, entry);
}

void table_free(struct table *t)
{
	table_each(t, free_one, t);
	free(t->bucket);
}

static struct entry **place(const struct table *t, const struct headway_id *id)
{
	struct entry **at = &t->bucket[id_hash(id) & t->mask];

	while (*at && memcmp(&(*at)->id, id, sizeof(*id)) != 0)
		at = &(*at)->chain;
	return at;
}

struct entry *table_find(const struct table *t, const struct headway_id *id)
{
	return *place(t, id);
}

/* Without memory the chains only become longer. */
static void grow(struct table *t)
{
	size_t size = (t->mask + 1) * 2;
	struct entry **grown = calloc(size, sizeof(*grown)), *next;

	if (!grown)
		return;
	for (size_t i = 0; i <= t->mask; i++) {
		for (struct entry *entry = t->bucket[i]; entry; entry = next) {
			struct entry **at = &grown[id_hash(&entry->id) & (size - 1)];

			next = entry->chain;
			entry->chain = *at;
			*at = entry;
		}
	}
	free(t->bucket);
	t->bucket = grown;
	t->mask = size - 1;
}

struct entry *table_add(struct table *t, const struct headway_id *id)
{
	struct entry *entry = calloc(1, sizeof(*entry)), **at;

	if (!entry)
		return NULL;
	if (t->count > t->mask)
		grow(t);
	entry->id = *id;
	at = place(t, id);
	*at = entry;
	t->count++;
	return entry;
}

static void unqueue(struct table *t, struct entry *entry)
{
	if (entry->state != QUEUED)
		return;
	entry->back->next = entry->next;
	entry->next->back = entry->back;
	entry->state = RESTING;
	t->queued--;
}

void table_remove(struct table *t, struct entry *entry)
{
	struct entry **at = place(t, &entry->id);

	unqueue(t, entry);
	*at = entry->chain;
	t->count--;
	free(entry);
}

void table_each(struct table *t, void (*fn)(struct entry *, void *), void *argument)
{
	struct entry *next;

	for (size_t i = 0; i <= t->mask; i++) {
		for (struct entry *entry = t->bucket[i]; entry; entry = next) {
			next = entry->chain;
			fn(entry, argument);
		}
	}
}

void table_queue(struct table *t, struct entry *entry, bool is_urgent, int64_t now)
{
	struct entry *head = is_urgent ? &t->urgent : &t->queue;

	if (entry->state == QUEUED)
		now = entry->queued_ns;
	unqueue(t, entry);
	entry->state = QUEUED;
	entry->queued_ns = now;
	entry->next = head;
	entry->back = head->back;
	entry->back->next = head->back = entry;
	t->queued++;
}

struct entry *table_next(struct table *t)
{
	struct entry *entry = t->urgent.next != &t->urgent ? t->urgent.next : t->queue.next;

	if (entry == &t->queue)
		return NULL;
	unqueue(t, entry);
	return entry;
}

int64_t table_oldest(const struct table *t, int64_t now)
{
	const struct entry *a = t->urgent.next, *b = t->queue.next;

	if (a != &t->urgent && a->queued_ns < now)
		now = a->queued_ns;
	if (b != &t->queue && b->queued_ns < now)
		now = b->queued_ns;
	return now;
}
