/* SPDX-License-Identifier: BSD-3-Clause */
/* The list is in the order of taking, so generations stand in it oldest first. */
#include "snapshot/transfers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"

struct held {
	struct held *next, *previous;
	struct generation *generation;
	int fd; /* open as long as this is on the list: a reply is freed before its socket */
	bool cut;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct held list = {.next = &list, .previous = &list};
static size_t count;

struct held *held_take(struct generation *generation, int fd)
{
	struct held *held = calloc(1, sizeof(*held));

	if (!held) {
		generation_put(generation);
		return NULL;
	}
	held->generation = generation;
	held->fd = fd;
	pthread_mutex_lock(&lock);
	held->next = &list;
	held->previous = list.previous;
	held->previous->next = list.previous = held;
	count++;
	pthread_mutex_unlock(&lock);
	return held;
}

void held_drop(void *argument)
{
	struct held *held = argument;

	pthread_mutex_lock(&lock);
	held->previous->next = held->next;
	held->next->previous = held->previous;
	count--;
	pthread_mutex_unlock(&lock);
	generation_put(held->generation);
	free(held);
}

/* Different generations on the list, but for the newest. */
static size_t distinct(const struct generation *newest)
{
	const struct generation *before = newest;
	size_t number = 0;

	for (const struct held *h = list.next; h != &list; h = h->next) {
		if (!h->cut && h->generation != newest && h->generation != before)
			number++;
		before = h->cut ? before : h->generation;
	}
	return number;
}

static size_t cut_oldest(const struct generation *newest)
{
	const struct generation *oldest = NULL;
	size_t number = 0;

	for (struct held *h = list.next; h != &list; h = h->next) {
		if (h->cut || h->generation == newest || (oldest && h->generation != oldest))
			continue;
		oldest = h->generation;
		h->cut = true;
		shutdown(h->fd, SHUT_RDWR);
		number++;
	}
	return number;
}

void held_bound(const struct generation *newest, size_t most)
{
	size_t cut = 0;

	pthread_mutex_lock(&lock);
	if (count > most) {
		for (size_t over = distinct(newest); over > most; over--)
			cut += cut_oldest(newest);
	}
	pthread_mutex_unlock(&lock);
	if (cut)
		log_warning("cut off %zu slow readers: more than %zu lists were held", cut, most);
}

size_t held_count(void)
{
	size_t number;

	pthread_mutex_lock(&lock);
	number = count;
	pthread_mutex_unlock(&lock);
	return number;
}
