/* SPDX-License-Identifier: BSD-3-Clause */
/* Reap: expiry, dead owners, eviction; see reap.c. */
#ifndef HW_REAP_H
#define HW_REAP_H

#include "open/owner.h"
#include "store/sweep.h"

enum hw__want { HW__WANT_SLOT, HW__WANT_STRIPED_SLOT, HW__WANT_BLOCK, HW__WANT_EXTENT };

/*
 * Make room when something ran out: the dead are swept, expired records freed, then the oldest
 * Finished, then the oldest in Error, never one that is Running or pinned.  Takes the process lock: not
 * inside a read-side section.
 * extents: how many the whole call needs.  When that many could not be had even if all went that may go,
 * nothing is evicted.
 * True: something was freed by this call or another, try again.
 */
bool hw__make_room(struct hw__attachment *attachment, enum hw__want want, uint64_t extents);

/* How often making room may help one call: once for each record that is here, and for some more that
 * others end meanwhile. */
static inline uint32_t hw__room_rounds(const struct hw__attachment *a)
{
	return a->geometry.slots + 64;
}

#endif
