/* SPDX-License-Identifier: BSD-3-Clause */
/* Arenas and records of the tests: opened and read in one call each, which ends the test if it fails. */
#ifndef TESTS_ARENAS_H
#define TESTS_ARENAS_H

#include "check.h"

/* A name that no arena has, as headway_open() takes it; the arena is removed at the end. */
const char *new_name(void);

/* Its file in /dev/shm; valid until the next call. */
const char *file_of(const char *name);

/* How many files of a folder have part in their names, temporary files among them. */
int files_with(const char *folder, const char *part);

struct headway_arena *open_arena(const char *name, const struct headway_options *opt);
struct headway_arena *open_read_only(const char *name);

/* 16 slots, 8 members: made in no time, and full after a few records. */
struct headway_arena *open_small(const char *name);

/* id may be NULL. */
struct headway_record *start_record(struct headway_arena *arena, const char *name,
				    struct headway_id *id);

/* To be freed by headway_snapshot_free(). */
struct headway_snapshot *read_record(struct headway_arena *arena, const struct headway_id *id);

/* HEADWAY_RUNNING and so on, or a negative errno. */
int status_of(struct headway_arena *arena, const struct headway_id *id);
uint64_t version_of(struct headway_arena *arena, const struct headway_id *id);

/* The value of a message, valid as long as the snapshot; NULL: there is no such key. */
const char *value_of(const struct headway_snapshot *snapshot, const char *key);

/* fsck finds no fault; at_rest: nobody is attached, so that no block may be in transit either. */
void check_whole(struct headway_arena *arena, int at_rest);

#endif
