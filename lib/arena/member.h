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

#include "arena/arena.h"

/* Some members: a bit each. */
struct hw__members {
	uint64_t bits[HW__PIN_WORDS];
};

static inline bool hw__members_have(const struct hw__members *members, uint32_t member)
{
	return member < HW__MEMBERS_MAX && members->bits[member / 64] >> member % 64 & 1;
}

/* The generation of this process's membership; 0 in a child that is not yet a member, and when closed.
 * Acquire: pairs with the release at attach. */
static inline uint64_t hw__generation(const struct hw__attachment *a)
{
	return hw__load_acquire(a->generation_now);
}

/* A free place, its byte locked; the place before it is used must be swept.  Under the process lock, so
 * that no child is born between open and bound.  0, -ESTALE (the name leads elsewhere), -EUSERS, -EBUSY (the
 * last one that is free is being swept), or from the system. */
int hw__place_take(struct hw__attachment *attachment);

/* From here on this process is a member.  Under the process lock. */
void hw__place_use(struct hw__attachment *attachment);
void hw__place_leave(struct hw__attachment *attachment);

/* Keeps the bytes of dead members locked during a sweep. */
struct hw__hold {
	void *page; /* the mapping that the locks are bound to; NULL: none */
	int fd;     /* or the descriptor, where a mapping does not keep them; -1 */
};

/* Locks the bytes of all members that are dead and not yet swept.  Under the process lock.  True: there are some. */
bool hw__dead_hold(const struct hw__attachment *attachment, struct hw__members *dead,
		   struct hw__hold *hold, int *error);
void hw__dead_release(const struct hw__hold *hold);

/* The members that are dead and not yet swept.  Changes nothing.  False: of some it is not known. */
bool hw__members_dead(const struct hw__attachment *attachment, struct hw__members *dead);

/* 1: a process holds p's byte; 0: none does; -1: unknown, the name leads elsewhere, or this process has
 * no right to open the file any more.  A few system calls. */
int hw__member_alive(const struct hw__attachment *attachment, uint32_t member);

/* Start time in clock ticks and command of a process; -ESRCH when there is none (or a zombie), -EACCES when
 * it cannot be told. */
int hw__process_stat(uint32_t pid, uint64_t *start_ticks, char command[16]);

#endif
