/* SPDX-License-Identifier: BSD-3-Clause */
/* The live view of headway top on a terminal. */
#ifndef TOOLS_SCREEN_H
#define TOOLS_SCREEN_H

#include "top/live.h"

/* Show it until the user quits.  Returns an exit status; -1: the terminal cannot show it. */
int screen_run(struct live *live);

#endif
