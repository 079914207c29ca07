/* SPDX-License-Identifier: BSD-3-Clause */
/* The list is in the order of transfer_begin(), so the oldest snapshot comes first. */
#include "snapshot/transfers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"

struct transfer {
	struct transfer *next, *previous;
	struct list_snapshot *snap;
	/* open while the transfer is in the list: a reply is freed before its socket is closed */
	int fd;
	bool is_shut;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct transfer list = {.next = &list, .previous = &list};
static size_t count;

struct transfer *transfer_begin(struct list_snapshot *snap, int fd)
{
	struct transfer *transfer = calloc(1, sizeof(*transfer));

	if (!transfer) {
		list_snapshot_put(snap);
		return NULL;
	}
	transfer->snap = snap;
	transfer->fd = fd;
	pthread_mutex_lock(&lock);
	transfer->next = &list;
	transfer->previous = list.previous;
	transfer->previous->next = list.previous = transfer;
	count++;
	pthread_mutex_unlock(&lock);
	return transfer;
}

void transfer_end(void *argument)
{
	struct transfer *transfer = argument;

	pthread_mutex_lock(&lock);
	transfer->previous->next = transfer->next;
	transfer->next->previous = transfer->previous;
	count--;
	pthread_mutex_unlock(&lock);
	list_snapshot_put(transfer->snap);
	free(transfer);
}

/* The number of different snapshots in the list, without the newest. */
static size_t count_snapshots(const struct list_snapshot *newest)
{
	const struct list_snapshot *before = newest;
	size_t number = 0;

	for (const struct transfer *t = list.next; t != &list; t = t->next) {
		if (!t->is_shut && t->snap != newest && t->snap != before)
			number++;
		before = t->is_shut ? before : t->snap;
	}
	return number;
}

static size_t shut_oldest(const struct list_snapshot *newest)
{
	const struct list_snapshot *oldest = NULL;
	size_t number = 0;

	for (struct transfer *t = list.next; t != &list; t = t->next) {
		if (t->is_shut || t->snap == newest || (oldest && t->snap != oldest))
			continue;
		oldest = t->snap;
		t->is_shut = true;
		shutdown(t->fd, SHUT_RDWR);
		number++;
	}
	return number;
}

void transfers_limit(const struct list_snapshot *newest, size_t most)
{
	size_t shut_count = 0;

	pthread_mutex_lock(&lock);
	if (count > most) {
		for (size_t over = count_snapshots(newest); over > most; over--)
			shut_count += shut_oldest(newest);
	}
	pthread_mutex_unlock(&lock);
	if (shut_count)
		log_warning("cut off %zu slow readers: more than %zu lists were held", shut_count,
			    most);
}

size_t transfers_count(void)
{
	size_t number;

	pthread_mutex_lock(&lock);
	number = count;
	pthread_mutex_unlock(&lock);
	return number;
}
