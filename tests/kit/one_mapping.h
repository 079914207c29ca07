/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All attachments of this process share one mapping of the arena.
 *
 * ThreadSanitizer identifies memory by its virtual address, so it takes two mappings of one file
 * for different memory. The linker option --wrap redirects the library's mmap() and munmap() to
 * this file, so that several members in one process (one for each arena handle) use the same
 * addresses.
 */
#ifndef TESTS_ONE_MAPPING_H
#define TESTS_ONE_MAPPING_H

#include "check.h"

/* To be called first: sets the time limit in seconds, and the arena's path, which contains what. */
void mapping_begin(const char *what, unsigned seconds);

/* The arena's path. */
extern const char *mapping_path;

/* The address and size of the mapping that has users attachments; NULL: there is none. */
const void *mapping_of(unsigned users, size_t *bytes);

/* Opens a tiny arena: 8 slots and space for a few long texts, so that records are evicted. On
 * failure it calls FAIL and returns NULL. */
struct headway_arena *mapping_open(unsigned flags);

/* To be called when nobody has the arena open: checks with fsck that every block is accounted
 * for. */
void mapping_rest(void);

#endif
