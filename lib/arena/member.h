/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Members: the processes that are attached for writing.
 *
 * A process is member p while it holds the write lock on byte HW__LOCK_BASE + p of the file. It is
 * an open-file-description lock, bound to a PROT_NONE mapping that a forked child does not inherit;
 * the descriptor is closed. So neither fork() nor closefrom() affects the lock, and the kernel
 * releases it with the mapping, however the process ends.
 *
 * A sweep of p runs only while p's byte is locked: for writing by the process that becomes p, or
 * for reading by a reaper, whose lock is bound in the same way. So p is dead during the sweep, and
 * its index is reused only after it. Therefore a chunk's state names its member by index alone.
 *
 * A page that is wiped at fork holds the GENERATION of the membership. Every handle, thread queue
 * and buffer of random bytes stores the generation that it belongs to: in a forked child all are
 * out of date.
 *
 * A process killed between locking and dirty = 1 leaves nothing to repair; later, the next sweep
 * repairs.
 */
#ifndef HW_MEMBER_H
#define HW_MEMBER_H

#include "arena/arena.h"

/* A set of members, as a bitmap. */
struct hw__members {
	uint64_t bits[HW__PIN_WORDS];
};

static inline bool hw__members_have(const struct hw__members *members, uint32_t member)
{
	return member < HW__MEMBERS_MAX && members->bits[member / 64] >> member % 64 & 1;
}

/* The generation of this process's membership; 0 if it is closed, or in a child that is not yet a
 * member. Acquire: pairs with the release at attach. */
static inline uint64_t hw__generation(const struct hw__attachment *a)
{
	return hw__load_acquire(a->generation_now);
}

/* Locks a free member index. Its former member must be swept before the index is used. The caller
 * holds the process lock, so that no fork happens before the lock is bound. Returns 0, -ESTALE (the
 * name belongs to another file), -EUSERS, -EBUSY (the last free index is being swept), or an error
 * of the system. */
int hw__place_take(struct hw__attachment *attachment);

/* Makes this process the member with the locked index. The caller holds the process lock. */
void hw__place_use(struct hw__attachment *attachment);
void hw__place_leave(struct hw__attachment *attachment);

/* Keeps the bytes of dead members locked during a sweep. */
struct hw__hold {
	void *page; /* the mapping that the locks are bound to; NULL: none */
	int fd;     /* the descriptor, if a mapping cannot keep the locks; -1 */
};

/* Locks the bytes of all members that are dead and not yet swept. The caller holds the process
 * lock. Returns true if there are any. */
bool hw__dead_hold(const struct hw__attachment *attachment, struct hw__members *dead,
		   struct hw__hold *hold, int *error);
void hw__dead_release(const struct hw__hold *hold);

/* Finds the members that are dead and not yet swept, and changes nothing. Returns false if the
 * state of some is unknown. */
bool hw__members_dead(const struct hw__attachment *attachment, struct hw__members *dead);

/* Returns 1 if a process holds p's lock, 0 if none does, -1 if unknown: the name belongs to another
 * file, or this process has lost the right to open it. Takes a few system calls. */
int hw__member_alive(const struct hw__attachment *attachment, uint32_t member);

#endif
