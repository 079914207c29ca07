/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/list_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

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

/* behind: bytes for strings behind the text and its NUL. */
static struct item *item_allocate(size_t text_length, size_t behind)
{
	struct item *item = malloc(sizeof(*item) + text_length + 1 + behind);

	if (!item)
		return NULL;
	*item = (struct item){.text_length = text_length, .serialized_ns = now_ns()};
	urcu_ref_init(&item->ref);
	return item;
}

/* Strings behind the text, each with its NUL. */
static const char *append(char **to, const char *bytes, size_t length)
{
	char *string = *to;

	memcpy(string, bytes, length);
	string[length] = '\0';
	*to += length + 1;
	return string;
}

struct item *item_new(const struct headway_snapshot *s, uint64_t fingerprint, uint64_t change)
{
	int length = headway_json_full(s, NULL, 0);
	struct item *item =
		length < 0 ? NULL : item_allocate((size_t)length + ITEM_LEAD, strlen(s->name) + 1);
	char *to;

	if (!item)
		return NULL;
	memcpy(item->text, ",\n", ITEM_LEAD);
	headway_json_full(s, item->text + ITEM_LEAD, (size_t)length + 1);
	to = item->text + item->text_length + 1;
	item->name = append(&to, s->name, strlen(s->name));
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
	item->moved_ns = item->serialized_ns;
	return item;
}

struct item *item_of_views(const char *full, size_t full_length, const char *status,
			   size_t status_length, const char *name, const char *host,
			   bool host_alive)
{
	static const char form[] = ",\"host\":\"%s\",\"host_alive\":%s}\n";
	const char *alive = host_alive ? "true" : "false";
	size_t length = ITEM_LEAD + full_length - 1 + strlen(host) + strlen(alive) + sizeof(form) -
			5;
	size_t behind = strlen(name) + 1 + strlen(host) + 1 + status_length + 1;
	struct item *item = item_allocate(length, behind);
	char *to;

	if (!item)
		return NULL;
	item->moved_ns = item->serialized_ns;
	item->host_alive = host_alive;
	item->status_length = status_length;
	item->full_length = full_length - 1;
	memcpy(item->text, ",\n", ITEM_LEAD);
	memcpy(item->text + ITEM_LEAD, full, full_length - 1);
	to = item->text + ITEM_LEAD + full_length - 1;
	to += sprintf(to, form, host, alive) + 1;
	item->name = append(&to, name, strlen(name));
	item->host = append(&to, host, strlen(host));
	item->status_view = append(&to, status, status_length);
	return item;
}

/* The full view with the time that a running record has run by now; a failed text: out of memory. */
static struct text full_by_now(const struct item *old)
{
	const char *full = old->text + ITEM_LEAD;
	size_t behind = old->elapsed_at + old->elapsed_length;
	int64_t elapsed = old->elapsed_ns + now_ns() - old->read_ns;
	struct text text = {0};

	text_add(&text, full, old->elapsed_at);
	text_format(&text, "%lld.%06d", (long long)(elapsed / SECOND_NS),
		    (int)(elapsed % SECOND_NS / 1000));
	text_add(&text, full + behind, old->full_length - behind);
	return text;
}

static struct item *copy_of_full(const struct item *old, bool host_alive, const char *full,
				 size_t full_length)
{
	struct item *item = item_of_views(full, full_length + 1, old->status_view,
					  old->status_length, old->name, old->host, host_alive);

	if (!item)
		return NULL;
	item->id = old->id;
	item->elapsed_at = old->elapsed_at;
	item->elapsed_length = old->elapsed_length + full_length - old->full_length;
	item->elapsed_ns = old->elapsed_ns;
	item->read_ns = old->read_ns;
	item->fingerprint = host_alive == old->host_alive ? old->fingerprint : ~old->fingerprint;
	item->version = old->version;
	item->done = old->done;
	item->total = old->total;
	item->started_ns = old->started_ns;
	item->updated_ns = old->updated_ns;
	item->finished_ns = old->finished_ns;
	item->moved_ns = old->moved_ns;
	item->status = old->status;
	item->lost = old->lost;
	return item;
}

