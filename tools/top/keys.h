/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys of the live view. */
#ifndef TOOLS_KEYS_H
#define TOOLS_KEYS_H

#include "top/live.h"

/* Handle a key.  Returns 1 to quit. */
int keys_handle(struct live *live, int key);

#endif
