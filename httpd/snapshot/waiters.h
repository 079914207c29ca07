/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections that wait: no thread stands behind one, only a `struct parked` on a list.  The
 * collector's thread is the only one that ends a wait; it does so when the owner's is_due() says so,
 * at the deadline, when the client hangs up (libmicrohttpd does not look at a suspended
 * connection, so the socket is watched here), or when the program ends.
 */
#ifndef HTTPD_PARK_H
#define HTTPD_PARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;
struct generation;

enum park_why { PARK_NOT, PARK_DUE, PARK_TIMEOUT, PARK_LEFT, PARK_STOP };

struct parked {
	struct parked *next, *previous; /* of the list, under its lock */
	struct MHD_Connection *connection;
	int fd;
	enum park_why why; /* how the last wait ended; read by the owner when it is called again */
	int64_t deadline_ns;
	/* Has what it waits for happened?  walked_ns: the generation is at least as new as this.
	 * Called by the collector with the list locked: looks, at most moves its own mark. */
	bool (*is_due)(struct parked *, const struct generation *, int64_t walked_ns);
};

int park_init(void); /* 0 or a negative errno */
void park_free(void);

/*
 * Suspend a connection from within its handler or content reader, which must then return at once.
 * false: the program is about to end, nothing was done, answer now.
 */
bool park(struct parked *, struct MHD_Connection *, int64_t deadline_ns);

/* For the collector: sleep until the time given (INT64_MAX: for ever), somebody parks or leaves. */
void park_sleep(int64_t until_ns);
/* End the waits that are over.  Returns when the next one ends by its deadline. */
int64_t park_evaluate(const struct generation *, int64_t walked_ns);
bool park_is_empty(void);

/* Wake the collector's thread. */
void park_wake(void);

/* From now on nobody waits: all are resumed with PARK_STOP. */
void park_stop(void);
bool park_is_stopping(void);

#endif
