/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Members: which processes are attached for writing.
 *
 * Holding the write lock on byte HW__LOCK_BASE + p of the file IS being member p.  The lock is an
 * open-file-description lock; it is bound to a PROT_NONE mapping of that description which a forked
 * child does not inherit, and the descriptor is closed: neither fork() nor closefrom() can change who
 * looks alive, and the kernel drops the lock when the mapping goes, however the process ends.
 *
 * A sweep of p runs only while p's byte is held (for writing by who becomes p, for reading by a
 * reaper, whose lock is bound in the same way), so it never meets a living p and is done before the index
 * is used again.  For that reason a block's state names its member by index alone.
 *
 * A page that is wiped at fork holds the GENERATION of the membership.  Every handle, thread queue and
 * buffer of random bytes remembers the generation it belongs to: in a forked child all are out of date.
 *
 * Killed here?  Between lock and dirty = 1: nothing was touched.  After: the next sweep repairs.
 */
#ifndef HW_MEMBER_H
#define HW_MEMBER_H

#include "arena.h"

/* Some members: a bit each. */
struct hw__members {
	uint64_t bits[HW__PIN_WORDS];
};

static inline bool hw__members_have(const struct hw__members *members, uint32_t member)
{
	return member < HW__MEMBERS_MAX && members->bits[member / 64] >> member % 64 & 1;
}

/* What a sweep of some members does to slots and blocks, in one pass; adds to count what it did.  own: it
 * is this process's, which knows what it touched.  Handed in at start-up, so that this room need not know
 * those. */
extern void (*hw__member_sweep)(struct hw__attachment *attachment, const struct hw__members *dead,
				bool own, struct hw__sweep_count *count);

/* Hand attach and detach to arena.c.  Idempotent; before anything is opened. */
void hw__member_hooks(void);

/* The generation of this process's membership; 0 in a child that is not yet a member, and when closed.
 * Acquire: pairs with the release at attach. */
static inline uint64_t hw__generation(const struct hw__attachment *a)
{
	return hw__load_acquire(a->generation_now);
}

/* Become a member, if this process is not one.  0, -ESTALE (closed, arena replaced), -EUSERS, … */
int hw__member_ensure(struct hw__attachment *attachment);

/* Sweep every dead member, in one pass; adds to count what was done.  Takes the process lock, and holds
 * it only until it is known who is dead. */
int hw__members_sweep_dead(struct hw__attachment *attachment, struct hw__sweep_count *count);

/* Who is dead and not yet swept, by a look that changes nothing. */
void hw__members_dead(const struct hw__attachment *attachment, struct hw__members *dead);

/* What was swept when this process was given its place, and was not yet told: told once. */
void hw__attach_swept_take(struct hw__attachment *attachment, struct hw__sweep_count *count);

/* 1 a process holds p's byte, 0 nobody does, -1 cannot tell.  A few system calls. */
int hw__member_alive(const struct hw__attachment *attachment, uint32_t member);

/* Start time in clock ticks and command of a process; -ESRCH when there is none (or a zombie). */
int hw__process_stat(uint32_t pid, uint64_t *start_ticks, char command[16]);

#endif
