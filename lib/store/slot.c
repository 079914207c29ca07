/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/slot.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>

enum { CLAIM_BACKOFF = 64, MARK_LOST_TRIES = 1 << 20 };

/* ---- ids ---------------------------------------------------------------------------------------- */

static unsigned char id_check(const struct hw__attachment *a, const struct headway_id *id)
{
	uint64_t words[2], hash;
	struct headway_id plain = *id;

	plain.bytes[3] = 0;
	memcpy(words, plain.bytes, sizeof words);
	memcpy(&hash, a->uuid, sizeof hash);
	hash = (hash ^ words[0]) * 0x9e3779b97f4a7c15u;
	hash ^= hash >> 32;
	hash = (hash ^ words[1]) * 0xd6e8feb86659fd93u;
	return (unsigned char)(hash >> 56);
}

void hw__id_make(const struct hw__attachment *a, uint32_t slot,
		 const unsigned char random[HW__ID_RANDOM], struct headway_id *id)
{
	memcpy(id->bytes + 4, random, HW__ID_RANDOM);
	id->bytes[0] = (unsigned char)(slot >> 16);
	id->bytes[1] = (unsigned char)(slot >> 8);
	id->bytes[2] = (unsigned char)slot;
	id->bytes[6] = (unsigned char)((id->bytes[6] & 0x0f) | 0x80);
	id->bytes[8] = (unsigned char)((id->bytes[8] & 0x3f) | 0x80);
	id->bytes[3] = id_check(a, id);
}

bool hw__id_is_ours(const struct hw__attachment *a, const struct headway_id *id)
{
	return hw__id_slot(id) < a->geometry.slots && id->bytes[6] >> 4 == 8 &&
	       id->bytes[8] >> 6 == 2 && id->bytes[3] == id_check(a, id);
}

/* ---- pins ------------------------------------------------------------------------------------ */

/* The caller holds the process lock, so that count and bit change together, and this process is a
 * member: after a close the bit may belong to another process. */
static void pin_locked(struct hw__attachment *a, uint32_t slot)
{
	if (!hw__generation(a))
		return;
	hw__touch(a->slots_touched, slot);
	if (a->pin_counts[slot]++ == 0)
		hw__or_full(&a->slots[slot].pins[a->member / 64], 1ull << a->member % 64); /* P1 */
}

static bool unpin_locked(struct hw__attachment *a, uint32_t slot, uint64_t generation)
{
	if (!generation || hw__generation(a) != generation || --a->pin_counts[slot] != 0)
		return false;
	hw__and_full(&a->slots[slot].pins[a->member / 64], ~(1ull << a->member % 64)); /* P1 */
	return true;
}

void hw__slot_pin(struct hw__attachment *a, uint32_t slot)
{
	hw__process_lock();
	pin_locked(a, slot);
	hw__process_unlock();
}

void hw__slot_unpin(struct hw__attachment *a, uint32_t slot, uint64_t generation)
{
	uint64_t word;
	bool last;

	hw__process_lock();
	last = unpin_locked(a, slot, generation);
	hw__process_unlock();
	if (!last)
		return;
	word = hw__load_acquire(&a->slots[slot].word); /* P1: after the pin was cleared */
	if (hw__word_status(word) == HW__RETIRING)
		(void)hw__slot_retire_finish(a, slot, word);
}

/* ---- claim ----------------------------------------------------------------------------------- */

static bool claim_at(struct hw__attachment *a, uint32_t slot)
{
	uint64_t *word = &a->slots[slot].word, seen = hw__load_relaxed(word);

	if (hw__word_status(seen) == HW__RETIRING) {
		(void)hw__slot_retire_finish(a, slot, seen);
		seen = hw__load_relaxed(word);
	}
	if (seen != 0)
		return false;
	hw__touch(a->slots_touched, slot);
	return hw__cas_full(word, 0, hw__word_claim(a->member));
}

