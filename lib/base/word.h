/* SPDX-License-Identifier: BSD-3-Clause */
/* Packs and unpacks the words of layout.h. */
#ifndef HW_WORD_H
#define HW_WORD_H

#include "base/layout.h"

#include <stdbool.h>

#define HW__VERSION_MASK ((1ull << 36) - 1)
#define HW__REF_MASK     ((1ull << 60) - 1)
#define HW__REF_SET      (1ull << 60)

/* Bit of a slot's word: the record's owner was requested to stop. */
#define HW__WORD_CANCELLED (1ull << 60)

enum { HW__STATUS_SHIFT = 61 };

/* The word of a record without a request to stop. */
static inline uint64_t hw__word(enum hw__status status, uint64_t ref)
{
	return (uint64_t)status << HW__STATUS_SHIFT | (ref & HW__REF_MASK);
}

/* The same word with another status; the request to stop is kept. */
static inline uint64_t hw__word_become(enum hw__status status, uint64_t word)
{
	return hw__word(status, word) | (word & HW__WORD_CANCELLED);
}

static inline unsigned hw__word_status(uint64_t word)
{
	return (unsigned)(word >> HW__STATUS_SHIFT);
}

/* The word of a slot that the member has claimed. */
static inline uint64_t hw__word_claim(uint32_t member)
{
	return (uint64_t)HW__CLAIM << HW__STATUS_SHIFT | (uint64_t)member << 36;
}

static inline bool hw__status_is_readable(unsigned status)
{
	return status >= HW__RUNNING && status <= HW__LOST;
}

static inline bool hw__status_is_over(unsigned status)
{
	return status >= HW__FINISHED && status <= HW__LOST;
}

static inline uint64_t hw__ref(uint32_t index, uint64_t version)
{
	return HW__REF_SET | (uint64_t)index << 36 | (version & HW__VERSION_MASK);
}

/* The ref of the block that a word names, if it names one. */
static inline uint64_t hw__word_block(uint64_t word)
{
	return HW__REF_SET | (word & HW__REF_MASK);
}

/* The ref of the block that a word names; 0 for FREE and CLAIM, which name none. */
static inline uint64_t hw__word_ref(uint64_t word)
{
	return hw__word_status(word) >= HW__RUNNING ? hw__word_block(word) : 0;
}

static inline uint32_t hw__ref_index(uint64_t ref)
{
	return (uint32_t)(ref >> 36) & 0xffffff;
}

static inline uint64_t hw__version(uint64_t word_or_state)
{
	return word_or_state & HW__VERSION_MASK;
}

static inline uint64_t hw__version_next(uint64_t version)
{
	return (version + 1) & HW__VERSION_MASK;
}

static inline uint64_t hw__state(enum hw__kind kind, uint32_t member, uint64_t version)
{
	return (uint64_t)kind << 62 | (uint64_t)member << 48 | (version & HW__VERSION_MASK);
}

static inline unsigned hw__state_kind(uint64_t state)
{
	return (unsigned)(state >> 62);
}

static inline uint32_t hw__state_member(uint64_t state)
{
	return (uint32_t)(state >> 48) & 0x3fff;
}

static inline uint64_t hw__owner(enum hw__owner_kind kind, unsigned flags, uint32_t member,
				 uint32_t pid)
{
	return (uint64_t)kind << 60 | (uint64_t)flags << 56 | (uint64_t)member << 32 | pid;
}

static inline unsigned hw__owner_kind(uint64_t owner)
{
	return (unsigned)(owner >> 60);
}

static inline unsigned hw__owner_flags(uint64_t owner)
{
	return (unsigned)(owner >> 56) & 15;
}

static inline uint32_t hw__owner_member(uint64_t owner)
{
	return (uint32_t)(owner >> 32) & 0xffffff;
}

#endif
