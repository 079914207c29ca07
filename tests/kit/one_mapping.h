/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every attachment of this process maps its file at the same address.
 *
 * ThreadSanitizer knows memory by its address; two mappings of one file look like different memory to
 * it.  The linker is told to send the library's mmap() and munmap() here (--wrap), so that several
 * members in one process, each an arena handle, meet in memory that is watched.
 */
#ifndef TESTS_ONE_MAPPING_H
#define TESTS_ONE_MAPPING_H

#include "check.h"

/* Called first: a time limit in seconds, and the arena's path, by the name of the test. */
void mapping_begin(const char *what, unsigned seconds);

/* The arena's path. */
extern const char *mapping_path;

/* Where an arena is mapped that so many attachments have open; NULL: none is. */
const void *mapping_of(unsigned users, size_t *bytes);

/* A tiny arena: 8 slots, and room for a few long texts, so that records are evicted.  FAIL and NULL
 * when it cannot be opened. */
struct headway_arena *mapping_open(unsigned flags);

/* Nobody has it open: fsck finds all blocks. */
void mapping_rest(void);

#endif
