/* SPDX-License-Identifier: BSD-3-Clause */
/* One walk over the arena, which makes the next list snapshot. */
#ifndef HTTPD_WALK_H
#define HTTPD_WALK_H

#include "snapshot/list_snapshot.h"

/*
 * Returns the last snapshot itself when nothing changed, NULL when memory ran out (nothing is lost:
 * the next walk finds it again).  Called by the collector's thread only.
 */
struct list_snapshot *walk(struct list_snapshot *last, uint64_t *serialized);

void walk_free(void);

#endif
