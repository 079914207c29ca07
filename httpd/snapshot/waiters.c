/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/waiters.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct waiter list = {.next = &list, .previous = &list};
static int64_t next_deadline_ns =
	INT64_MAX;    /* the earliest deadline that the collector has computed; under lock */
static bool stopping; /* under lock */
static int epoll_fd = -1, wake_fd = -1;
static void (*watched_ready)(void);
static char watched; /* its address names the watched descriptor's events */

int waiters_init(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (epoll_fd < 0 || wake_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, wake_fd, &event) != 0)
		return -errno;
	return 0;
}

int waiters_watch(int fd, void (*ready)(void))
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &watched};

	watched_ready = ready;
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
}

void waiters_free(void)
{
	close(epoll_fd);
	close(wake_fd);
}

void waiters_wake(void)
{
	uint64_t one = 1;
	ssize_t unused = write(wake_fd, &one, sizeof(one)); /* EAGAIN: already woken */

	(void)unused;
}

/* Without the event, a hangup is noticed only at the deadline. */
static void watch(struct waiter *waiter)
{
	struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = waiter};

	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, waiter->fd, &event);
}

static int connection_fd(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

bool waiter_suspend(struct waiter *waiter, struct MHD_Connection *connection, int64_t deadline_ns)
{
	bool wake;

	waiter->connection = connection;
	waiter->fd = connection_fd(connection);
	waiter->deadline_ns = deadline_ns;
	waiter->outcome = WAIT_PENDING;
	pthread_mutex_lock(&lock);
	if (stopping) {
		waiter->outcome = WAIT_STOPPING;
		pthread_mutex_unlock(&lock);
		return false;
	}
	MHD_suspend_connection(connection);
	wake = list.next == &list || deadline_ns < next_deadline_ns;
	waiter->next = &list;
	waiter->previous = list.previous;
	waiter->previous->next = list.previous = waiter;
	watch(waiter);
	pthread_mutex_unlock(&lock);
	if (wake)
		waiters_wake();
	return true;
}

/* Called under lock. The handler may run and free the waiter as soon as the lock is released. */
static void waiter_resume(struct waiter *waiter, enum wait_outcome outcome)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, waiter->fd, NULL);
	waiter->previous->next = waiter->next;
	waiter->next->previous = waiter->previous;
	waiter->outcome = outcome;
	MHD_resume_connection(waiter->connection);
}

static void on_hangup(struct waiter *waiter)
{
	/* It is still in the list: only this thread removes waiters, and there is one event per
	 * socket. */
	pthread_mutex_lock(&lock);
	waiter_resume(waiter, WAIT_HANGUP);
	pthread_mutex_unlock(&lock);
}

static void on_event(void *which)
{
	uint64_t count;
	ssize_t unused;

	if (which == &watched) {
		watched_ready();
	} else if (which) {
		on_hangup(which);
	} else {
		unused = read(wake_fd, &count, sizeof(count));
		(void)unused;
	}
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

void waiters_sleep(int64_t until_ns)
{
	struct epoll_event events[64];
	int count = epoll_wait(epoll_fd, events, 64, timeout_ms(until_ns));

	for (int i = 0; i < count; i++)
		on_event(events[i].data.ptr);
}

static enum wait_outcome outcome_of(struct waiter *waiter, const struct list_snapshot *snap,
				    int64_t walked_ns, int64_t now)
{
	if (stopping)
		return WAIT_STOPPING;
	if (snap && waiter->is_due(waiter, snap, walked_ns))
		return WAIT_DUE;
	return now >= waiter->deadline_ns ? WAIT_TIMEOUT : WAIT_PENDING;
}

int64_t waiters_resume_due(const struct list_snapshot *snap, int64_t walked_ns)
{
	int64_t now = now_ns(), earliest = INT64_MAX;
	struct waiter *waiter, *next;

	pthread_mutex_lock(&lock);
	for (waiter = list.next; waiter != &list; waiter = next) {
		enum wait_outcome outcome = outcome_of(waiter, snap, walked_ns, now);

		next = waiter->next;
		if (outcome != WAIT_PENDING)
			waiter_resume(waiter, outcome);
		else if (waiter->deadline_ns < earliest)
			earliest = waiter->deadline_ns;
	}
	next_deadline_ns = earliest;
	pthread_mutex_unlock(&lock);
	return earliest;
}

bool waiters_are_none(void)
{
	bool empty;

	pthread_mutex_lock(&lock);
	empty = list.next == &list;
	pthread_mutex_unlock(&lock);
	return empty;
}

void waiters_stop(void)
{
	pthread_mutex_lock(&lock);
	stopping = true;
	pthread_mutex_unlock(&lock);
	waiters_wake();
}

bool waiters_are_stopping(void)
{
	bool answer;

	pthread_mutex_lock(&lock);
	answer = stopping;
	pthread_mutex_unlock(&lock);
	return answer;
}
