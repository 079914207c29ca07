/* SPDX-License-Identifier: BSD-3-Clause */
/* The process that owns a record. */
#ifndef TOOLS_OWNER_H
#define TOOLS_OWNER_H

#include <headway.h>

/* Kill (SIGKILL) the owner of a record; when that is headway run, its command instead, so that the record
 * still tells how it ended.  NULL, or why not. */
const char *owner_kill(struct headway_arena *arena, const struct headway_id *id);

#endif
