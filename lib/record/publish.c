/* SPDX-License-Identifier: BSD-3-Clause */
#include "record/publish.h"

#include "base/clock.h"

#include <string.h>

void hw__publish_write(const struct hw__publication *p, const struct headway_id *id,
		       const struct hw__plan *plan, const unsigned char *entries)
{
	struct hw__block *block = hw__block_at(p->a, hw__ref_index(p->block));
	struct hw__block_head head = {
		.home = p->slot,
		.used_bytes = (uint16_t)plan->inline_bytes,
		.status = (uint16_t)plan->status,
		.rev = plan->rev,
		.changed_ns = hw__wall_coarse_ns(),
		.overflow = plan->overflow,
		.results = plan->results,
	};

	memcpy(head.id, id->bytes, sizeof head.id);
	hw__block_head_store(block, &head);
	/* W2: all stores come before W3 */
	hw__copy_out(block->entries, entries, plan->inline_bytes);
}
