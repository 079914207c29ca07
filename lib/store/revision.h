/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Revisions: copies one out of the arena, validated, and writes chains of extents into it.
 *
 * The content of a chunk does not change between its publication and the next change of its
 * version. So a copy is consistent if the version is the same after copying. Each chunk is checked
 * alone; they belong together because a block names its chains, and an extent its successor, by
 * index and version.
 *
 * R1 (acquire on the word, by the caller): the block is read after the word that names it.
 * R2 (load fence before the version is loaded again): pairs with W1 in block.h.
 */
#ifndef HW_REVISION_H
#define HW_REVISION_H

#include "store/block.h"

/* A copy; its entries begin at buffer->bytes + HW__COPY_ENTRIES. */
struct hw__revision {
	struct hw__block_head head; /* used_bytes: size of the entries in the block */
	size_t entries_bytes;       /* size of all entries */
	size_t results_off, results_bytes;
};

enum { HW__COPY_ENTRIES = 64 };

/* Refs, collected in a buffer. */
struct hw__refs {
	struct hw__buffer *buffer;
	size_t count;
};

static inline uint64_t *hw__refs_at(const struct hw__refs *refs)
{
	return (uint64_t *)(void *)refs->buffer->bytes;
}

/* True if the chunk still has the version in ref. Then everything that was read from it before this
 * call was published as ref. */
static inline bool hw__version_is(const uint64_t *state, uint64_t ref)
{
	hw__fence_load(); /* R2, with W1: the content was read before this load of the version */
	return hw__version(hw__load_relaxed(state)) == hw__version(ref);
}

/* 0; -EAGAIN: written again meanwhile; -EBADMSG: the content is impossible; -ENOMEM. */
int hw__revision_copy(const struct hw__attachment *attachment, uint64_t ref,
		      struct hw__buffer *buffer, bool with_results, struct hw__revision *version);

/* True if the word is still the one that named the block of a failed copy. While a word is
 * unchanged, the block that it names keeps its version (I2, I3), so the failure is caused by
 * damage, not by a race. The fence orders this load after the loads of the copy. */
static inline bool hw__word_is_unchanged(const uint64_t *at, uint64_t word)
{
	hw__fence_load(); /* R2: the copy's last load of a version comes before */
	return hw__load_relaxed(at) == word;
}

/* The head of a revision, its origin, and the time of its end. */
struct hw__summary {
	struct hw__block_head head;
	uint64_t ended_boot_ns; /* 0: not ended, or unknown */
	struct hw__origin origin;
};

int hw__revision_summary(const struct hw__attachment *attachment, uint64_t ref,
			 struct hw__summary *summary);

/* The same of the block's head alone. */
int hw__revision_head(const struct hw__attachment *attachment, uint64_t ref,
		      struct hw__block_head *head);

/* Number of extents for this many bytes. */
static inline uint64_t hw__chain_extents(uint64_t bytes)
{
	return (bytes + HW__EXTENT_DATA - 1) / HW__EXTENT_DATA;
}

/* Number of extents of a chain; 0 if it is being written again. */
uint64_t hw__chain_count(const struct hw__attachment *attachment, uint64_t head);

/* Adds the refs of a chain to refs.  Errors as hw__revision_copy(). */
int hw__chain_gather(const struct hw__attachment *attachment, uint64_t head, struct hw__refs *refs);

/* Writes bytes into a new chain of OWNED extents; adds its refs to refs, sets *head. thorough: see
 * hw__chunk_take(). -ENOSPC, -E2BIG (never fits), -ENOMEM: nothing is kept. */
int hw__chain_write(struct hw__attachment *attachment, uint32_t home, const void *data,
		    size_t bytes, bool thorough, struct hw__refs *refs, uint64_t *head);

/* Frees the unpublished extents refs[from..count). */
void hw__chain_undo(struct hw__attachment *attachment, struct hw__refs *refs, size_t from);

#endif