struct item *item_copy(const struct item *old, bool host_alive)
{
	struct text text = {0};
	struct item *item;

	if (old->status != HEADWAY_RUNNING || !old->elapsed_length)
		return copy_of_full(old, host_alive, old->text + ITEM_LEAD, old->full_length);
	text = full_by_now(old);
	item = text.failed ? NULL : copy_of_full(old, host_alive, text.data, text.length);
	text_free(&text);
	return item;
}

struct item *item_removed(const struct item *old, uint64_t change)
{
	static const char form[] = ",\n{\"id\":\"%s\"}\n";
	char id[HEADWAY_ID_TEXT], text[sizeof(form) + HEADWAY_ID_TEXT];
	const char *host = old->host ? old->host : "";
	struct item *item;
	int length;
	char *to;

	headway_format_id(&old->id, id);
	length = snprintf(text, sizeof(text), form, id);
	item = item_allocate((size_t)length, strlen(old->name) + 1 + strlen(host) + 1);
	if (!item)
		return NULL;
	memcpy(item->text, text, (size_t)length + 1);
	to = item->text + length + 1;
	item->name = append(&to, old->name, strlen(old->name));
	item->host = append(&to, host, strlen(host));
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

struct list_snapshot *list_snapshot_new(void)
{
	struct list_snapshot *snap = calloc(1, sizeof(*snap));

	if (!snap)
		return NULL;
	urcu_ref_init(&snap->ref);
	pthread_mutex_init(&snap->lock, NULL);
	return snap;
}

bool list_snapshot_get(struct list_snapshot *snap)
{
	return urcu_ref_get_unless_zero(&snap->ref);
}

static void list_snapshot_free(struct rcu_head *head)
{
	struct list_snapshot *snap = caa_container_of(head, struct list_snapshot, rcu);

	for (size_t i = 0; i < snap->change_count; i++)
		item_put(snap->by_change[i]);
	free(snap->items);
	free(snap->by_change);
	free(snap->table);
	for (int i = 0; i < 4; i++)
		text_free(&snap->body[i / 2][i % 2]);
	pthread_mutex_destroy(&snap->lock);
	free(snap);
}

static void list_snapshot_release(struct urcu_ref *ref)
{
	struct list_snapshot *snap = caa_container_of(ref, struct list_snapshot, ref);

	call_rcu(&snap->rcu, list_snapshot_free);
}

void list_snapshot_put(struct list_snapshot *snap)
{
	urcu_ref_put(&snap->ref, list_snapshot_release);
}

/* The bits of ids are random, unless a hostile writer chose them; then a search is slow. */
static size_t id_hash(const struct headway_id *id)
{
	uint64_t a, b;

	memcpy(&a, id->bytes, sizeof(a));
	memcpy(&b, id->bytes + sizeof(a), sizeof(b));
	a = (a ^ (b * 0x9e3779b97f4a7c15ULL)) * 0xff51afd7ed558ccdULL;
	return (size_t)(a ^ (a >> 32));
}

bool list_snapshot_index(struct list_snapshot *snap)
{
	size_t size = 16;

	while (size < snap->count * 2)
		size *= 2;
	snap->table = calloc(size, sizeof(*snap->table));
	if (!snap->table)
		return false;
	snap->table_mask = size - 1;
	for (size_t i = 0; i < snap->count; i++) {
		size_t at = id_hash(&snap->items[i]->id) & snap->table_mask;

		while (snap->table[at])
			at = (at + 1) & snap->table_mask;
		snap->table[at] = (uint32_t)(i + 1);
	}
	return true;
}

struct item *list_snapshot_find(const struct list_snapshot *snap, const struct headway_id *id)
{
	if (!snap->table)
		return NULL;
	for (size_t at = id_hash(id) & snap->table_mask; snap->table[at];
	     at = (at + 1) & snap->table_mask) {
		struct item *item = snap->items[snap->table[at] - 1];

		if (memcmp(item->id.bytes, id->bytes, sizeof(id->bytes)) == 0)
			return item;
	}
	return NULL;
}

size_t list_snapshot_after(const struct list_snapshot *snap, uint64_t change)
{
	size_t low = 0, high = snap->change_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (snap->by_change[middle]->change > change)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}
