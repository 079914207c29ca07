/* SPDX-License-Identifier: BSD-3-Clause */
/* One walk over the arena, which makes the next list snapshot. */
#ifndef HTTPD_WALK_H
#define HTTPD_WALK_H

#include "snapshot/list_snapshot.h"

/* Returns the last snapshot itself if nothing changed, NULL if memory ran out (then the next walk
 * finds the changes). Called only by the collector's thread. */
struct list_snapshot *walk(struct list_snapshot *last, uint64_t *serialized);

void walk_free(void);

#endif
