/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the bucket's keys of this host equal to the arena's records. */
#ifndef RELAY_KEEP_H
#define RELAY_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/relay.h"
#include "relay/window.h"

/* The bucket's keys of this host that are not in the arena are to be deleted, all others to be written:
 * after a start, and when the bucket was lost.  false: the bucket could not be read. */
bool keep_reconcile(struct relay *, char *fault, size_t size);

/* One walk over the arena: queue what changed. */
void keep_walk(struct relay *, int64_t now);

/* Write what is queued, as far as the window and the connection allow. */
void keep_send(struct relay *, struct window *, int64_t now);

/* An answer to one of those writes, whose flight is free again after that. */
void keep_answer(struct relay *, struct window *, struct flight *, enum answer, uint64_t revision,
		 int64_t now);

void keep_free(void);

#endif
