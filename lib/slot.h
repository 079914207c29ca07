/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slots: claim, pin, end, retire.
 *
 *   from       event                         to          who         order      killed here, who repairs
 *   FREE       start                         CLAIM(p)    p           CAS        sweep of p: FREE
 *   CLAIM(p)   first version built           RUNNING     p           CAS (W3)   sweep of p: LOST
 *   RUNNING    update                        RUNNING     any pinned  CAS (W3)   old block: its sweep
 *   RUNNING    finish, error                 FINISHED,…  any pinned  CAS (W3)   the same
 *   RUNNING    owner p died or closed        LOST        sweep of p  CAS        sweep of p, again
 *   over       expired, evicted, unpinned    RETIRING    anybody     CAS, P1    anybody finishes
 *   RETIRING   no pin left                   FREE        anybody     CAS        SHARED blocks: any sweep
 *
 * P1 (locked operation, then a load, on both sides): an opener sets its pin and then reads the word; a
 * retirer sets RETIRING and then reads the pins.  One of them sees the other, so that a slot is never
 * freed under a handle that was found to be good.
 *
 * C1 (store fence in hw__slot_init, load fence R2 in snapshot.c): the new id_tail is seen before any
 * zeroed counter.  Without it a reader could join the counters of a new record to an old one.
 */
#ifndef HW_SLOT_H
#define HW_SLOT_H

#include "revision.h"

static inline bool hw__slot_is_pinned(const struct hw__slot *slot)
{
	uint64_t pins = 0;

	for (int i = 0; i < HW__PIN_WORDS; i++)
		pins |= hw__load_relaxed(
			&slot->pins[i]); /* ordered by P1's full operation before */
	return pins != 0;
}

/* Is it this member alone that has the slot pinned? */
static inline bool hw__slot_has_no_other_pin(const struct hw__attachment *a,
					     const struct hw__slot *slot)
{
	uint64_t others = 0;

	for (int i = 0; i < HW__PIN_WORDS; i++)
		others |= hw__load_relaxed(&slot->pins[i]) ^ a->own_pin[i];
	return others == 0;
}

/* The id's parts: slot index, and id_tail (bytes 8..15, never 0). */
uint32_t hw__id_slot(const struct headway_id *id);
uint64_t hw__id_tail(const struct headway_id *id);

/* A new id for a slot; random: 16 bytes of it. */
void hw__id_make(const struct hw__attachment *attachment, uint32_t slot,
		 const unsigned char random[16], struct headway_id *id);

/* Could this arena have given it out? */
bool hw__id_is_ours(const struct hw__attachment *attachment, const struct headway_id *id);

/* Claim a free slot, striped ones from the first ones only.  Finishes what is RETIRING on the way.
 * -ENOSPC when there is none. */
int hw__slot_claim(struct hw__attachment *attachment, bool striped, uint32_t *slot);

/* Make it this record's: id_tail, owner, zeroed counters, own pin.  After hw__slot_claim(). */
void hw__slot_init(struct hw__attachment *attachment, uint32_t slot, const struct headway_id *id,
		   uint64_t owner);

/* CLAIM -> FREE again; the pin goes too. */
void hw__slot_unclaim(struct hw__attachment *attachment, uint32_t slot);

/* One more, one fewer handle of this process on the slot.  generation: the one that the handle was
 * pinned in; a pin of another generation is not there any more. */
void hw__slot_pin(struct hw__attachment *attachment, uint32_t slot);
void hw__slot_unpin(struct hw__attachment *attachment, uint32_t slot, uint64_t generation);

/* A terminal, unpinned record whose word is word: free it.  Number of chunks freed; 0: not now. */
uint64_t hw__slot_retire(struct hw__attachment *attachment, uint32_t slot, uint64_t word);

/* RETIRING and unpinned -> FREE.  Number of chunks freed. */
uint64_t hw__slot_retire_finish(struct hw__attachment *attachment, uint32_t slot, uint64_t word);

/* The first who finds a record's owner dead, and is in its time namespace, tells when; later calls do
 * nothing. */
void hw__slot_set_lost_time(const struct hw__attachment *attachment, uint32_t slot,
			    const struct hw__origin *origin);

/* RUNNING, of this id_tail and owned as owner says -> LOST.  True: this call did it. */
bool hw__slot_mark_lost(struct hw__attachment *attachment, uint32_t slot, uint64_t id_tail,
			uint64_t owner);

/* Where a handle of member adds: the slot's own counters or a stripe. */
static inline uint64_t *hw__slot_counters(const struct hw__attachment *a, uint32_t slot,
					  uint64_t owner, uint32_t member)
{
	if ((hw__owner_flags(owner) & HW__FLAG_STRIPED) && slot < a->geometry.striped_slots)
		return a->stripes[slot].counters[member % HW__STRIPES];
	return a->slots[slot].counters;
}

/* Counters of the slot, stripes summed up, as they are now. */
void hw__slot_counters_read(const struct hw__attachment *attachment, uint32_t slot, uint64_t owner,
			    uint64_t counters[HW__COUNTERS]);

#endif
