/* SPDX-License-Identifier: BSD-3-Clause */
/* Is a record's owner alive?  Asked of locks and /proc, remembered for a tenth of a second. */
/*
 * A record whose owner is dead is lost: for readers at once, though the slot's word says so only after the
 * next sweep.  So nobody may publish a revision of it after a reader has said that it is lost.  The owner
 * cannot.  Another member that has it open looks at the owner first, and its line of totals says that it
 * relies on such a look:
 *
 *   watch = until | writers    until: it relies on no look after that (monotonic clock, ms)
 *                              writers: threads between hw__owner_watch() and hw__owner_watch_end()
 *
 *   writer                                     reader
 *   writers + 1, full order            (L1)    finds the owner dead
 *   a look that found it alive before until?   reads the clock
 *     no: raise until, full order      (L2)    loads watch of all members with a pin           (L1, L2)
 *         look; dead: mark the record lost       writers, or not yet until: the record counts as Running
 *   publish                                    loads the slot's word again: unchanged?  Then it is lost
 *   writers - 1, full order
 *
 * If the reader says lost, then a writer whose writers + 1 it did not see reads the clock later, finds until
 * over, raises it, and looks at an owner who was found dead already.  And what a writer published whose
 * writers - 1 it saw has changed the word.
 */
#ifndef HW_OWNER_H
#define HW_OWNER_H

#include "store/slot.h"

/*
 * owner: the slot's word; origin: of the version that was read.
 * 1 yes, 0 no, -1 unknown: no owner, another pid or time namespace, or the arena lost its name.
 * now_ns: hw__now_coarse_ns(), by which it is judged what is remembered; 0: ask, whatever is remembered.
 */
int hw__owner_alive(struct hw__attachment *attachment, uint64_t owner,
		    const struct hw__origin *origin, uint64_t now_ns);

/* Of an owner that is dead: when this process noticed it first, by the boot clock. */
uint64_t hw__owner_dead_ns(const struct hw__attachment *attachment, uint64_t owner,
			   const struct hw__origin *origin);

/* A member that is not the owner is about to publish a revision.  True: hw__owner_watch_end() follows.
 * False: the owner is dead. */
bool hw__owner_watch(struct hw__attachment *attachment, uint64_t owner,
		     const struct hw__origin *origin);
void hw__owner_watch_end(const struct hw__attachment *attachment);

/* The owner was found dead.  May a member that has the slot open publish all the same? */
bool hw__owner_is_relied_on(const struct hw__attachment *attachment, uint32_t slot, uint64_t owner,
			    const struct hw__origin *origin);

/* Is this membership the owner? */
bool hw__owner_is_self(const struct hw__attachment *attachment, uint64_t owner,
		       const struct hw__origin *origin);

#endif
