/* SPDX-License-Identifier: BSD-3-Clause */
/* The fast path: updates by a few messages, and ends, if all entries fit into the block. Other updates
 * take the general path. */
#ifndef HW_FAST_PATH_H
#define HW_FAST_PATH_H

#include "record/update.h"

/* Entries up to this size leave space for the frozen entry. */
enum { HW__FAST_BYTES = HW__INLINE_BYTES - HW__ENTRY_OVERHEAD - sizeof(struct hw__frozen) };

/* This thread's queue, if it belongs to the handle's membership. */
static inline struct hw__queue *hw__queue_of_handle(const struct headway_record *r)
{
	struct hw__thread *t = hw__thread_self;
	struct hw__queue *queue = t ? t->queues : NULL;

	return queue && queue->generation == hw__load_acquire(&r->prefix.generation) ? queue : NULL;
}

/* Like hw__update() with these messages, whose texts are already checked, and a status: HW__RUNNING, or
 * that of an end. At least one message, or an end; few of them, since each is searched for. */
int hw__fast_update(struct headway_record *record, const struct hw__message *messages, size_t count,
		    unsigned status);

#endif
