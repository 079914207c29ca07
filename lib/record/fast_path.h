/* SPDX-License-Identifier: BSD-3-Clause */
/* The fast path: updates by one message, and ends, if all entries fit into the block. Other updates
 * take the general path. */
#ifndef HW_FAST_PATH_H
#define HW_FAST_PATH_H

#include "record/update.h"

/* Like hw__update() with one message, whose texts are already checked. */
int hw__update_message(struct headway_record *record, const struct hw__message *message);

/* Like hw__update() with the status HW__FINISHED. */
int hw__update_finish(struct headway_record *record);

#endif
