/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshot: the reader's side; see snapshot.c. */
#ifndef HW_SNAPSHOT_H
#define HW_SNAPSHOT_H

#include "open/owner.h"

/* Copies and decodes a slot's record. id NULL: whichever is there. now_ns: hw__now_coarse_ns() before the
 * call. 0, -ENOENT, -ESTALE (no record, or another), -EAGAIN, -EBADMSG, -ENOMEM. */
int hw__snapshot_read(struct hw__attachment *attachment, uint32_t slot, const struct headway_id *id,
		      struct headway_snapshot **snapshot, uint64_t now_ns);

#endif
