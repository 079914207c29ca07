/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies that are being sent from the memory of a list snapshot. A slow client keeps its snapshot
 * in memory; if there are too many such snapshots, the connections that use the oldest are shut
 * down. */
#ifndef HTTPD_TRANSFERS_H
#define HTTPD_TRANSFERS_H

#include <stddef.h>

#include "snapshot/list_snapshot.h"

struct transfer;

/* Begins a transfer, with ownership of the reference, for a reply on socket fd; NULL: out of
 * memory, and the reference is dropped. */
struct transfer *transfer_begin(struct list_snapshot *, int fd);

/* Called by libmicrohttpd when the reply was sent or failed. */
void transfer_end(void *transfer);

/* Shuts down connections, oldest snapshot first, until at most `most` snapshots besides the newest
 * are in use. */
void transfers_limit(const struct list_snapshot *newest, size_t most);

/* The number of replies being sent. */
size_t transfers_count(void);

#endif
