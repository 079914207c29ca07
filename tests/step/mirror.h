/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A copy of an arena at one instant is what a SIGKILL at that instant leaves: in the copy nobody holds
 * a lock.  It is recovered as any process would (attach or reap), closed, and audited.
 */
#ifndef TESTS_MIRROR_H
#define TESTS_MIRROR_H

#include "view.h"

/* How the dead are found: by who is given their place, or by a reaper beside them. */
enum { BY_ATTACH = 1, BY_REAP = 2, FILL = 4 };

struct mirror {
	const unsigned char *live; /* the arena itself */
	unsigned char *last;       /* as it was when last looked at */
	unsigned char *copy;       /* the arena that is recovered */
	size_t bytes;
	int fd; /* of the copy */
	char path[96];
	struct headway_arena *reader;
	const char *call; /* for findings */
	uint64_t step;
	uint64_t recovered;
	uint64_t members_off, blocks_off, extents_off;
	uint32_t members;
};

/* path: of the arena; copy: of the file to recover in. */
void mirror_open(struct mirror *m, const char *path, const char *copy);

/* The copy is removed. */
void mirror_close(struct mirror *m);

/* Whether the arena has changed since the last call, and at which byte first. */
bool mirror_moved(struct mirror *m, size_t *where);

/* Content of a block or extent, as opposed to the words that the protocol turns on. */
bool mirror_is_content(const struct mirror *m, size_t where);

/* F_WRLCK or F_UNLCK on the lock of a member of the copy. */
void mirror_member_lock(const struct mirror *m, uint32_t member, short type);

/* Every dead member's place looks taken while the recoverer attaches. */
void mirror_lock_dirty(const struct mirror *m, short type);

/* A slot's word in the arena itself. */
const uint64_t *mirror_live_word(const struct mirror *m, uint32_t slot);

/* Units in the copy that a member owns and no record refers to. */
unsigned mirror_owned_in_vain(const struct mirror *m, uint32_t member);

/* FAIL unless all records are as before, those of dead owners lost. */
void mirror_expect(const struct mirror *m, const struct view *before, const struct view *after);

/* FAIL unless fsck finds nothing in the copy and no member is dirty. */
void mirror_audit(const struct mirror *m, const char *when);

/* before: what a reader sees in the copy before anybody recovers it. */
void mirror_recover(struct mirror *m, unsigned how, struct view *before);

#endif
