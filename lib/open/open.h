/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open: from a name to an attachment, and from a handle to the attachment that its name leads to now.
 *
 * A handle's pointer to its attachment is protected by sections (rcu.h): who needs the attachment for longer
 * takes a reference.  Record handles hold one, so that a mapping goes away after the last of them.
 */
#ifndef HW_OPEN_H
#define HW_OPEN_H

#include "open/attach.h"

/* The handle's attachment with a reference, after a look for a replaced arena; NULL when closed. */
struct hw__attachment *hw__attachment_get(struct headway_arena *arena);
void hw__attachment_ref(struct hw__attachment *attachment);
void hw__attachment_put(struct hw__attachment *attachment);

/* The same for the length of a read-side section that the caller is in, without a reference.  NULL:
 * closed, or it is time for a look: leave the section, call hw__attachment_get() once, try again.
 * now_ns: hw__now_coarse_ns(). */
struct hw__attachment *hw__attachment_peek(struct headway_arena *arena, uint64_t now_ns);

#endif
