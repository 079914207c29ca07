/* SPDX-License-Identifier: BSD-3-Clause */
/* Attach: begins and ends a membership, and sweeps dead members; see member.h. */
#ifndef HW_ATTACH_H
#define HW_ATTACH_H

#include "store/sweep.h"

/* Begins the first membership of an attachment that no other thread can see yet. 0, -ESTALE (the
 * name belongs to another file), -EUSERS, or an error of the system. */
int hw__member_join(struct hw__attachment *attachment);

/* Makes this process a member if it is not one, as in a forked child. Errors as above; -ESTALE also
 * if closed. */
int hw__member_ensure(struct hw__attachment *attachment);

/* Ends the membership and sweeps what it had. The caller holds the process lock. */
void hw__member_leave(struct hw__attachment *attachment);

/* Sweeps all dead members in one pass, and adds to count what was done. Acquires the process lock,
 * and holds it only until the dead members are determined. */
int hw__members_sweep_dead(struct hw__attachment *attachment, struct hw__sweep_count *count);

/* Returns what this process swept when it took its index. Each sweep is reported once. */
void hw__attach_swept_take(struct hw__attachment *attachment, struct hw__sweep_count *count);

#endif
