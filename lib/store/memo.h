/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memo: where the messages are in the revision of a record that a thread published last.
 *
 * A word (block, version) is published at most once (I3). So while the slot's word equals the one
 * in the memo, the block that it names has the entries that this thread wrote, and the places of
 * its messages are known without a walk. Another writer, a cancel or a loss changes the word; a
 * close or a fork ends the generation of the queue that has the memo.
 *
 * A memo knows the first HW__MEMO_MESSAGES messages with keys of up to HW__MEMO_KEY bytes, in the
 * order of the entries. It is private to its thread.
 */
#ifndef HW_MEMO_H
#define HW_MEMO_H

#include "store/entry.h"

enum {
	HW__MEMOS = 8, /* of a thread: one for slots i, i + 8, i + 16, … */
	HW__MEMO_MESSAGES = 8,
	HW__MEMO_KEY = 16
};

/* A key as its first and its last bytes, which overlap if there are fewer than 16. With the length
 * it is the whole key. */
struct hw__memo_key {
	uint64_t first, last;
	size_t length;
};

struct hw__memo {
	uint64_t word;  /* of the slot; 0: nothing is known */
	uint32_t used;  /* bytes of the entries */
	uint32_t count; /* messages whose places are known; 0: the word alone is known */
	uint32_t last;  /* the one of them that was changed last */
	uint32_t
		guess; /* the one expected to be changed next: the same again, or the one after it */
	uint16_t at[HW__MEMO_MESSAGES];     /* offset of the value among the entries */
	uint16_t length[HW__MEMO_MESSAGES]; /* of the value */
	struct hw__memo_key key[HW__MEMO_MESSAGES];
};

static inline uint64_t hw__memo_word(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof word);
	return word;
}

static inline uint64_t hw__memo_half(const char *at)
{
	uint32_t half;

	memcpy(&half, at, sizeof half);
	return half;
}

/* length: 1 to HW__MEMO_KEY */
static inline struct hw__memo_key hw__memo_key(const char *key, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)key;

	if (length >= 8)
		return (struct hw__memo_key){hw__memo_word(key), hw__memo_word(key + length - 8),
					     length};
	if (length >= 4)
		return (struct hw__memo_key){hw__memo_half(key), hw__memo_half(key + length - 4),
					     length};
	return (struct hw__memo_key){(uint64_t)bytes[0] << 8 | bytes[length / 2], bytes[length - 1],
				     length};
}

static inline bool hw__memo_key_is(const struct hw__memo_key *a, const struct hw__memo_key *b)
{
	return a->first == b->first && a->last == b->last && a->length == b->length;
}

/* The number of the message with this key; count if its place is not known. */
static inline uint32_t hw__memo_find(const struct hw__memo *m, const char *key, size_t length)
{
	struct hw__memo_key wanted;
	uint32_t i = m->guess;

	if (length > HW__MEMO_KEY)
		return m->count;
	wanted = hw__memo_key(key, length);
	for (uint32_t n = 0; n < m->count; n++) {
		if (hw__memo_key_is(&m->key[i], &wanted))
			return i;
		i = i + 1 < m->count ? i + 1 : 0;
	}
	return m->count;
}

/* Offset of the header of a known message. */
static inline size_t hw__memo_header(const struct hw__memo *m, uint32_t i)
{
	return m->at[i] - 1 - m->key[i].length - sizeof(struct hw__entry);
}

/* Notes that message i was given a value of this length, and published with this word. */
static inline void hw__memo_follow(struct hw__memo *m, uint64_t word, uint32_t i, size_t length)
{
	size_t longer = length - m->length[i];

	uint32_t guess = i + (i != m->last);

	m->word = word;
	m->last = i;
	m->guess = guess < m->count ? guess : 0;
	if (!longer)
		return;
	m->used += (uint32_t)longer;
	m->length[i] = (uint16_t)length;
	for (uint32_t k = i + 1; k < m->count; k++)
		m->at[k] += (uint16_t)longer;
}

/* Learns the places of messages from entries that this thread has written, before they are
 * published; the word is set afterwards. */
void hw__memo_learn(struct hw__memo *memo, const unsigned char *entries, size_t used);

#endif
