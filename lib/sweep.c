/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sweep: what a dead member left.
 *
 * Who sweeps p holds p's lock byte, so p is dead and its index is not used again before the sweep is
 * done.  Every step is one compare-and-swap from what was seen, so that sweeps of p may overlap, stop
 * anywhere and be done again.  Orphans, that is PUB units which nothing refers to (their superseder or
 * retirer died), are anybody's to free.
 */
#include "sweep.h"

#include <errno.h>

enum { LOOKS = 100, AHEAD = 16 };

static bool block_is_current(const struct hw__attachment *a, uint32_t index, uint64_t version)
{
	uint32_t home = hw__load32_relaxed(&hw__block_at(a, index)->h.home);

	return home < a->geometry.slots &&
	       hw__word_ref(hw__load_acquire(&a->slots[home].word)) == hw__ref(index, version);
}

/* An extent is referred to when its chain's head is named by its home's current version.  A chain that
 * was dropped is never named again.  When the version moves too fast to be looked at, 1 is said: a
 * unit marked PUB is found by the next sweep. */
static bool extent_is_current(const struct hw__attachment *a, uint32_t index)
{
	const struct hw__extent *e = hw__extent_at(a, index);
	uint32_t home = hw__load32_relaxed(&e->h.home);
	uint64_t head = hw__load_relaxed(&e->h.head);
	struct hw__brief brief;

	if (home >= a->geometry.slots || !head)
		return false;
	for (int i = 0; i < LOOKS; i++) {
		uint64_t ref = hw__word_ref(hw__load_acquire(&a->slots[home].word));
		int error = ref ? hw__version_brief(a, ref, &brief) : -ENOENT;

		if (error == -ENOENT || error == -EBADMSG)
			return false;
		if (!error)
			return head == brief.overflow || head == brief.results;
	}
	return true;
}

bool hw__unit_is_current(const struct hw__attachment *a, enum hw__pool_index which, uint32_t index,
			 uint64_t state)
{
	return which == HW__BLOCKS ? block_is_current(a, index, hw__version(state))
				   : extent_is_current(a, index);
}

/* One look at a unit and what follows from it; member: whose units to take, or HW__NOBODY.  False: it
 * changed meanwhile and is to be looked at again, since another's help may have made it an orphan. */
static bool unit_sweep(struct hw__attachment *a, enum hw__pool_index which, uint32_t index,
		       uint32_t member, uint64_t *freed)
{
	struct hw__pool *pool = &a->pools[which];
	uint64_t *at = hw__unit_state(pool, index), state = hw__load_acquire(at);
	unsigned kind = hw__state_kind(state);
	bool mine = hw__state_member(state) == member;

	if (kind == HW__KIND_FREE || (kind != HW__KIND_PUB && !mine))
		return true;
	if (kind != HW__KIND_RET && hw__unit_is_current(a, which, index, state))
		return kind == HW__KIND_PUB ||
		       hw__cas_full(at, state, hw__state(HW__KIND_PUB, 0, hw__version(state)));
	if (!hw__unit_free(pool, index, state))
		return false;
	++*freed;
	return true;
}

static uint64_t unit_sweep_out(struct hw__attachment *a, enum hw__pool_index which, uint32_t index,
			       uint32_t member)
{
	uint64_t freed = 0;

	for (int k = 0; k < LOOKS && !unit_sweep(a, which, index, member, &freed); k++)
		;
	return freed;
}

static uint64_t pool_sweep(struct hw__attachment *a, enum hw__pool_index which, uint32_t member,
			   const uint64_t *touched)
{
	uint64_t freed = 0;

	for (uint32_t i = 0; i < a->pools[which].count; i++)
		if (!touched || hw__touched(touched, i))
			freed += unit_sweep_out(a, which, i, member);
	return freed;
}

static uint64_t slot_sweep(struct hw__attachment *a, uint32_t slot, uint32_t member)
{
	struct hw__slot *s = &a->slots[slot];
	uint64_t word = hw__load_acquire(&s->word), life = hw__load_relaxed(&s->life);
	uint64_t owner = hw__load_relaxed(&s->owner);

	if (word == hw__word_claim(member))
		(void)hw__cas_full(&s->word, word, 0);
	if (hw__word_status(word) == HW__RUNNING && hw__owner_kind(owner) == HW__OWNER_MEMBER &&
	    hw__owner_member(owner) == member && hw__slot_lose(a, slot, life, owner))
		hw__total_add(a, HW__TOTAL_LOST, 1);
	if (hw__load_relaxed(&s->pins[member / 64]) >> member % 64 & 1)
		hw__and_full(&s->pins[member / 64], ~(1ull << member % 64)); /* P1 */
	word = hw__load_acquire(&s->word);
	return hw__word_status(word) == HW__RETIRING ? hw__slot_retire_finish(a, slot, word) : 0;
}

static uint64_t orphans_in_use(struct hw__attachment *a, enum hw__pool_index which)
{
	const struct hw__pool *pool = &a->pools[which];
	uint64_t freed = 0;

	for (uint32_t i = 0; i < pool->count; i++) {
		if (hw__load_relaxed(&pool->hints[i / 64]) >> i % 64 & 1)
			continue;
		__builtin_prefetch(pool->base + (size_t)(i + AHEAD) * pool->unit_bytes);
		freed += unit_sweep_out(a, which, i, HW__NOBODY);
	}
	return freed;
}

/* A sweep of the dead leaves none, so that there is nothing to be found here but what no death explains. */
uint64_t hw__sweep_orphans(struct hw__attachment *a, bool thorough)
{
	if (!thorough)
		return orphans_in_use(a, HW__BLOCKS) + orphans_in_use(a, HW__EXTENTS);
	return pool_sweep(a, HW__BLOCKS, HW__NOBODY, NULL) +
	       pool_sweep(a, HW__EXTENTS, HW__NOBODY, NULL);
}

/* A process that closes knows what it touched, and looks at nothing else: its close costs what it did,
 * not what the arena could hold. */
static uint64_t member_sweep(struct hw__attachment *a, uint32_t member, bool own)
{
	uint64_t freed = 0;

	for (uint32_t slot = 0; slot < a->geometry.slots; slot++)
		if (!own || hw__touched(a->slots_touched, slot))
			freed += slot_sweep(a, slot, member);
	freed += pool_sweep(a, HW__BLOCKS, member, own ? a->pools[HW__BLOCKS].touched : NULL);
	freed += pool_sweep(a, HW__EXTENTS, member, own ? a->pools[HW__EXTENTS].touched : NULL);
	hw__store_relaxed(&a->members[member].kept, 0);
	hw__store_release(&a->members[member].dirty, 0); /* after all of it */
	return freed;
}

void hw__sweep_hooks(void)
{
	hw__member_sweep = member_sweep;
}
