/* SPDX-License-Identifier: BSD-3-Clause */
/* Room: try a call again for as long as making room helps it. */
#ifndef HW_ROOM_H
#define HW_ROOM_H

#include "open/reap.h"

/*
 * One attempt of a call.  thorough: look at every chunk for a free one, not at the hints alone.
 * Fails with -ENOSR when it found no slot, -ENOBUFS no block, -ENOSPC too few extents; *extents is then
 * how many the whole call needs.  Other errors are the call's own.
 */
typedef int hw__attempt(void *call, bool thorough, uint64_t *extents);

/*
 * Attempts the call; if it finds no room, looks at every chunk, then makes room and attempts it again for
 * as long as making room helps.  slot: which kind of slot the call wants, if it wants one.
 * 0; -ENOSPC: there is no room; or the call's own error.
 */
int hw__attempt_with_room(struct hw__attachment *attachment, enum hw__want slot,
			  hw__attempt *attempt, void *call);

#endif
