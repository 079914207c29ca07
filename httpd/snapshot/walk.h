/* SPDX-License-Identifier: BSD-3-Clause */
/* One walk over the arena: what it found, as the generation that follows the last one. */
#ifndef HTTPD_WALK_H
#define HTTPD_WALK_H

#include "snapshot/list_snapshot.h"

/*
 * Returns the last generation itself when nothing changed, NULL when memory ran out (nothing is lost:
 * the next walk finds it again).  The collector's thread only.
 */
struct generation *walk(struct generation *last, uint64_t *serialized);

void walk_free(void);

#endif
