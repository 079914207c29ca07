/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a process's start time, command and mappings from /proc. */
#ifndef HW_PROCESS_H
#define HW_PROCESS_H

#include "base/private.h"

#include <stdint.h>

/* Gets the start time (in clock ticks) and command of a process. -ESRCH if there is none, or only a
 * zombie; -EACCES if unknown. */
int hw__process_stat(uint32_t pid, uint64_t *start_ticks, char command[16]);

/* Returns 1 if the process has mapped a file with this inode, 0 if not, -1 if unknown: no right to look, or no
 * such process. */
int hw__process_maps(uint32_t pid, uint64_t inode);

#endif
