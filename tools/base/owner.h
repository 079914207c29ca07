/* SPDX-License-Identifier: BSD-3-Clause */
/* The process that owns a record. */
#ifndef TOOLS_OWNER_H
#define TOOLS_OWNER_H

#include <headway.h>

/* Kills (SIGKILL) the owner of a record; if that is headway run, only its command, so that headway
 * run still records how it ended. NULL, or the reason why not. */
const char *owner_kill(struct headway_arena *arena, const struct headway_id *id);

#endif
