/* SPDX-License-Identifier: BSD-3-Clause */
/* Records that this process has reported lost, although the slot's word still says Running. */
#ifndef HW_ORPHAN_H
#define HW_ORPHAN_H

#include "arena/arena.h"

/* True if the record of this slot was added. *dead_ns: as it was added. Any thread; wait-free. */
bool hw__orphan_find(const struct hw__attachment *attachment, uint32_t slot, uint64_t id_tail,
		     uint64_t *dead_ns);

/* Without memory it has no effect. Any thread. Memory: 16 bytes a slot, of which only what is used is touched. */
void hw__orphan_add(struct hw__attachment *attachment, uint32_t slot, uint64_t id_tail,
		    uint64_t dead_ns);

#endif
