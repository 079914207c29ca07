/* SPDX-License-Identifier: BSD-3-Clause */
/* Update: from one version of a record to the next; see update.c. */
#ifndef HW_UPDATE_H
#define HW_UPDATE_H

#include "clock.h"
#include "edit.h"
#include "record.h"

/* One update, or the making of a first version, under way: what it took and what it will drop. */
struct hw__update {
	struct headway_record *record;
	struct hw__attachment *a;
	struct hw__queue *queue;
	struct hw__edit *edit;
	struct hw__buffer *old, *new;
	struct hw__refs new_extents, old_extents;
	uint64_t results;       /* head of the new chain of results, or 0 */
	size_t results_extents; /* new_extents[0..results_extents) are its */
	uint64_t block;         /* OWNED, unpublished; 0 before */
	uint64_t extents;       /* that the version needs anew, results included */
	bool thorough;          /* look at every state for a free one */
};

/* Apply an edit; makes room when there is none.  0 or what headway_message() may return; -EMSGSIZE as
 * hw__edit_apply(). */
int hw__update(struct headway_record *record, struct hw__edit *edit);

/* hw__update() for one message, which is checked already, and for an end: by the fast path where they can be. */
int hw__update_message(struct headway_record *record, const struct hw__message *message);
int hw__update_finish(struct headway_record *record);

/* When a record of that time namespace is ended now; 0: this process's clock is another. */
static inline uint64_t hw__ended_boot_ns(const struct hw__attachment *a, uint32_t time_namespace)
{
	return hw__clock_is_shared(a, time_namespace) ? hw__boot_ns() : 0;
}

/* Bring a block to write on: 0, or -ENOBUFS (no block, as told from -ENOSPC: no extent). */
int hw__update_take_block(struct hw__update *update);

/* Write the block: all but its state. */
void hw__update_fill_block(const struct hw__update *update, uint64_t rev,
			   const struct hw__plan *plan, unsigned status);

/* Give back what was brought and not published. */
void hw__update_undo(struct hw__update *update);

#endif
