/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memo: where the messages are in the revision of a record that a thread published last.
 *
 * A word (block, version) is published at most once (I3). So while the slot's word equals the one
 * in the memo, the block that it names has the entries that this thread wrote, and the places of
 * its messages are known without a walk. Another writer, a cancel or a loss changes the word; a
 * close or a fork ends the generation of the queue that has the memo.
 *
 * A memo knows the first HW__MEMO_MESSAGES messages with keys of fewer than HW__MEMO_KEY bytes, in the
 * order of the entries. If these are all messages, one with another key is new, and goes behind the
 * entries. The length of the entries is known even where no message is. It is private to its thread.
 */
#ifndef HW_MEMO_H
#define HW_MEMO_H

#include "store/entry.h"

enum {
	HW__MEMOS = 8, /* of a thread: one for slots i, i + 8, i + 16, … */
	HW__MEMO_MESSAGES = 8,
	HW__MEMO_KEY = 16
};

/* A message: its key, and where its value lies among the entries. */
struct hw__memo_message {
	char key[HW__MEMO_KEY]; /* with a NUL */
	uint32_t key_length;
	uint32_t at;
	uint64_t field; /* its length, which a text need not fill */
};

struct hw__memo {
	uint64_t word;  /* of the slot; 0: nothing is known */
	uint32_t used;  /* bytes of the entries */
	uint32_t count; /* messages whose places are known */
	uint32_t last;  /* the one of them that was changed last */
	uint32_t guess; /* found last; after its change the next: that again, or the one after it */
	bool is_whole;  /* the revision has no other messages */
	/* Names the record, its head and the places of its entries: blocks of the same shape differ in
	 * revision, time, and the texts of known messages. */
	uint64_t shape;
	struct hw__memo_message message[HW__MEMO_MESSAGES];
};

/* Is this the message's key? length: SIZE_MAX if the key ends with a NUL. For so few bytes a loop that is
 * unrolled takes less time than strcmp(). */
static inline __attribute__((always_inline)) bool hw__memo_key_is(const struct hw__memo_message *m,
								  const char *key, size_t length)
{
	if (length != SIZE_MAX)
		return m->key_length == length && memcmp(m->key, key, m->key_length) == 0;
	/* The compiler would compute this address again for each byte. */
	__asm__("" : "+r"(m));
#pragma GCC unroll 16
	for (size_t i = 0; i < HW__MEMO_KEY; i++) {
		if (m->key[i] != key[i])
			return false;
		if (!key[i])
			return true;
	}
	return false;
}

/* The message with this key, which becomes the guess; NULL if its place is not known. */
struct hw__memo_message *hw__memo_search(struct hw__memo *memo, const char *key, size_t length);

static inline __attribute__((always_inline)) struct hw__memo_message *
hw__memo_find(struct hw__memo *m, const char *key, size_t length)
{
	struct hw__memo_message *guess = &m->message[m->guess];

	if (m->guess < m->count && hw__memo_key_is(guess, key, length))
		return guess;
	return hw__memo_search(m, key, length);
}

/* Notes that the guess was given another value, and published with this word. */
static inline void hw__memo_follow(struct hw__memo *m, uint64_t word)
{
	uint32_t i = m->guess, guess = i + (i != m->last);

	m->word = word;
	m->last = i;
	m->guess = guess < m->count ? guess : 0;
}

/* True if the revision has no message with this key. */
bool hw__memo_lacks(const struct hw__memo *memo, const char *key, size_t length);

/* A revision without messages is about to be published. */
static inline void hw__memo_begin(struct hw__memo *m, size_t used)
{
	m->word = m->shape = 0;
	m->used = (uint32_t)used;
	m->count = m->last = m->guess = 0;
	m->is_whole = true;
}

/* The entries have used bytes now, and other messages behind those that are known. */
static inline void hw__memo_keep(struct hw__memo *m, size_t used)
{
	m->used = (uint32_t)used;
	m->is_whole = false;
}

/* The entries have used bytes now, and where the messages are is not known. */
static inline void hw__memo_forget(struct hw__memo *m, size_t used)
{
	m->used = (uint32_t)used;
	m->count = 0;
	m->is_whole = false;
}

/* A message is appended, with room for field bytes, to the entries that the memo is of. */
void hw__memo_append(struct hw__memo *memo, const char *key, size_t length, size_t field);

/* Learns the places of messages from entries that this thread has written, before they are
 * published; the word is set afterwards. */
void hw__memo_learn(struct hw__memo *memo, const unsigned char *entries, size_t used);

#endif
