/* SPDX-License-Identifier: BSD-3-Clause */
/* Sweep: give back what dead members left; see sweep.c.  Sweeping one member is member.h's hook. */
#ifndef HW_SWEEP_H
#define HW_SWEEP_H

#include "slot.h"

enum { HW__NOBODY = 0xffff }; /* no member's index */

/* Hand the sweep of one member to member.c.  Idempotent; before anything is opened. */
void hw__sweep_hooks(void);

/* Free units that are PUB and referred to by nothing.  thorough: look at those as well whose hint says
 * that they are free.  Returns how many. */
uint64_t hw__sweep_orphans(struct hw__attachment *attachment, bool thorough);

/* Does its home's current version refer to this OWNED or PUB unit?  state: what was seen of it. */
bool hw__unit_is_current(const struct hw__attachment *attachment, enum hw__pool_index which,
			 uint32_t index, uint64_t state);

#endif
