/* SPDX-License-Identifier: BSD-3-Clause */
/* One request, from its first line to the end of the answer. */
#ifndef HTTPD_REQUEST_H
#define HTTPD_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include <headway.h>
#include "snapshot/waiters.h"

struct listener;
struct peer;
struct trimmed; /* the value of a header without trailing blanks */

struct request {
	struct waiter waiter; /* while it waits */
	struct MHD_Connection *connection;
	const struct listener *listener;
	struct peer *peer;
	const char *method;
	bool started;   /* the handler was called before */
	bool answered;  /* a reply was queued */
	bool preferred; /* the wait is from a Prefer header, which the answer confirms */
	bool waiting;   /* it waits: the fields below are set */
	int64_t arrived_ns;
	int64_t since_ns; /* the answer needs a walk that began at this time or later */
	int64_t deadline_ns;
	struct headway_id id;
	uint64_t state;        /* the state that the client has; the wait ends when it differs */
	uint64_t change;       /* the newest change when the wait began */
	uint64_t cancel_order; /* sent, and not yet forgotten; or 0 */
	struct trimmed *trimmed;
	char target[]; /* the address as it was sent */
};

/* With --allow-cancel, what begins with this is the only path that takes a POST, and takes nothing
 * else. */
#define CANCEL_PATH "/_/cancel/"

bool request_is_cancel(const struct request *);

void request_free(struct request *);

/* A header's value without blanks around it, or NULL; it lives as long as the request. */
const char *header_get(struct request *, const char *name);

/* Calls waiter_suspend() for a request; false: the program is about to end, answer now. */
bool request_suspend(struct request *, int64_t deadline_ns);

#endif
