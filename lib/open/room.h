/* SPDX-License-Identifier: BSD-3-Clause */
/* Room: repeats a call's attempt as long as making room helps. */
#ifndef HW_ROOM_H
#define HW_ROOM_H

#include "open/reap.h"

/* One attempt of a call. thorough: search all chunks for a free one, not only those with hints.
 * Fails with -ENOSR if it found no slot, -ENOBUFS no block, -ENOSPC too few extents; then *extents
 * is the number that the whole call needs. Other errors are the call's own. */
typedef int hw__attempt(void *call, bool thorough, uint64_t *extents);

/* Attempts the call. If it finds no room, searches all chunks, then makes room, and repeats the
 * attempt as long as that helps. slot: the kind of slot that the call needs, if any. 0; -ENOSPC:
 * there is no room; or the call's own error. */
int hw__attempt_with_room(struct hw__attachment *attachment, enum hw__want slot,
			  hw__attempt *attempt, void *call);

#endif
