/* SPDX-License-Identifier: BSD-3-Clause */
/* Attach: become a member and cease to be one, and sweep after those who died; see member.h. */
#ifndef HW_ATTACH_H
#define HW_ATTACH_H

#include "store/sweep.h"

/* The first membership of an attachment that no other thread knows yet.  0, -ESTALE (the name leads elsewhere),
 * -EUSERS, or from the system. */
int hw__member_join(struct hw__attachment *attachment);

/* Become a member, if this process is not one: a forked child.  As above; -ESTALE also when closed. */
int hw__member_ensure(struct hw__attachment *attachment);

/* The end of the membership, and a sweep of what it had.  Under the process lock. */
void hw__member_leave(struct hw__attachment *attachment);

/* Sweep every dead member, in one pass; adds to count what was done.  Takes the process lock, and holds
 * it only until it is known who is dead. */
int hw__members_sweep_dead(struct hw__attachment *attachment, struct hw__sweep_count *count);

/* What this process swept when it took its index.  Each sweep is reported once. */
void hw__attach_swept_take(struct hw__attachment *attachment, struct hw__sweep_count *count);

#endif
