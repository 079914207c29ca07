/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sweep: frees what dead members left, of all of them in one pass.
 *
 * The sweeper of p holds p's lock byte, so p is dead and its index is not reused before the sweep
 * ends. Every step is one compare-and-swap from a loaded value, so sweeps of p may overlap, stop
 * anywhere and be repeated. Any process may free orphans: SHARED chunks that are not current,
 * because the member that superseded or retired them died.
 */
#include "store/sweep.h"

#include <errno.h>

enum { LOOKS = 100, AHEAD = 64 };

static bool block_is_current(const struct hw__attachment *a, uint32_t index, uint64_t version)
{
	uint32_t home = hw__load32_relaxed(&hw__block_at(a, index)->h.home);

	return home < a->geometry.slots &&
	       hw__word_ref(hw__load_acquire(&a->slots[home].word)) == hw__ref(index, version);
}

/* An extent is current if its home's current revision names the head of its chain. A chain that was
 * dropped is never named again. If the revision changes too fast to be read, the extent counts as
 * current: a chunk marked SHARED is found by the next sweep. */
static bool extent_is_current(const struct hw__attachment *a, uint32_t index)
{
	const struct hw__extent *e = hw__extent_at(a, index);
	uint32_t home = hw__load32_relaxed(&e->h.home);
	uint64_t head = hw__load_relaxed(&e->h.head);
	struct hw__summary summary;

	if (home >= a->geometry.slots || !head)
		return false;
	for (int i = 0; i < LOOKS; i++) {
		uint64_t ref = hw__word_ref(hw__load_acquire(&a->slots[home].word));
		int error = ref ? hw__revision_summary(a, ref, &summary) : -ENOENT;

		if (error == -ENOENT || error == -EBADMSG)
			return false;
		if (!error)
			return head == summary.head.overflow || head == summary.head.results;
	}
	return true;
}

bool hw__chunk_is_current(const struct hw__attachment *a, enum hw__pool_index which, uint32_t index,
			  uint64_t state)
{
	return which == HW__BLOCKS ? block_is_current(a, index, hw__version(state))
				   : extent_is_current(a, index);
}

static const struct hw__members no_members;

/* Sweeps one chunk, if one of the dead has it. False: it changed meanwhile and must be examined
 * again, since another member's help may have made it an orphan. */
static bool chunk_sweep(struct hw__attachment *a, enum hw__pool_index which, uint32_t index,
			const struct hw__members *dead, uint64_t *freed)
{
	struct hw__pool *pool = &a->pools[which];
	uint64_t *at = hw__chunk_state(pool, index), state = hw__load_acquire(at);
	unsigned kind = hw__state_kind(state);

	if (kind == HW__KIND_FREE ||
	    (kind != HW__KIND_SHARED && !hw__members_have(dead, hw__state_member(state))))
		return true;
	if (kind != HW__KIND_PRIVATE && hw__chunk_is_current(a, which, index, state))
		return kind == HW__KIND_SHARED ||
		       hw__cas_full(at, state, hw__state(HW__KIND_SHARED, 0, hw__version(state)));
	if (!hw__chunk_free(pool, index, state))
		return false;
	++*freed;
	return true;
}

static uint64_t chunk_sweep_out(struct hw__attachment *a, enum hw__pool_index which, uint32_t index,
				const struct hw__members *dead)
{
	uint64_t freed = 0;

	for (int k = 0; k < LOOKS && !chunk_sweep(a, which, index, dead, &freed); k++)
		;
	return freed;
}

static uint64_t pool_sweep(struct hw__attachment *a, enum hw__pool_index which,
			   const struct hw__members *dead, const uint64_t *touched)
{
	uint64_t freed = 0;

	for (uint32_t i = 0; i < a->pools[which].count; i++)
		if (!touched || hw__touched(touched, i))
			freed += chunk_sweep_out(a, which, i, dead);
	return freed;
}

static bool is_claimed_by(uint64_t word, const struct hw__members *dead)
{
	uint32_t member = hw__ref_index(word);

	return hw__members_have(dead, member) && word == hw__word_claim(member);
}

