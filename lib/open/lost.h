/* SPDX-License-Identifier: BSD-3-Clause */
/* The records that this process has reported lost although the slot's word still says Running. */
#ifndef HW_LOST_H
#define HW_LOST_H

#include "arena/arena.h"

/* True if this record of the slot was added; *dead_ns is then the time that was added with it. Any thread;
 * wait-free. */
bool hw__lost_search(const struct hw__attachment *attachment, uint32_t slot, uint64_t id_tail,
		     uint64_t *dead_ns);
static inline bool hw__lost_find(const struct hw__attachment *a, uint32_t slot, uint64_t id_tail,
				 uint64_t *dead_ns)
{
	return hw__load_relaxed(&a->lost_reports) && hw__lost_search(a, slot, id_tail, dead_ns);
}

/* Adds the record, in place of an earlier one of the slot; does nothing if there is no memory. Any thread. The
 * table has 16 bytes for each slot, of which only the pages used are in memory. */
void hw__lost_add(struct hw__attachment *attachment, uint32_t slot, uint64_t id_tail,
		  uint64_t dead_ns);

#endif
