/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweep: give back what dead members left; see sweep.c. */
#ifndef HW_SWEEP_H
#define HW_SWEEP_H

#include "store/slot.h"

/* Sweep dead members, whose bytes the caller holds, in one pass; adds to count what it did.  own: it is
 * this process's member, and what it touched is known. */
void hw__members_sweep(struct hw__attachment *attachment, const struct hw__members *dead, bool own,
		       struct hw__sweep_count *count);

/* Frees orphans: chunks that are SHARED and not current.  thorough: also looks at chunks whose hint says
 * that they are free.  Returns how many. */
uint64_t hw__sweep_orphans(struct hw__attachment *attachment, bool thorough);

static inline bool hw__is_owned_by(uint64_t owner, const struct hw__members *members)
{
	return hw__owner_kind(owner) == HW__OWNER_MEMBER &&
	       hw__members_have(members, hw__owner_member(owner));
}

/* How many chunks a sweep of these dead, and of orphans, would free.  Changes nothing. */
uint64_t hw__sweep_chunks_count(const struct hw__attachment *attachment,
				const struct hw__members *dead);

/* Is this OWNED or SHARED chunk current?  state: what was loaded of it. */
bool hw__chunk_is_current(const struct hw__attachment *attachment, enum hw__pool_index which,
			  uint32_t index, uint64_t state);

#endif
