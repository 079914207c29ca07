/* SPDX-License-Identifier: BSD-3-Clause */
/* Geometry, use and totals of an arena. */
#include "base/clock.h"
#include "open/open.h"
#include "open/owner.h"
#include "store/revision.h"
#include "store/slot.h"
#include "base/word.h"
#include "base/sized.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* True for a Running slot whose owner is dead: its record is lost, but not yet swept. */
static bool owner_is_dead(struct hw__attachment *a, const struct hw__slot *slot, uint64_t word)
{
	uint64_t owner = hw__load_relaxed(&slot->owner);
	struct hw__summary summary;

	return !hw__revision_summary(a, hw__word_ref(word), &summary) &&
	       hw__load_acquire(&slot->word) == word &&
	       hw__owner_alive(a, owner, &summary.origin, hw__now_coarse_ns()) == 0;
}

static void slots_count(struct hw__attachment *a, struct headway_info *info)
{
	for (uint32_t i = 0; i < a->geometry.slots; i++) {
		uint64_t word = hw__load_acquire(&a->slots[i].word);
		unsigned status = hw__word_status(word);

		info->slots_used += status != HW__FREE;
		info->slots_running += status == HW__RUNNING &&
				       !owner_is_dead(a, &a->slots[i], word);
	}
}

static uint32_t pool_count_free(const struct hw__pool *pool)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < pool->count; i++)
		count += hw__state_kind(hw__load_relaxed(hw__chunk_state(pool, i))) ==
			 HW__KIND_FREE;
	return count;
}

static void members_count(const struct hw__attachment *a, struct headway_info *info)
{
	for (uint32_t p = 0; p < a->geometry.members; p++) {
		int alive;

		if (!hw__load_relaxed(&a->members[p].dirty))
			continue;
		alive = hw__member_alive(a, p);
		info->members_alive += alive != 0;
		info->members_dead += alive == 0;
	}
}

static void totals_sum(const struct hw__attachment *a, struct headway_info *info)
{
	uint64_t sum[HW__TOTAL_NO_ROOM + 1] = {0};

	for (uint32_t p = 0; p < a->geometry.members; p++)
		for (int i = 0; i <= HW__TOTAL_NO_ROOM; i++)
			sum[i] += hw__load_relaxed(&a->totals[p].count[i]);
	info->started = sum[HW__TOTAL_STARTED];
	info->finished = sum[HW__TOTAL_FINISHED];
	info->errors = sum[HW__TOTAL_ERRORS];
	info->lost = sum[HW__TOTAL_LOST];
	info->expired = sum[HW__TOTAL_EXPIRED];
	info->evicted = sum[HW__TOTAL_EVICTED];
	info->no_room = sum[HW__TOTAL_NO_ROOM];
}

static void info_fill(const struct headway_arena *arena, struct hw__attachment *a,
		      struct headway_info *info)
{
	const struct hw__geometry *g = &a->geometry;

	info->layout_version = HW__LAYOUT_VERSION;
	info->slots = g->slots;
	info->blocks = g->blocks;
	info->block_bytes = HW__BLOCK_BYTES;
	info->blocks_free = pool_count_free(&a->pools[HW__BLOCKS]);
	info->extents = g->extents;
	info->extent_bytes = HW__EXTENT_BYTES;
	info->extents_free = pool_count_free(&a->pools[HW__EXTENTS]);
	info->members = g->members;
	info->striped_slots = g->striped_slots;
	info->ttl_seconds = a->ttl_seconds;
	info->error_ttl_seconds = a->error_ttl_seconds;
	info->bytes = g->bytes;
	info->created_ns = a->created_ns;
	memcpy(info->uuid.bytes, a->uuid, sizeof info->uuid.bytes);
	memcpy(info->base_path, a->base_path, sizeof info->base_path);
	snprintf(info->path, sizeof info->path, "%s", a->path);
	info->unlinked = hw__load_relaxed(&arena->unlinked) != 0;
	slots_count(a, info);
	members_count(a, info);
	totals_sum(a, info);
}

int headway_info(struct headway_arena *arena, struct headway_info *out)
{
	struct headway_info info;
	struct hw__attachment *a;

	if (!arena || !out || !hw__size_is_valid(out->size, sizeof out->size))
		return -EINVAL;
	a = hw__attachment_get(arena);
	if (!a)
		return -ESTALE;
	memset(&info, 0, sizeof info);
	info_fill(arena, a, &info);
	hw__attachment_put(a);
	hw__struct_out(out, &info, sizeof info);
	return 0;
}
