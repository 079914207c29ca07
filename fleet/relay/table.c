/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shared/id_hash.h"

static void ring_init(struct row *head)
{
	head->next = head->back = head;
}

int table_init(struct table *t)
{
	*t = (struct table){.mask = 255};
	ring_init(&t->urgent);
	ring_init(&t->queue);
	t->chains = calloc(t->mask + 1, sizeof(*t->chains));
	return t->chains ? 0 : -ENOMEM;
}

static void free_one(struct row *row, void *table)
{
	table_remove(table, row);
}

void table_free(struct table *t)
{
	table_each(t, free_one, t);
	free(t->chains);
}

static struct row **place(const struct table *t, const struct headway_id *id)
{
	struct row **at = &t->chains[id_hash(id) & t->mask];

	while (*at && memcmp(&(*at)->id, id, sizeof(*id)) != 0)
		at = &(*at)->chain;
	return at;
}

struct row *table_find(const struct table *t, const struct headway_id *id)
{
	return *place(t, id);
}

/* If memory is short the table keeps its size, and its chains become longer. */
static void grow(struct table *t)
{
	size_t size = (t->mask + 1) * 2;
	struct row **grown = calloc(size, sizeof(*grown)), *next;

	if (!grown)
		return;
	for (size_t i = 0; i <= t->mask; i++) {
		for (struct row *row = t->chains[i]; row; row = next) {
			struct row **at = &grown[id_hash(&row->id) & (size - 1)];

			next = row->chain;
			row->chain = *at;
			*at = row;
		}
	}
	free(t->chains);
	t->chains = grown;
	t->mask = size - 1;
}

struct row *table_add(struct table *t, const struct headway_id *id)
{
	struct row *row = calloc(1, sizeof(*row)), **at;

	if (!row)
		return NULL;
	if (t->count > t->mask)
		grow(t);
	row->id = *id;
	at = place(t, id);
	*at = row;
	t->count++;
	return row;
}

static void unqueue(struct table *t, struct row *row)
{
	if (row->state != QUEUED)
		return;
	row->back->next = row->next;
	row->next->back = row->back;
	row->state = RESTING;
	t->queued--;
}

void table_remove(struct table *t, struct row *row)
{
	struct row **at = place(t, &row->id);

	unqueue(t, row);
	*at = row->chain;
	t->count--;
	free(row);
}

void table_each(struct table *t, void (*fn)(struct row *, void *), void *argument)
{
	struct row *next;

	for (size_t i = 0; i <= t->mask; i++) {
		for (struct row *row = t->chains[i]; row; row = next) {
			next = row->chain;
			fn(row, argument);
		}
	}
}

void table_queue(struct table *t, struct row *row, bool is_urgent, int64_t now)
{
	struct row *head = is_urgent ? &t->urgent : &t->queue;

	if (row->state == QUEUED)
		now = row->queued_ns;
	unqueue(t, row);
	row->state = QUEUED;
	row->queued_ns = now;
	row->next = head;
	row->back = head->back;
	row->back->next = head->back = row;
	t->queued++;
}

struct row *table_next(struct table *t)
{
	struct row *row = t->urgent.next != &t->urgent ? t->urgent.next : t->queue.next;

	if (row == &t->queue)
		return NULL;
	unqueue(t, row);
	return row;
}

int64_t table_oldest(const struct table *t, int64_t now)
{
	const struct row *a = t->urgent.next, *b = t->queue.next;

	if (a != &t->urgent && a->queued_ns < now)
		now = a->queued_ns;
	if (b != &t->queue && b->queued_ns < now)
		now = b->queued_ns;
	return now;
}
