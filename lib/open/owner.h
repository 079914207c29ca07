/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a record's owner is alive: from locks and /proc, cached for a tenth of a second.
 *
 * A record whose owner is dead is lost: for readers at once, although the slot's word says so only after
 * the next sweep. So no member may publish a revision of it after a reader has reported it lost. The
 * owner itself is dead. Another member that has the record open checks the owner first, and relies on that for
 * a tenth of a second, in calls with the same handle; its watch says until when, for each of 32 groups of
 * slots, and on which records its threads are in a call:
 *
 *   writer                                     reader
 *   an entry of calls, full order      (L1)    finds the owner dead
 *   is the handle's last check recent?         reads the clock
 *     no: raise until, full order      (L2)    loads the watch of each member with a pin       (L1, L2)
 *         check; dead: mark the record lost      an entry with the slot, others, or until not reached:
 *   publish                                      counts as Running
 *   the entry is free again, release           loads the slot's word again: if unchanged, it is lost
 *
 * Assume that a reader reports the record lost. A writer whose entry the reader did not see in use reads
 * the clock later, so that its handle's last check is no longer recent or came after until was loaded: then
 * it found the owner dead. A writer whose entry the reader saw free again has changed the word if it
 * published. A member whose pin the reader did not see pinned the slot later, and its handle has made no
 * check before its pin.
 *
 * Calls on other records keep no record from being lost, unless more threads of one member are in such
 * calls than it has entries. A writer that was stopped after its check does, if the call is on this
 * very record: it may publish whenever it goes on, and only a store to the slot's word prevents that,
 * which a sweep makes and a reader cannot.
 *
 * A writer that begins later is seen as one that may publish, until it has checked. So a process remembers
 * which records it has reported lost (lost.h), and does not report them Running again.
 */
#ifndef HW_OWNER_H
#define HW_OWNER_H

#include "store/slot.h"

/*
 * owner: the slot's word; origin: of the revision that was read.
 * Returns 1 yes, 0 no, -1 unknown: no owner, another pid or time namespace, or the arena lost its name.
 * now_ns: hw__now_coarse_ns(), the time for which the cache is asked; 0: do not use the cache.
 */
int hw__owner_alive(struct hw__attachment *attachment, uint64_t owner,
		    const struct hw__origin *origin, uint64_t now_ns);

/* What a reader remembers of the owner of the record that it reads again and again: alive, by a check
 * that is no older than those of the cache. since_ns 0: nothing. */
struct hw__owner_memo {
	uint64_t owner, incarnation, since_ns;
};

/* Like hw__owner_alive(); sets memo. */
int hw__owner_alive_noted(struct hw__attachment *attachment, uint64_t owner,
			  const struct hw__origin *origin, uint64_t now_ns,
			  struct hw__owner_memo *memo);

enum { HW__OWNER_CACHE_MS = 100 }; /* a check that found an owner alive holds that long */

/* How often the owner's index, if it is a member, has been taken. A program started by exec() has the pid
 * and start time of its predecessor and may get the same index; only the incarnation differs. */
static inline uint64_t hw__owner_incarnation(const struct hw__attachment *a, uint64_t owner)
{
	uint32_t member = hw__owner_member(owner);

	return hw__owner_kind(owner) == HW__OWNER_MEMBER && member < a->geometry.members
		       ? hw__load_acquire(&a->members[member].incarnation)
		       : 0;
}

/* True: the owner is alive, as the memo says for now_ns. */
static inline bool hw__owner_memo_is(const struct hw__attachment *a,
				     const struct hw__owner_memo *memo, uint64_t owner,
				     uint64_t now_ns)
{
	return memo->since_ns && memo->owner == owner &&
	       now_ns - memo->since_ns < HW__OWNER_CACHE_MS * 1000000ull &&
	       hw__owner_incarnation(a, owner) == memo->incarnation;
}

/* For a dead owner: when this process first found it dead, in ns of the boot clock. */
uint64_t hw__owner_dead_ns(const struct hw__attachment *attachment, uint64_t owner,
			   const struct hw__origin *origin);

/* To be called by a member that is not the owner, before it publishes a revision. True: it may, and calls
 * hw__owner_watch_end() with *call afterwards. False: the owner is dead. *checked: of the handle, the time of
 * its last check, atomic; 0: none since the slot was pinned. */
bool hw__owner_watch(struct hw__attachment *attachment, uint32_t slot, uint64_t owner,
		     const struct hw__origin *origin, uint64_t *checked, uint32_t *call);
void hw__owner_watch_end(const struct hw__attachment *attachment, uint32_t call);

/* After the owner was found dead: true if a member that has the slot open may still publish, relying on
 * an earlier check. */
bool hw__owner_is_relied_on(const struct hw__attachment *attachment, uint32_t slot, uint64_t owner,
			    const struct hw__origin *origin);

/* True if this membership is the owner. */
bool hw__owner_is_self(const struct hw__attachment *attachment, uint64_t owner,
		       const struct hw__origin *origin);

#endif
