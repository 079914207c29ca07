/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slots: claim, pin, end, retire.
 *
 *   from       event                         to          by          order      killed here, repaired by
 *   FREE       start                         CLAIM(p)    p           CAS        sweep of p: FREE
 *   CLAIM(p)   first version built           RUNNING     p           CAS (W3)   sweep of p: LOST
 *   RUNNING    update                        RUNNING     any pinned  CAS (W3)   old block: its sweep
 *   RUNNING    finish, error                 FINISHED,…  any pinned  CAS (W3)   the same
 *   RUNNING    owner p died or closed        LOST        sweep of p  CAS        sweep of p, again
 *   over       expired, evicted, unpinned    RETIRING    anybody     CAS, P1    anybody finishes
 *   RETIRING   no pin left                   FREE        anybody     CAS        SHARED blocks: any sweep
 *
 * P1 (a locked operation, then a load, on both sides): an opener sets its pin and then loads the
 * word; a retirer sets RETIRING and then loads the pins. At least one of them sees what the other
 * did, so that a slot is never freed under a handle that was found to be good.
 *
 * C1 (store fence in hw__slot_init, load fence R2 in snapshot.c): the new id_tail is seen before
 * any zeroed counter. Without it a reader could join the counters of a new record to an old one.
 */
#ifndef HW_SLOT_H
#define HW_SLOT_H

#include "store/revision.h"

static inline bool hw__slot_is_pinned(const struct hw__slot *slot)
{
	uint64_t pins = 0;

	for (int i = 0; i < HW__PIN_WORDS; i++)
		pins |= hw__load_relaxed(
			&slot->pins[i]); /* ordered by P1's full operation before */
	return pins != 0;
}

/* True if no other member has the slot pinned. */
static inline bool hw__slot_has_no_other_pin(const struct hw__attachment *a,
					     const struct hw__slot *slot)
{
	_Static_assert(HW__PIN_WORDS == 4, "written out: compilers keep a loop here");
	uint64_t others = hw__load_relaxed(&slot->pins[0]) ^ a->own_pin[0];

	others |= hw__load_relaxed(&slot->pins[1]) ^ a->own_pin[1];
	others |= hw__load_relaxed(&slot->pins[2]) ^ a->own_pin[2];
	others |= hw__load_relaxed(&slot->pins[3]) ^ a->own_pin[3];
	return others == 0;
}

/* An id is a version 8 UUID. Its bytes: 0..2 slot | 3 check | 4,5 random | 6 0x8_ | 7 random | 8 0b10.. |
 * 9..15 random. The slot's index: */
static inline uint32_t hw__id_slot(const struct headway_id *id)
{
	return (uint32_t)id->bytes[0] << 16 | (uint32_t)id->bytes[1] << 8 | id->bytes[2];
}

/* Bytes 8 to 15, never 0. */
static inline uint64_t hw__id_tail(const struct headway_id *id)
{
	uint64_t id_tail;

	memcpy(&id_tail, id->bytes + 8, sizeof id_tail);
	return id_tail;
}

enum { HW__ID_RANDOM = 12 }; /* random bytes that an id takes */

/* Makes a new id for a slot. */
void hw__id_make(const struct hw__attachment *attachment, uint32_t slot,
		 const unsigned char random[HW__ID_RANDOM], struct headway_id *id);

/* True if this arena may have issued the id. Its check byte also matches one foreign id in 256. */
bool hw__id_is_ours(const struct hw__attachment *attachment, const struct headway_id *id);

/* Claims a free slot; a striped record gets one of the first slots. Frees unpinned RETIRING slots
 * on the way. -ENOSPC if there is none. */
int hw__slot_claim(struct hw__attachment *attachment, bool striped, uint32_t *slot);

/* After hw__slot_claim(): sets id tail and owner, zeroes the counters, pins the slot. */
void hw__slot_init(struct hw__attachment *attachment, uint32_t slot, const struct headway_id *id,
		   uint64_t owner);

/* CLAIM -> FREE, and clears the pin. */
void hw__slot_unclaim(struct hw__attachment *attachment, uint32_t slot);

/* Counts one handle of this process more, or one fewer, on the slot. generation: that of the pin; a
 * pin of an earlier generation has been cleared already. */
void hw__slot_pin(struct hw__attachment *attachment, uint32_t slot);
void hw__slot_unpin(struct hw__attachment *attachment, uint32_t slot, uint64_t generation);

/* Frees a record that is over and unpinned. word: its slot's word. Returns how many chunks it
 * freed; 0: it is pinned, or the word has changed. */
uint64_t hw__slot_retire(struct hw__attachment *attachment, uint32_t slot, uint64_t word);

/* RETIRING and unpinned -> FREE.  Returns how many chunks it freed. */
uint64_t hw__slot_retire_finish(struct hw__attachment *attachment, uint32_t slot, uint64_t word);

/* Stores the time at which a record was found lost, unless it is already stored or this process is
 * in another time namespace. */
void hw__slot_set_lost_time(const struct hw__attachment *attachment, uint32_t slot,
			    const struct hw__origin *origin);

/* RUNNING -> LOST, if id tail and owner match. True: this call did it. */
bool hw__slot_mark_lost(struct hw__attachment *attachment, uint32_t slot, uint64_t id_tail,
			uint64_t owner);

static inline bool hw__slot_is_striped(const struct hw__attachment *a, uint32_t slot,
				       uint64_t owner)
{
	return (hw__owner_flags(owner) & HW__FLAG_STRIPED) && slot < a->geometry.striped_slots;
}

/* The counters that a member adds to: the slot's own or a stripe. */
static inline uint64_t *hw__slot_counters(const struct hw__attachment *a, uint32_t slot,
					  uint64_t owner, uint32_t member)
{
	if (hw__slot_is_striped(a, slot, owner))
		return a->stripes[slot].counters[member % HW__STRIPES];
	return a->slots[slot].counters;
}

/* Adds the stripes of a slot that is striped. */
void hw__slot_stripes_add(const struct hw__attachment *attachment, uint32_t slot,
			  uint64_t counters[HW__COUNTERS]);

/* Reads the present counters of the slot, with stripes summed up. */
static inline void hw__slot_counters_read(const struct hw__attachment *a, uint32_t slot,
					  uint64_t owner, uint64_t counters[HW__COUNTERS])
{
	hw__copy_in(counters, a->slots[slot].counters, HW__COUNTERS * sizeof *counters);
	if (hw__slot_is_striped(a, slot, owner))
		hw__slot_stripes_add(a, slot, counters);
}

#endif