static bool claim_plain(struct hw__attachment *a, uint32_t *slot)
{
	uint32_t first = a->geometry.striped_slots, plain = a->geometry.slots - first;
	uint32_t at = (uint32_t)hw__load_relaxed(&a->slot_cursor); /* where the search begins */

	for (uint32_t i = 0; i < plain; i++, at++) {
		if (at >= plain)
			at = 0;
		if (!claim_at(a, first + at))
			continue;
		hw__store_relaxed(&a->slot_cursor, at + 1);
		*slot = first + at;
		return true;
	}
	return false;
}

static bool claim_striped(struct hw__attachment *a, uint32_t *slot)
{
	for (uint32_t at = 0; at < a->geometry.striped_slots; at++) {
		if (!claim_at(a, at))
			continue;
		*slot = at;
		return true;
	}
	return false;
}

/* Records without stripes take striped slots only if there are no others. After that, the next few
 * starts (plain_backoff) search the striped slots first. */
int hw__slot_claim(struct hw__attachment *a, bool striped, uint32_t *slot)
{
	uint64_t backoff = striped ? 1 : hw__load_relaxed(&a->plain_backoff);

	if (!backoff && claim_plain(a, slot))
		return 0;
	if (!striped)
		hw__store_relaxed(&a->plain_backoff, backoff ? backoff - 1 : CLAIM_BACKOFF);
	if (claim_striped(a, slot) || (!striped && backoff && claim_plain(a, slot)))
		return 0;
	return -ENOSPC;
}

static void counters_zero(uint64_t counters[HW__COUNTERS])
{
	for (int i = 0; i < HW__COUNTERS; i++)
		hw__store_relaxed(&counters[i], 0);
}

void hw__slot_init(struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		   uint64_t owner)
{
	struct hw__slot *s = &a->slots[slot];

	hw__store_relaxed(&s->id_tail, hw__id_tail(id));
	hw__fence_store(); /* C1, with R2: no zeroed counter is seen before the new id tail */
	hw__store_relaxed(&s->owner, owner);
	hw__store_relaxed(&s->lost_ns, 0);
	counters_zero(s->counters);
	if ((hw__owner_flags(owner) & HW__FLAG_STRIPED) && slot < a->geometry.striped_slots)
		for (int i = 0; i < HW__STRIPES; i++)
			counters_zero(a->stripes[slot].counters[i]);
	hw__slot_pin(a, slot);
}

