/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Open: finds an attachment by name, and by handle the attachment that the handle's name belongs to
 * now.
 *
 * A handle's pointer to its attachment is protected by sections (rcu.h): code that needs the
 * attachment for longer takes a reference. Record handles hold one, so a mapping is removed after
 * the last of them.
 */
#ifndef HW_OPEN_H
#define HW_OPEN_H

#include "open/attach.h"

/* Returns the handle's attachment with a reference, after a check for a replaced arena; NULL if
 * closed. */
struct hw__attachment *hw__attachment_get(struct headway_arena *arena);
void hw__attachment_ref(struct hw__attachment *attachment);
void hw__attachment_put(struct hw__attachment *attachment);

/* Whether the name still belongs to the mapped file is looked up at most that often. */
enum { HW__LOOK_EVERY_NS = 1000000000 };

/* Another thread may have looked since now_ns. */
static inline bool hw__attachment_look_is_due(const struct hw__attachment *a, uint64_t now_ns)
{
	return (int64_t)(now_ns - hw__load_relaxed(&a->looked_ns)) >= HW__LOOK_EVERY_NS;
}

/* Returns the attachment without a reference, valid until the end of the section that the caller is
 * in. NULL: closed, or the name must be checked: leave the section, call hw__attachment_get() once,
 * try again. now_ns: hw__now_coarse_ns(). */
static inline struct hw__attachment *hw__attachment_peek(struct headway_arena *arena,
							 uint64_t now_ns)
{
	struct hw__attachment *a = hw__load_pointer_acquire((void *const *)&arena->current);

	return a && !hw__attachment_look_is_due(a, now_ns) ? a : NULL;
}

#endif
