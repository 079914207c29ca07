/* SPDX-License-Identifier: BSD-3-Clause */
/* Open an arena for a command, and explain why one cannot be opened. */
#ifndef TOOLS_ARENA_H
#define TOOLS_ARENA_H

#include <headway.h>

#include <stdint.h>

#define ARENA_DEFAULT_BYTES (UINT64_C(32) << 20) /* size when none is given */

/* The arena's name in messages: name, else $HEADWAY_ARENA, else "/headway". */
const char *arena_label(const char *name);

/* Explain an error of headway_open() and say what to do.  arena_missing() is for commands that
 * need an existing arena.  The text is static and overwritten by the next call. */
const char *arena_trouble(const char *name, int error);
const char *arena_missing(const char *name, int error);

/* Explain that the file system is full: needed_bytes (0: unknown) and the bytes that are free. */
const char *arena_no_room(const char *name, uint64_t needed_bytes);

/* Open an arena for reading.  Returns 0 or a negative errno. */
int arena_open_existing(const char *name, struct headway_arena **arena);

/* True for an error that ends when some process makes the arena. */
int arena_may_come(int error);

/* Open an arena for reading; while there is none, wait for it, looking every interval_ms.
 * Returns NULL when a stop signal came (see base/stop.h); exits with a message when the arena
 * cannot be used. */
struct headway_arena *arena_wait(const char *name, int interval_ms);

/* Open an arena with these flags of headway_options; exits with a message on failure. */
struct headway_arena *arena_open(const char *name, unsigned flags);

#endif
