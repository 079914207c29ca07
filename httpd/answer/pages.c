/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/pages.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/collector.h"

enum { ORDERS_MOST = 256 };
static const size_t bytes_most = (size_t)16 << 20; /* but one order is kept, however long */

struct kept {
	uint64_t number;
	uint64_t used; /* the higher, the later */
	size_t count;
	struct headway_id ids[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static struct kept *orders[ORDERS_MOST];
static uint64_t uses, numbers;
static size_t bytes;

static size_t bytes_of(const struct kept *kept)
{
	return sizeof(*kept) + kept->count * sizeof(kept->ids[0]);
}

static void drop(struct kept **place)
{
	bytes -= bytes_of(*place);
	free(*place);
	*place = NULL;
}

/* A free place, or that of the order that was unused for longest. */
static struct kept **place_to_use(void)
{
	struct kept **oldest = &orders[0];

	for (size_t i = 0; i < ORDERS_MOST; i++) {
		if (!orders[i])
			return &orders[i];
		if (orders[i]->used < (*oldest)->used)
			oldest = &orders[i];
	}
	return oldest;
}

static struct kept **oldest_but(const struct kept *excepted)
{
	struct kept **oldest = NULL;

	for (size_t i = 0; i < ORDERS_MOST; i++) {
		if (orders[i] && orders[i] != excepted &&
		    (!oldest || orders[i]->used < (*oldest)->used))
			oldest = &orders[i];
	}
	return oldest;
}

/* Takes ownership. Returns its number. */
static uint64_t add(struct kept *kept)
{
	struct kept **place = place_to_use();

	if (*place)
		drop(place);
	if (!numbers)
		numbers = collector_epoch; /* other numbers than those of an earlier run */
	kept->number = ++numbers ? numbers : ++numbers;
	kept->used = ++uses;
	*place = kept;
	bytes += bytes_of(kept);
	while (bytes > bytes_most && (place = oldest_but(kept)))
		drop(place);
	return kept->number;
}

uint64_t pages_keep(struct item *const *items, size_t count)
{
	struct kept *kept = malloc(sizeof(*kept) + count * sizeof(kept->ids[0]));
	uint64_t number;

	if (!kept)
		return 0;
	kept->count = count;
	for (size_t i = 0; i < count; i++)
		kept->ids[i] = items[i]->id;
	pthread_mutex_lock(&lock);
	number = add(kept);
	pthread_mutex_unlock(&lock);
	return number;
}

static struct kept *find(uint64_t number)
{
	for (size_t i = 0; i < ORDERS_MOST; i++) {
		if (orders[i] && orders[i]->number == number)
			return orders[i];
	}
	return NULL;
}

/* Copies what is behind the id; NULL: there is no such id, or no memory. */
static struct headway_id *copy_after(const struct kept *kept, const struct headway_id *after,
				     size_t *count)
{
	struct headway_id *ids;
	size_t at = 0;

	while (at < kept->count && memcmp(&kept->ids[at], after, sizeof(*after)) != 0)
		at++;
	if (at == kept->count)
		return NULL;
	*count = kept->count - at - 1;
	ids = malloc((*count + 1) * sizeof(*ids));
	if (ids)
		memcpy(ids, &kept->ids[at + 1], *count * sizeof(*ids));
	return ids;
}

bool pages_after(uint64_t number, const struct headway_id *after, struct headway_id **ids,
		 size_t *count)
{
	struct kept *kept;

	*ids = NULL;
	pthread_mutex_lock(&lock);
	kept = find(number);
	if (kept) {
		kept->used = ++uses;
		*ids = copy_after(kept, after, count);
	}
	pthread_mutex_unlock(&lock);
	return *ids != NULL;
}
