/* SPDX-License-Identifier: BSD-3-Clause */
/* A record opened for writing. */
#ifndef HW_HANDLE_H
#define HW_HANDLE_H

#include "forecast/trace.h"
#include "open/owner.h"
#include "store/slot.h"

#include <errno.h>

/*
 * prefix      used by the inline counters. All of it except generation is set before the handle is
 *             returned or, in a forked child, before generation is set (release)
 * attachment  referenced
 * foreign     another process, or another membership of this one, owns the record; owner and origin say
 *             which. Set like the prefix
 */
struct headway_record {
	struct headway_record_prefix prefix;
	struct hw__attachment *attachment;
	uint32_t slot;
	bool foreign;
	uint64_t checked; /* relaxed, ms: when the owner was found alive; 0: not since the pin */
	struct headway_id id;
	uint64_t owner;
	struct hw__origin origin;
	struct hw__trace *trace; /* of the handle that started a record with a history; or NULL */
};

/* Allocates a handle that is not yet bound. Once the caller's call succeeds, the handle owns the
 * reference on the attachment. NULL: no memory. */
struct headway_record *hw__handle_make(struct hw__attachment *attachment, uint32_t slot,
				       const struct headway_id *id);

/* Makes the handle valid; the slot is pinned and holds this record. */
void hw__handle_bind(struct headway_record *record, uint64_t owner, uint32_t counter_count);

/* To be called after pinning: checks that the slot still holds the record. 0, -ESTALE, -EAGAIN,
 * -EBADMSG, -ENOMEM. */
int hw__slot_verify(const struct hw__attachment *attachment, uint32_t slot,
		    const struct headway_id *id, uint32_t *counter_count,
		    struct hw__origin *origin);

/* In a forked child: becomes a member, pins the slot, compares the id, and only then makes the
 * handle valid. */
int hw__handle_rejoin(struct headway_record *record);

/* Ensures that the handle belongs to this process's present membership; 0 or an error. */
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

/* To be called inside a section, before and after a publication by a process that is not the owner.
 * -EALREADY: the owner is dead, and the record is lost from here on. */
int hw__handle_watch(struct headway_record *record, uint32_t *call);
static inline void hw__handle_watch_end(const struct headway_record *r, uint32_t call)
{
	hw__owner_watch_end(r->attachment, call);
}

/* Adds a point to the trace, which the handle has. */
void hw__sample(struct headway_record *record);

/* After a call that changed the record. */
static inline int hw__sampled(struct headway_record *r, int error)
{
	if (!error && r->trace)
		hw__sample(r);
	return error;
}

/* Returns 0 for the word of a Running record, otherwise the error for a writer. */
static inline int hw__status_refusal(uint64_t word)
{
	unsigned status = hw__word_status(word);

	if (status == HW__RUNNING)
		return 0;
	return status > HW__RUNNING && status <= HW__RETIRING ? -EALREADY : -ESTALE;
}

#endif
