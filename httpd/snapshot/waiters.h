/* SPDX-License-Identifier: BSD-3-Clause */
/* Suspended connections. A waiter needs no thread, only a `struct waiter` in a list. Only the
 * collector's thread ends a wait: when its is_due() returns true, at the deadline, when the client
 * hangs up (libmicrohttpd does not poll a suspended connection, so its socket is polled here), or
 * when the program ends. */
#ifndef HTTPD_WAITERS_H
#define HTTPD_WAITERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;
struct list_snapshot;

enum wait_outcome { WAIT_PENDING, WAIT_DUE, WAIT_TIMEOUT, WAIT_HANGUP, WAIT_STOPPING };

struct waiter {
	struct waiter *next, *previous; /* of the list, under its lock */
	struct MHD_Connection *connection;
	int fd;
	enum wait_outcome
		outcome; /* of the last wait; read when libmicrohttpd calls the handler again */
	int64_t deadline_ns;
	/* True if the wait is over. The snapshot is at least as new as walked_ns. Called by the
	 * collector with the list locked; it may change only the waiter. */
	bool (*is_due)(struct waiter *, const struct list_snapshot *, int64_t walked_ns);
};

int waiters_init(void); /* 0 or a negative errno */
void waiters_free(void);

/* Suspends a connection from within its handler or content reader, which must then return at once.
 * False: the program is about to end, nothing was done, answer now. */
bool waiter_suspend(struct waiter *, struct MHD_Connection *, int64_t deadline_ns);

/* The collector's thread calls ready() when fd is readable. One descriptor; closing it ends this. */
int waiters_watch(int fd, void (*ready)(void)); /* 0 or a negative errno */

/* For the collector: sleeps until the given time (INT64_MAX: no limit), a new waiter, or a
 * hangup. */
void waiters_sleep(int64_t until_ns);
/* Resumes the waiters that are due. Returns the earliest deadline of the others. */
int64_t waiters_resume_due(const struct list_snapshot *, int64_t walked_ns);
bool waiters_are_none(void);

/* Wakes the collector's thread. */
void waiters_wake(void);

/* Allows no more waits: resumes all waiters with WAIT_STOPPING. */
void waiters_stop(void);
bool waiters_are_stopping(void);

#endif
