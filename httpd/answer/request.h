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

struct request {
	struct parked parked; /* while it waits */
	struct MHD_Connection *connection;
	const struct listener *listener;
	struct peer *peer;
	const char *method;
	bool started;   /* the handler was called before */
	bool answered;  /* a reply was queued */
	bool preferred; /* the wait comes from a Prefer header: the answer says that it was heard */
	bool waiting;   /* a wait was begun: what follows is set */
	int64_t arrived_ns;
	int64_t since_ns; /* the arena must have been looked at since */
	int64_t deadline_ns;
	struct headway_id id;
	uint64_t mark;   /* of what the client knows: the wait ends when it is another one */
	uint64_t change; /* ... and is not looked for before there is a change after this */
	char target[];   /* as it was sent */
};

/* park() for a request; false: the program is about to end, answer now. */
bool request_park(struct request *, int64_t deadline_ns);

#endif
