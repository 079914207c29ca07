/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Publish: the steps by which one revision of a record takes the place of another.
 *
 *   1  hw__publish_take_block()  takes a private block, raises its version, makes it OWNED       W1
 *   2  the caller                writes the new revision: head and entries                       W2
 *   3  hw__publish()             helps: marks the old block SHARED if another member owns it
 *   4                            swaps the slot's word from the old block to the new one         W3
 *   5                            retires the old block into this thread's queue                 P2
 *
 * Every writer takes these steps: the first revision of a record (start.c), the general path
 * (update.c) and the fast path (fast_path.c). Step 4 is the linearization point. It fails only if
 * another writer's swap succeeded, so that updates are lock-free; the caller then begins again at
 * step 2 with the block that it has, or gives it back.
 *
 * W3 (full compare-and-swap) pairs with R1 (acquire load of the word): whoever sees the word sees
 * the block that was written before it (W2). Without it a reader could copy what the block held
 * before, find the right version and accept it.
 *
 * Step 3 comes before step 4: a writer that dies after its swap leaves an old block that is its own
 * or SHARED, never one that a third member owns and that no sweep would be due for.
 *
 *   Killed                       leaves                                        repaired by
 *   before step 4                the new block OWNED, which no word names      the sweep of this member
 *   between steps 4 and 5        the old block OWNED by this member            the sweep of this member
 *                                or SHARED                                     any sweep
 */
#ifndef HW_PUBLISH_H
#define HW_PUBLISH_H

#include "record/edit.h"
#include "store/slot.h"

#include <errno.h>

/* A publication in progress. One that updates a record is inside one section. */
struct hw__publication {
	struct hw__attachment *a;
	struct hw__queue *queue; /* this thread's */
	uint32_t slot;
	bool thorough;      /* step 1 may search all blocks: see hw__chunk_take() */
	uint64_t block;     /* ref of a block that is OWNED and not yet published; 0: none */
	uint64_t cancelled; /* HW__WORD_CANCELLED: the revision asks the owner to stop; or 0 */
};

/* Step 1; nothing is done if an earlier try has left a block. -ENOBUFS: there is none. */
static inline __attribute__((always_inline)) int hw__publish_take_block(struct hw__publication *p)
{
	uint64_t ref;

	if (p->block)
		return 0;
	ref = hw__queue_pop(p->a, p->queue, p->thorough);
	if (!ref)
		return -ENOBUFS;
	p->block = hw__chunk_own(&p->a->pools[HW__BLOCKS], p->a->member, ref); /* W1 */
	return 0;
}

/* Step 2 of the general path: writes the planned revision. entries has plan->bytes bytes, the first
 * plan->inline_bytes of which go to the block; the rest is in the chain that the plan names. */
void hw__publish_write(const struct hw__publication *publication, const struct headway_id *id,
		       const struct hw__plan *plan, const unsigned char *entries);

/* Step 3, for each chunk that is about to be superseded. */
static inline __attribute__((always_inline)) void hw__publish_help(const struct hw__pool *pool,
								   uint32_t member, uint64_t ref)
{
	uint64_t state = hw__load_relaxed(hw__chunk_state(pool, hw__ref_index(ref)));

	if (__builtin_expect(hw__state_member(state) != member, 0))
		hw__chunk_help(pool, ref, state);
}

/*
 * Step 5: the block that this member has just superseded becomes private to it. False: a sweep has
 * taken it.
 *
 * P2: a member pins the slot before it loads the word, and only a member that loaded the old word
 * marks the old block SHARED. So if no other pin is seen after W3, every later pin is followed by a
 * load of the new word; and a mark that was set before its member's pin was cleared is seen in the
 * state, which is loaded after the pins. Then no other process can change the state any more, and the
 * block stays OWNED: nothing is stored to a line that readers of the old revision may be loading.
 * While this member lives, nobody else touches a block that it owns and no word names; after its
 * death the sweep frees it. Such a block was taken by this membership, so a close finds it.
 */
static inline __attribute__((always_inline)) bool hw__publish_retire(const struct hw__attachment *a,
								     uint32_t slot, uint64_t ref)
{
	const struct hw__pool *pool = &a->pools[HW__BLOCKS];
	const uint64_t *state = &hw__block_at(a, hw__ref_index(ref))->h.state;
	uint64_t version = hw__version(ref);

	if (!hw__slot_has_no_other_pin(a, &a->slots[slot])) /* P2: after W3, a locked operation */
		return hw__chunk_retire(pool, a->member, ref);
	hw__fence_load(); /* P2: pins, then state */
	return hw__load_relaxed(state) == hw__state(HW__KIND_OWNED, a->member, version) ||
	       hw__chunk_retire(pool, a->member, ref);
}

/* The word after an update that asks for no stop: the request of an earlier one is kept. */
static inline uint64_t hw__publish_word(uint64_t word, unsigned status, uint64_t block)
{
	return hw__word(status, block) | (word & HW__WORD_CANCELLED);
}

/* Step 4. False: another writer's swap came first. */
static inline __attribute__((always_inline)) bool
hw__publish_swap(const struct hw__attachment *a, uint32_t slot, uint64_t word, uint64_t next)
{
	return hw__cas_full(&a->slots[slot].word, word, next); /* W3 */
}

/* Steps 3 to 5. word: the slot's word from which the new revision was derived; a CLAIM word names
 * no block, so there is none to help or to retire. A request to stop is one bit of the word, which
 * the swap sets or keeps together with the block that contains the reason, so that a reader never
 * sees one without the other. 0; -EAGAIN: the word has changed since, and nothing was published. */
static inline __attribute__((always_inline)) int hw__publish(struct hw__publication *p,
							     uint64_t word, unsigned status)
{
	const struct hw__attachment *a = p->a;
	uint64_t old = hw__word_ref(word);
	uint64_t next = hw__publish_word(word, status, p->block) | p->cancelled;

	if (old)
		hw__publish_help(&a->pools[HW__BLOCKS], a->member, old);
	if (!hw__publish_swap(a, p->slot, word, next)) /* W3 */
		return -EAGAIN;
	p->block = 0;
	if (old && hw__publish_retire(a, p->slot, old))
		hw__queue_push(p->a, p->queue, old);
	return 0;
}

/* Returns the block of step 1 to the queue if it was not published. */
static inline void hw__publish_abandon(struct hw__publication *p)
{
	if (!p->block)
		return;
	hw__chunk_abandon(&p->a->pools[HW__BLOCKS], p->a->member, p->block);
	hw__queue_push(p->a, p->queue, p->block);
	p->block = 0;
}

#endif
