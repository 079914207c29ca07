/* SPDX-License-Identifier: BSD-3-Clause */
/* The entries of a revision, in private memory: writing one, walking them. Every length is
 * checked. */
#ifndef HW_ENTRY_H
#define HW_ENTRY_H

#include "base/layout.h"
#include "base/shm_atomic.h"

#include <stdbool.h>
#include <string.h>

enum { HW__ENTRY_OVERHEAD = sizeof(struct hw__entry) + 2 };

/* The value of a message may be longer than its text: a field, with slack of NULs behind the text, so
 * that another text can take its place and nothing behind it moves. A field and the entry's last NUL
 * fill a multiple of HW__FIELD_STEP bytes. A text that would leave HW__SLACK_MAX bytes or more is laid
 * out anew. The general path writes texts without slack, so that slack takes no space in a block that
 * a text needs. */
enum { HW__FIELD_STEP = 16, HW__SLACK_MAX = 64 };

/* Entries are copied by whole lines, which a block has: that many bytes for these. */
static inline size_t hw__whole_lines(size_t bytes)
{
	return (bytes + HW__LINE - 1) / HW__LINE * HW__LINE;
}

struct hw__entry_view {
	unsigned kind;
	size_t key_length, value_length, bytes;
	const char *key, *value; /* NUL-terminated if hw__entry_put() wrote the entry */
};

static inline size_t hw__entry_bytes(size_t key_length, size_t value_length)
{
	return HW__ENTRY_OVERHEAD + key_length + value_length;
}

/* Reads the entry at *at and moves behind it. False: the end, or an impossible length. */
static inline bool hw__entry_next(const unsigned char **at, const unsigned char *end,
				  struct hw__entry_view *view)
{
	struct hw__entry head;
	size_t left = (size_t)(end - *at);

	if (left < HW__ENTRY_OVERHEAD)
		return false;
	memcpy(&head, *at, sizeof head);
	if (head.key_length > left - HW__ENTRY_OVERHEAD ||
	    head.value_length > left - HW__ENTRY_OVERHEAD - head.key_length)
		return false;
	view->kind = head.kind;
	view->key_length = head.key_length;
	view->value_length = head.value_length;
	view->key = (const char *)*at + sizeof head;
	view->value = view->key + head.key_length + 1;
	view->bytes = hw__entry_bytes(head.key_length, head.value_length);
	*at += view->bytes;
	return true;
}

/* Counts the named counters. Their names come before the messages. */
static inline uint32_t hw__entries_count_named(const unsigned char *entries, size_t bytes)
{
	const unsigned char *at = entries, *end = entries + bytes;
	struct hw__entry_view e;
	uint32_t count = 0;

	while (hw__entry_next(&at, end, &e) && e.kind != HW__ENTRY_MESSAGE)
		count += e.kind == HW__ENTRY_COUNTER && count < HW__NAMED_MAX;
	return count;
}

/* Writes an entry up to its value; returns where that goes. */
static inline unsigned char *hw__entry_begin(unsigned char *at, enum hw__entry_kind kind,
					     const char *key, size_t key_length,
					     size_t value_length)
{
	struct hw__entry head = {(uint16_t)kind, (uint16_t)key_length, (uint32_t)value_length};

	memcpy(at, &head, sizeof head);
	at += sizeof head;
	if (key_length)
		hw__copy(at, key, key_length);
	at += key_length;
	*at++ = '\0';
	return at;
}

/* Writes an entry; at has space for hw__entry_bytes().  Returns the end. */
static inline unsigned char *hw__entry_put(unsigned char *at, enum hw__entry_kind kind,
					   const char *key, size_t key_length, const void *value,
					   size_t value_length)
{
	at = hw__entry_begin(at, kind, key, key_length, value_length);
	if (value_length)
		hw__copy(at, value, value_length);
	at += value_length;
	*at++ = '\0';
	return at;
}

/* Writes the entry of a request to stop; at has space for it. */
static inline unsigned char *hw__cancel_put(unsigned char *at, uint64_t asked_ns,
					    const char *reason, size_t length)
{
	struct hw__cancel cancel = {asked_ns};
	struct hw__entry head = {HW__ENTRY_CANCEL, 0, (uint32_t)(sizeof cancel + length)};

	memcpy(at, &head, sizeof head);
	at += sizeof head;
	*at++ = '\0';
	memcpy(at, &cancel, sizeof cancel);
	at += sizeof cancel;
	if (length)
		hw__copy(at, reason, length);
	at += length;
	*at++ = '\0';
	return at;
}

/* Reads the origin from an entry's value; fields beyond its length are zero. */
static inline void hw__origin_get(struct hw__origin *origin, const void *value, size_t length)
{
	memset(origin, 0, sizeof *origin);
	memcpy(origin, value, length < sizeof *origin - 1 ? length : sizeof *origin - 1);
}

/* The origin of entries, which is the first of them; all 0 where it is not. */
static inline void hw__entries_origin(const unsigned char *entries, size_t bytes,
				      struct hw__origin *origin)
{
	const unsigned char *at = entries;
	struct hw__entry_view e;

	memset(origin, 0, sizeof *origin);
	if (hw__entry_next(&at, entries + bytes, &e) && e.kind == HW__ENTRY_ORIGIN)
		hw__origin_get(origin, e.value, e.value_length);
}

#endif
