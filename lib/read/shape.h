/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shape of a revision: the headers of its entries, and where they lie.
 *
 * A revision of the same record with the same shape has the same names, and the same messages in the
 * same order; their texts begin where they began. So a reader that decoded one revision need only copy
 * the bytes of the next one. Messages leave the shape as it is as long as their texts fit into their
 * fields (entry.h).
 */
#ifndef HW_SHAPE_H
#define HW_SHAPE_H

#include "store/entry.h"
#include "store/revision.h"

enum { HW__SHAPE_ENTRIES = 16 }; /* a revision with more has no shape */

/* An entry: its header, where it lies among the entries, and where its texts end. */
struct hw__place {
	uint64_t header;
	uint16_t at, key_end, value_end;
};

struct hw__shape {
	unsigned count; /* 0: no shape */
	size_t bytes;   /* of the entries */
	struct hw__place places[HW__SHAPE_ENTRIES];
};

_Static_assert(sizeof(struct hw__entry) == sizeof(uint64_t), "a header is one word");

/* entries: in private memory; e: one of them. */
static inline void hw__shape_add(struct hw__shape *shape, const unsigned char *entries,
				 const struct hw__entry_view *e)
{
	size_t key = (size_t)((const unsigned char *)e->key - entries);
	size_t at = key - sizeof(struct hw__entry);
	uint64_t header;

	if (shape->count >= HW__SHAPE_ENTRIES || at + e->bytes > HW__INLINE_BYTES) {
		shape->count = HW__SHAPE_ENTRIES + 1;
		return;
	}
	memcpy(&header, entries + at, sizeof header);
	shape->places[shape->count++] =
		(struct hw__place){.header = header,
				   .at = (uint16_t)at,
				   .key_end = (uint16_t)(key + e->key_length),
				   .value_end = (uint16_t)(at + e->bytes - 1)};
}

/* entries: those of the revision, decoded once already. */
static inline void hw__shape_learn(struct hw__shape *shape, const struct hw__revision *revision,
				   const unsigned char *entries)
{
	const unsigned char *at = entries, *end = entries + revision->entries_bytes;
	struct hw__entry_view e;

	shape->count = 0;
	shape->bytes = revision->entries_bytes;
	while (shape->count <= HW__SHAPE_ENTRIES && hw__entry_next(&at, end, &e))
		hw__shape_add(shape, entries, &e);
	if (shape->count > HW__SHAPE_ENTRIES || revision->head.overflow || revision->head.results)
		shape->count = 0;
}

/* Has the block this shape? entries: its own, in place. The version is to be compared afterwards. */
static inline bool hw__shape_is(const struct hw__shape *shape, const struct hw__block_head *head,
				const unsigned char *entries)
{
	uint64_t other = head->overflow | head->results | (head->used_bytes ^ shape->bytes);

	for (unsigned i = 0; i < shape->count; i++)
		other |= hw__load_unaligned(entries + shape->places[i].at) ^
			 shape->places[i].header;
	return !other;
}

/* Terminates each text at its length, independent of what the arena holds there. */
static inline void hw__shape_terminate(const struct hw__shape *shape, unsigned char *entries)
{
	const struct hw__place *end = shape->places + shape->count; /* not loaded at each store */

	for (const struct hw__place *p = shape->places; p < end; p++) {
		entries[p->key_end] = '\0';
		entries[p->value_end] = '\0';
	}
}

#endif
