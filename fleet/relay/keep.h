/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the bucket's keys of this host equal to the arena's records. */
#ifndef RELAY_KEEP_H
#define RELAY_KEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/relay.h"
#include "relay/window.h"

/* List the bucket's keys of this host.  The walks that follow delete those whose records are not in the
 * arena and write all others.  To be called at the start and when the bucket was lost.  false: the bucket
 * could not be read; fault says why. */
bool keep_reconcile(struct relay *, char *fault, size_t size);

/* One walk over the arena: queue what changed. */
void keep_walk(struct relay *, int64_t now);

/* Write what is queued, as far as the window and the connection allow. */
void keep_send(struct relay *, struct window *, int64_t now);

/* The answer to a write of keep_send(); frees its flight. */
void keep_answer(struct relay *, struct window *, struct flight *, enum answer, uint64_t sequence,
		 int64_t now);

void keep_free(void);

#endif
