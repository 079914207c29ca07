/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a record's owner is alive: by locks and /proc, cached for a tenth of a second. */
#ifndef HW_OWNER_H
#define HW_OWNER_H

#include "store/slot.h"

/* owner: the slot's word; origin: of the revision that was read. Returns 1 yes, 0 no, -1 unknown:
 * no owner, another pid or time namespace, or the arena lost its name. fresh: do not use the
 * cache. */
int hw__owner_alive(struct hw__attachment *attachment, uint64_t owner,
		    const struct hw__origin *origin, bool fresh);

/* For a dead owner: when this process first found it dead, in ns of the boot clock. */
uint64_t hw__owner_dead_ns(const struct hw__attachment *attachment, uint64_t owner,
			   const struct hw__origin *origin);

#endif