static void slot_sweep(struct hw__attachment *a, uint32_t slot, const struct hw__members *dead,
		       struct hw__sweep_count *count)
{
	struct hw__slot *s = &a->slots[slot];
	uint64_t word = hw__load_acquire(&s->word), id_tail = hw__load_relaxed(&s->id_tail);
	uint64_t owner = hw__load_relaxed(&s->owner);

	if (is_claimed_by(word, dead))
		(void)hw__cas_full(&s->word, word, 0);
	if (hw__word_status(word) == HW__RUNNING && hw__is_owned_by(owner, dead) &&
	    hw__slot_mark_lost(a, slot, id_tail, owner)) {
		hw__total_add(a, HW__TOTAL_LOST, 1);
		count->lost++;
	}
	for (int i = 0; i < HW__PIN_WORDS; i++)
		if (hw__load_relaxed(&s->pins[i]) & dead->bits[i])
			hw__and_full(&s->pins[i], ~dead->bits[i]); /* P1 */
	word = hw__load_acquire(&s->word);
	if (hw__word_status(word) == HW__RETIRING)
		count->blocks += hw__slot_retire_finish(a, slot, word);
}

static uint64_t orphans_in_use(struct hw__attachment *a, enum hw__pool_index which)
{
	const struct hw__pool *pool = &a->pools[which];
	uint64_t freed = 0;

	for (uint32_t i = 0; i < pool->count; i++) {
		if (hw__load_relaxed(&pool->hints[i / 64]) >> i % 64 & 1)
			continue;
		__builtin_prefetch(pool->base + (size_t)(i + AHEAD) * pool->chunk_bytes);
		freed += chunk_sweep_out(a, which, i, &no_members);
	}
	return freed;
}

/* A sweep of dead members frees orphans, too, so that only unexplained ones are found here. */
uint64_t hw__sweep_orphans(struct hw__attachment *a, bool thorough)
{
	if (!thorough)
		return orphans_in_use(a, HW__BLOCKS) + orphans_in_use(a, HW__EXTENTS);
	return pool_sweep(a, HW__BLOCKS, &no_members, NULL) +
	       pool_sweep(a, HW__EXTENTS, &no_members, NULL);
}

/* own: this process closes. It knows which slots and chunks it has used, so the cost does not
 * depend on the size of the arena. */
void hw__members_sweep(struct hw__attachment *a, const struct hw__members *dead, bool own,
		       struct hw__sweep_count *count)
{
	for (uint32_t slot = 0; slot < a->geometry.slots; slot++)
		if (!own || hw__touched(a->slots_touched, slot))
			slot_sweep(a, slot, dead, count);
	for (int i = HW__BLOCKS; i <= HW__EXTENTS; i++)
		count->blocks += pool_sweep(a, (enum hw__pool_index)i, dead,
					    own ? a->pools[i].touched : NULL);
	for (uint32_t p = 0; p < a->geometry.members; p++) {
		if (!hw__members_have(dead, p))
			continue;
		count->members++;
		hw__store_relaxed(&a->members[p].reserved, 0);
		hw__store_release(&a->members[p].dirty, 0); /* after all of it */
	}
}

uint64_t hw__sweep_chunks_count(const struct hw__attachment *a, const struct hw__members *dead)
{
	uint64_t count = 0;

	for (int which = HW__BLOCKS; which <= HW__EXTENTS; which++) {
		const struct hw__pool *pool = &a->pools[which];

		for (uint32_t i = 0; i < pool->count; i++) {
			uint64_t state = hw__load_acquire(hw__chunk_state(pool, i));
			unsigned kind = hw__state_kind(state);

			count += (kind == HW__KIND_SHARED ||
				  (kind != HW__KIND_FREE &&
				   hw__members_have(dead, hw__state_member(state)))) &&
				 (kind == HW__KIND_PRIVATE ||
				  !hw__chunk_is_current(a, (enum hw__pool_index)which, i, state));
		}
	}
	return count;
}
