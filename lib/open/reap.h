/* SPDX-License-Identifier: BSD-3-Clause */
/* Reap: expiry, dead owners, eviction; see reap.c. */
#ifndef HW_REAP_H
#define HW_REAP_H

#include "open/owner.h"
#include "store/sweep.h"

enum hw__want { HW__WANT_SLOT, HW__WANT_STRIPED_SLOT, HW__WANT_BLOCK, HW__WANT_EXTENT };

/* Makes room when there is none: sweeps dead members, frees expired records, then evicts the oldest
 * Finished records and then the oldest in Error, never one that is Running or pinned. Acquires the
 * process lock: not to be called inside a section. extents: how many the whole call needs. If
 * eviction of everything could not provide as many, nothing is evicted. True: this process or
 * another freed something; try again. */
bool hw__make_room(struct hw__attachment *attachment, enum hw__want want, uint64_t extents);

/* How often making room can help one call: once for each present record, and a few times more for
 * records that end meanwhile. */
static inline uint32_t hw__room_rounds(const struct hw__attachment *a)
{
	return a->geometry.slots + 64;
}

#endif
