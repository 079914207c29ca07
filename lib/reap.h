/* SPDX-License-Identifier: BSD-3-Clause */
/* Reap: expiry, dead owners, eviction; see reap.c. */
#ifndef HW_REAP_H
#define HW_REAP_H

#include "owner.h"
#include "sweep.h"

enum hw__want { HW__WANT_SLOT, HW__WANT_STRIPED_SLOT, HW__WANT_BLOCK, HW__WANT_EXTENT };

/*
 * Make room when something ran out: the dead are swept, expired records freed, then the oldest
 * Finished, then the oldest in Error, never one that is Running or pinned.  Takes the process lock: not
 * inside a read-side section.  True: there may be room now, try again.
 */
bool hw__make_room(struct hw__attachment *attachment, enum hw__want want);

#endif
