/* SPDX-License-Identifier: BSD-3-Clause */
/* Splice: one change of a revision's entries, an entry that takes the place of another or comes between
 * two. The entries may change while they are read. */
#ifndef HW_SPLICE_H
#define HW_SPLICE_H

#include "store/entry.h"

/* Reads the entry at an offset, at <= used, and its size. True: the whole entry lies before used.
 * False: no entry begins there, or its lengths are wrong. */
static inline bool hw__entry_at(const unsigned char *entries, size_t used, size_t at,
				struct hw__entry *e, size_t *step)
{
	uint64_t word;

	if (used - at < HW__ENTRY_OVERHEAD)
		return false;
	word = hw__load_unaligned(entries + at); /* once: the checked value is the one used */
	memcpy(e, &word, sizeof *e);
	*step = HW__ENTRY_OVERHEAD + (size_t)e->key_length + e->value_length;
	return *step <= used - at;
}

enum { HW__NEW_ENTRY = HW__BLOCK_BYTES }; /* no offset */

/* The next entries: the old ones up to prefix, one new entry, the old ones from suffix on. If a
 * message is replaced, the prefix ends after its key, and the length in its header is changed. */
struct hw__splice {
	size_t prefix, suffix;
	size_t header; /* offset of the replaced message's header; or HW__NEW_ENTRY */
	enum hw__entry_kind kind;
	const char *key;
	size_t key_length;
	const void *value;
	size_t value_length;
	size_t field; /* value_length and slack */
};

static inline size_t hw__splice_bytes(size_t used, const struct hw__splice *s)
{
	size_t bytes = s->field +
		       (s->header == HW__NEW_ENTRY ? HW__ENTRY_OVERHEAD + s->key_length : 1);

	return s->prefix + bytes + used - s->suffix;
}

/* Writes the next entries to another place, or where the old ones are. */
static inline void hw__splice_write(unsigned char *to, const unsigned char *entries, size_t used,
				    const struct hw__splice *s)
{
	size_t rest = used - s->suffix;
	unsigned char *at = to + s->prefix;
	uint32_t field = (uint32_t)s->field;

	memmove(to + hw__splice_bytes(used, s) - rest, entries + s->suffix, rest);
	if (to != entries)
		hw__copy(to, entries, s->prefix);
	if (s->header == HW__NEW_ENTRY)
		at = hw__entry_begin(at, s->kind, s->key, s->key_length, field);
	else
		memcpy(to + s->header + offsetof(struct hw__entry, value_length), &field,
		       sizeof field);
	hw__copy(at, s->value, s->value_length);
	memset(at + s->value_length, 0, field + 1 - s->value_length);
}

#endif
