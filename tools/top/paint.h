/* SPDX-License-Identifier: BSD-3-Clause */
/* Draw the live view. */
#ifndef TOOLS_PAINT_H
#define TOOLS_PAINT_H

#include "top/live.h"

void paint_screen(struct live *live);

#endif
