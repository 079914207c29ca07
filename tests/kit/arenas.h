/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions for arenas and records. One that fails ends the test, unless it returns an errno. */
#ifndef TESTS_ARENAS_H
#define TESTS_ARENAS_H

#include "check.h"

/* A name in the form of headway_open() that no arena has yet. The arena is removed when the test
 * ends. */
const char *new_name(void);

/* The path of the arena's file in /dev/shm; valid until the next call. */
const char *file_of(const char *name);

/* The number of files in folder with part in their names, including temporary files. */
int files_with(const char *folder, const char *part);

struct headway_arena *open_arena(const char *name, const struct headway_options *opt);
struct headway_arena *open_read_only(const char *name);

/* Opens an arena of 16 slots and 8 members: quick to make, and full after a few records. */
struct headway_arena *open_small(const char *name);

/* id may be NULL. */
struct headway_record *start_record(struct headway_arena *arena, const char *name,
				    struct headway_id *id);

/* The caller frees the snapshot with headway_snapshot_free(). */
struct headway_snapshot *read_record(struct headway_arena *arena, const struct headway_id *id);

/* The status, HEADWAY_RUNNING and so on, or a negative errno. */
int status_of(struct headway_arena *arena, const struct headway_id *id);
uint64_t version_of(struct headway_arena *arena, const struct headway_id *id);

/* The value of a message, valid as long as the snapshot; NULL if the record has no such key. */
const char *value_of(const struct headway_snapshot *snapshot, const char *key);

/* Fails if fsck finds a fault. at_rest: no process is attached, so blocks in transit are a fault
 * too. */
void check_whole(struct headway_arena *arena, int at_rest);

#endif
