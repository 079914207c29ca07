/* SPDX-License-Identifier: BSD-3-Clause */
/* Is a record's owner alive?  Asked of locks and /proc, remembered for a tenth of a second. */
#ifndef HW_OWNER_H
#define HW_OWNER_H

#include "store/slot.h"

/*
 * owner: the slot's word; origin: of the version that was read.
 * 1 yes, 0 no, -1 unknown: no owner, another pid or time namespace, or the arena lost its name.
 * fresh: ask, whatever is remembered.
 */
int hw__owner_alive(struct hw__attachment *attachment, uint64_t owner,
		    const struct hw__origin *origin, bool fresh);

/* Of an owner that is dead: when this process noticed it first, by the boot clock. */
uint64_t hw__owner_dead_ns(const struct hw__attachment *attachment, uint64_t owner,
			   const struct hw__origin *origin);

#endif
