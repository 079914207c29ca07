/* SPDX-License-Identifier: BSD-3-Clause */
/* A record opened for writing. */
#ifndef HW_HANDLE_H
#define HW_HANDLE_H

#include "slot.h"

#include <errno.h>

/*
 * prefix      what the inline counters see.  Everything in it but generation is set before the handle
 *             is given out or, in a forked child, before generation is raised (release)
 * attachment  referenced
 */
struct headway_record {
	struct headway_record_prefix prefix;
	struct hw__attachment *attachment;
	uint32_t slot;
	struct headway_id id;
};

/* A handle that is not yet bound.  The caller's reference on the attachment becomes its own as soon as
 * it is given out.  NULL without memory. */
struct headway_record *hw__handle_make(struct hw__attachment *attachment, uint32_t slot,
				       const struct headway_id *id);

/* The slot is pinned, and is this record's: from here on the handle works. */
void hw__handle_bind(struct headway_record *record, uint64_t owner, uint32_t counter_count);

/* After the pin: is this still the record?  0, -ESTALE, -EAGAIN, -EBADMSG, -ENOMEM. */
int hw__slot_verify(const struct hw__attachment *attachment, uint32_t slot,
		    const struct headway_id *id, uint32_t *counter_count);

/* In a forked child: join, pin for oneself, compare the id, and only then believe the handle. */
int hw__handle_rejoin(struct headway_record *record);

/* 0 when the handle is of this process's present membership, or was made so. */
static inline int hw__handle_ready(struct headway_record *r)
{
	uint64_t generation;

	if (!r)
		return -EINVAL;
	generation = hw__generation(r->attachment);
	if (generation && hw__load_acquire(&r->prefix.generation) == generation)
		return 0;
	return hw__handle_rejoin(r);
}

/* 0 when word is a Running record's; else why a writer is refused. */
static inline int hw__status_refusal(uint64_t word)
{
	unsigned status = hw__word_status(word);

	if (status == HW__RUNNING)
		return 0;
	return status > HW__RUNNING && status <= HW__RETIRING ? -EALREADY : -ESTALE;
}

#endif
