/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/waiters.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/text.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct parked list = {.next = &list, .previous = &list};
static int64_t next_deadline_ns = INT64_MAX; /* what the collector reckons with; under lock */
static bool stopping;                        /* under lock */
static int epoll_fd = -1, wake_fd = -1;

int park_init(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (epoll_fd < 0 || wake_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) != 0)
		return -errno;
	return 0;
}

void park_free(void)
{
	close(epoll_fd);
	close(wake_fd);
}

void park_wake(void)
{
	uint64_t one = 1;
	ssize_t unused = write(wake_fd, &one, sizeof(one)); /* full: awake already */

	(void)unused;
}

/* A socket that cannot be watched is looked at when its deadline comes. */
static void watch(struct parked *parked)
{
	struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = parked};

	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, parked->fd, &event);
}

static int connection_fd(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

bool park(struct parked *parked, struct MHD_Connection *connection, int64_t deadline_ns)
{
	bool wake;

	parked->connection = connection;
	parked->fd = connection_fd(connection);
	parked->deadline_ns = deadline_ns;
	parked->why = PARK_NOT;
	pthread_mutex_lock(&lock);
	if (stopping) {
		parked->why = PARK_STOP;
		pthread_mutex_unlock(&lock);
		return false;
	}
	MHD_suspend_connection(connection);
	wake = list.next == &list || deadline_ns < next_deadline_ns;
	parked->next = &list;
	parked->previous = list.previous;
	parked->previous->next = list.previous = parked;
	watch(parked);
	pthread_mutex_unlock(&lock);
	if (wake)
		park_wake();
	return true;
}

/* Under lock.  The owner may run, and free it, as soon as the lock is released. */
static void resume(struct parked *parked, enum park_why why)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, parked->fd, NULL);
	parked->previous->next = parked->next;
	parked->next->previous = parked->previous;
	parked->why = why;
	MHD_resume_connection(parked->connection);
}

static void on_event(struct parked *parked)
{
	uint64_t count;
	ssize_t unused;

	if (!parked) {
		unused = read(wake_fd, &count, sizeof(count));
		(void)unused;
		return;
	}
	/* Still on the list: only this thread takes one off, and each event is another socket's. */
	pthread_mutex_lock(&lock);
	resume(parked, PARK_LEFT);
	pthread_mutex_unlock(&lock);
}

static int timeout_ms(int64_t until_ns)
{
	int64_t left = until_ns - now_ns();

	if (until_ns == INT64_MAX)
		return -1;
	if (left <= 0)
		return 0;
	left = (left + MILLISECOND_NS - 1) / MILLISECOND_NS;
	return left > 60000 ? 60000 : (int)left;
}

void park_sleep(int64_t until_ns)
{
	struct epoll_event events[64];
	int count = epoll_wait(epoll_fd, events, 64, timeout_ms(until_ns));

	for (int i = 0; i < count; i++)
		on_event(events[i].data.ptr);
}

static enum park_why verdict(struct parked *parked, const struct generation *generation,
			     int64_t walked_ns, int64_t now)
{
	if (stopping)
		return PARK_STOP;
	if (generation && parked->is_due(parked, generation, walked_ns))
		return PARK_DUE;
	return now >= parked->deadline_ns ? PARK_TIMEOUT : PARK_NOT;
}

int64_t park_evaluate(const struct generation *generation, int64_t walked_ns)
{
	int64_t now = now_ns(), earliest = INT64_MAX;
	struct parked *parked, *next;

	pthread_mutex_lock(&lock);
	for (parked = list.next; parked != &list; parked = next) {
		enum park_why why = verdict(parked, generation, walked_ns, now);

		next = parked->next;
		if (why != PARK_NOT)
			resume(parked, why);
		else if (parked->deadline_ns < earliest)
			earliest = parked->deadline_ns;
	}
	next_deadline_ns = earliest;
	pthread_mutex_unlock(&lock);
	return earliest;
}

bool park_is_empty(void)
{
	bool empty;

	pthread_mutex_lock(&lock);
	empty = list.next == &list;
	pthread_mutex_unlock(&lock);
	return empty;
}

void park_stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_mutex_unlock(&lock);
	park_wake();
}

bool park_is_stopping(void)
{
	bool answer;

	pthread_mutex_lock(&lock);
	answer = stopping;
	pthread_mutex_unlock(&lock);
	return answer;
}
