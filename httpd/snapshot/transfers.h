/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Replies that are being sent from a generation.  A slow client keeps its generation alive; when too
 * many different ones are kept, the connections that hold the oldest are shut down.
 */
#ifndef HTTPD_HELD_H
#define HTTPD_HELD_H

#include <stddef.h>

#include "snapshot/list_snapshot.h"

struct held;

/* Take over a reference for a reply on socket fd; NULL: out of memory, the reference is dropped. */
struct held *held_take(struct generation *, int fd);

/* The reply was sent, or failed: for libmicrohttpd's free callback. */
void held_drop(void *held);

/* Cut off the oldest until at most `most` generations besides the newest are held. */
void held_bound(const struct generation *newest, size_t most);

/* How many replies hold one right now. */
size_t held_count(void);

#endif
