/* SPDX-License-Identifier: BSD-3-Clause */
/* headway dump --follow: print each record again whenever it changes. */
#ifndef TOOLS_FOLLOW_H
#define TOOLS_FOLLOW_H

#include "cmd/dump.h"

/* Follow all records, or the named ones until they are over; waits for an arena, or a server.  Returns an exit
 * status. */
int dump_follow(struct dump *dump, const struct arguments *arguments);

#endif