void hw__slot_unclaim(struct hw__attachment *a, uint32_t slot)
{
	hw__slot_unpin(a, slot, hw__generation(a));
	(void)hw__cas_full(&a->slots[slot].word, hw__word_claim(a->member), 0);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* Adds all extents of the block to refs; fails if the word no longer names it. */
static int chunks_gather(const struct hw__attachment *a, uint64_t ref, struct hw__refs *extents)
{
	struct hw__block_head head;
	int error = hw__revision_head(a, ref, &head);

	if (!error && head.overflow)
		error = hw__chain_gather(a, head.overflow, extents);
	if (!error && head.results)
		error = hw__chain_gather(a, head.results, extents);
	return error;
}

static void chunk_mark_shared(const struct hw__pool *pool, uint64_t ref)
{
	uint64_t state;

	if (hw__ref_index(ref) >= pool->count)
		return;
	state = hw__load_acquire(hw__chunk_state(pool, hw__ref_index(ref)));
	hw__chunk_help(pool, ref, state);
}

static uint64_t chunk_free_shared(struct hw__pool *pool, uint64_t ref)
{
	return hw__ref_index(ref) < pool->count &&
	       hw__chunk_free(pool, hw__ref_index(ref),
			      hw__state(HW__KIND_SHARED, 0, hw__version(ref)));
}

/* RETIRING without pins -> FREE; frees its chunks. */
static uint64_t retire_last(struct hw__attachment *a, uint32_t slot, uint64_t word,
			    const struct hw__refs *extents)
{
	uint64_t freed = 0;

	if (!hw__cas_full(&a->slots[slot].word, word, 0))
		return 0; /* another process freed the slot, and frees its chunks */
	hw__store_relaxed(&a->plain_backoff, 0);
	for (size_t i = 0; i < extents->count; i++)
		freed += chunk_free_shared(&a->pools[HW__EXTENTS], hw__refs_at(extents)[i]);
	return freed + chunk_free_shared(&a->pools[HW__BLOCKS], hw__word_ref(word));
}

static uint64_t retire(struct hw__attachment *a, uint32_t slot, uint64_t word,
		       struct hw__refs *extents)
{
	uint64_t *at = &a->slots[slot].word, retiring = hw__word_become(HW__RETIRING, word);

	if (hw__slot_is_pinned(&a->slots[slot]) ||
	    chunks_gather(a, hw__word_ref(word), extents) != 0)
		return 0;
	/* Before any process may free the slot: if this member then dies, any sweep may free
	 * them. */
	for (size_t i = 0; i < extents->count; i++)
		chunk_mark_shared(&a->pools[HW__EXTENTS], hw__refs_at(extents)[i]);
	chunk_mark_shared(&a->pools[HW__BLOCKS], hw__word_ref(word));
	if (!hw__cas_full(at, word, retiring)) /* P1: then the pins are read again */
		return 0;
	return hw__slot_is_pinned(&a->slots[slot]) ? 0 : retire_last(a, slot, retiring, extents);
}

uint64_t hw__slot_retire(struct hw__attachment *a, uint32_t slot, uint64_t word)
{
	struct hw__refs extents = {hw__scratch(HW__SCRATCH_REFS), 0};
	uint64_t freed = extents.buffer ? retire(a, slot, word, &extents) : 0;

	hw__scratch_done(HW__SCRATCH_REFS);
	return freed;
}

uint64_t hw__slot_retire_finish(struct hw__attachment *a, uint32_t slot, uint64_t word)
{
	struct hw__refs extents = {hw__scratch(HW__SCRATCH_REFS), 0};
	uint64_t freed = 0;

	hw__fence_rmw_load(); /* P1: the word became RETIRING, or a pin was cleared, before */
	if (extents.buffer && !hw__slot_is_pinned(&a->slots[slot]) &&
	    chunks_gather(a, hw__word_ref(word), &extents) == 0)
		freed = retire_last(a, slot, word, &extents);
	hw__scratch_done(HW__SCRATCH_REFS);
	return freed;
}

/* A time before the record's start belongs to an earlier record in the slot: a sweeper that was
 * stopped for long may have stored it. */
void hw__slot_set_lost_time(const struct hw__attachment *a, uint32_t slot,
			    const struct hw__origin *origin)
{
	uint64_t *at = &a->slots[slot].lost_ns, seen = hw__load_relaxed(at);

	if (seen < origin->started_boot_ns && hw__clock_is_shared(a, origin->time_namespace))
		(void)hw__cas_full(at, seen, hw__boot_ns());
}

bool hw__slot_mark_lost(struct hw__attachment *a, uint32_t slot, uint64_t id_tail, uint64_t owner)
{
	struct hw__slot *s = &a->slots[slot];
	struct hw__summary summary;
	bool timed = false;

	/* Other members may update the record: each failure means that one of them succeeded. */
	for (uint32_t k = 0; k < MARK_LOST_TRIES; k++) {
		uint64_t word = hw__load_acquire(&s->word);

		if (hw__word_status(word) != HW__RUNNING ||
		    hw__load_relaxed(&s->id_tail) != id_tail ||
		    hw__load_relaxed(&s->owner) != owner)
			return false;
		if (!timed && hw__revision_summary(a, hw__word_ref(word), &summary) == 0)
			hw__slot_set_lost_time(a, slot, &summary.origin);
		timed = true;
		if (hw__cas_full(&s->word, word, hw__word_become(HW__LOST, word)))
			return true;
		hw__relax();
	}
	return false;
}

void hw__slot_stripes_add(const struct hw__attachment *a, uint32_t slot,
			  uint64_t counters[HW__COUNTERS])
{
	for (int i = 0; i < HW__STRIPES; i++)
		for (int c = 0; c < HW__COUNTERS; c++)
			counters[c] += hw__load_relaxed(&a->stripes[slot].counters[i][c]);
}
