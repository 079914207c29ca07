/* SPDX-License-Identifier: BSD-3-Clause */
/* Recovery of a copy. A copy of an arena at one instant equals what a SIGKILL at that instant
 * leaves, since nobody holds a lock in the copy. It is recovered like any arena (by attach or
 * reap), closed, and checked with fsck. */
#ifndef TESTS_MIRROR_H
#define TESTS_MIRROR_H

#include "tracee.h"
#include "view.h"

/* How dead members are found: by a new member that gets the index, or by a reaper with another
 * one. */
enum { BY_ATTACH = 1, BY_REAP = 2, FILL = 4 };

struct mirror {
	const unsigned char *live; /* the original arena */
	unsigned char *last;       /* its content at the last comparison */
	unsigned char *copy;       /* the arena that is recovered */
	size_t bytes;
	int fd; /* descriptor of the copy */
	char path[96];
	struct headway_arena *reader;
	const char *call; /* name of the call, for messages */
	uint64_t step;
	uint64_t recovered;
	uint64_t members_off, blocks_off, extents_off;
	uint32_t members;
};

/* path: the arena's file; copy: the file for the copy. */
void mirror_open(struct mirror *m, const char *path, const char *copy);

/* Removes the copy. */
void mirror_close(struct mirror *m);

/* True if the arena has changed since the last call; *where is the first byte that differs. */
bool mirror_moved(struct mirror *m, size_t *where);

/* True if the byte is content of a block or extent, not a word of the protocol. */
bool mirror_is_content(const struct mirror *m, size_t where);

/* Sets F_WRLCK or F_UNLCK on the lock of a member of the copy. */
void mirror_member_lock(const struct mirror *m, uint32_t member, short type);

/* Locks or unlocks the bytes of all dead members, so that the recovering process does not take
 * their indices. */
void mirror_lock_dirty(const struct mirror *m, short type);

/* A slot's word in the original arena. */
const uint64_t *mirror_live_word(const struct mirror *m, uint32_t slot);

/* Number of chunks in the copy that a member owns, that are not current, and that its thread does not
 * keep in a queue. */
unsigned mirror_owned_in_vain(const struct mirror *m, uint32_t member, const struct lane *lane);

/* FAIL unless all records are unchanged, except those of dead owners, which are lost. */
void mirror_expect(const struct mirror *m, const struct view *before, const struct view *after);

/* FAIL unless fsck finds nothing in the copy and no member is dirty. */
void mirror_audit(const struct mirror *m, const char *when);

/* Recovers the copy. before: what a reader sees in the copy before the recovery. */
void mirror_recover(struct mirror *m, unsigned how, struct view *before);

#endif
