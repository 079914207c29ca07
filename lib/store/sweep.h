/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweep: frees what dead members left; see sweep.c. */
#ifndef HW_SWEEP_H
#define HW_SWEEP_H

#include "store/slot.h"

/* Sweeps dead members, whose bytes the caller has locked, in one pass; adds to count what was done.
 * own: this process's member, whose used slots and chunks are known. */
void hw__members_sweep(struct hw__attachment *attachment, const struct hw__members *dead, bool own,
		       struct hw__sweep_count *count);

/* Frees orphans: chunks that are SHARED and not current. thorough: also examines chunks whose hint
 * says that they are free. Returns their number. */
uint64_t hw__sweep_orphans(struct hw__attachment *attachment, bool thorough);

static inline bool hw__is_owned_by(uint64_t owner, const struct hw__members *members)
{
	return hw__owner_kind(owner) == HW__OWNER_MEMBER &&
	       hw__members_have(members, hw__owner_member(owner));
}

/* Number of chunks that a sweep of these members, and of orphans, would free. Changes nothing. */
uint64_t hw__sweep_chunks_count(const struct hw__attachment *attachment,
				const struct hw__members *dead);

/* True if this OWNED or SHARED chunk is current. state: its state, as the caller loaded it. */
bool hw__chunk_is_current(const struct hw__attachment *attachment, enum hw__pool_index which,
			  uint32_t index, uint64_t state);

#endif
