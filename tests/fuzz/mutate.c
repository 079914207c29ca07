/* SPDX-License-Identifier: BSD-3-Clause */
/* Random bytes seldom hit important data: most of an arena is text and free blocks. So a mutation
 * names its target by kind (a field of a slot, of the block that a slot names, of an extent), and
 * may take its value from a list of interesting ones: limits, the neighbors of the old value, other
 * refs. */
#include "mutate.h"

#include "base/word.h"

#include <string.h>

uint64_t input_take(struct input *in, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && in->at < in->end; i++)
		value |= (uint64_t)*in->at++ << 8 * i;
	return value;
}

void mutation_take(struct input *in, struct mutation *m)
{
	m->op = (unsigned)input_take(in, 1);
	m->delay = (unsigned)input_take(in, 1);
	m->where = (unsigned)input_take(in, 3);
	m->from = (unsigned)input_take(in, 3);
	m->value = m->op & 8 ? input_take(in, 8) : 0;
}

/* ---- where ----------------------------------------------------------------------------------- */

static struct hw__slot *slot_at(const struct image *m, unsigned i)
{
	return (struct hw__slot *)(void *)(m->map + m->geometry.slots_off) + i % m->geometry.slots;
}

static unsigned char *extent_at(const struct image *m, unsigned i)
{
	return m->map + m->geometry.extents_off +
	       (size_t)(i % m->geometry.extents) * HW__EXTENT_BYTES;
}

/* The block that slot i names, or any block if it names none. */
static unsigned char *block_at(const struct image *m, unsigned i)
{
	uint64_t word = __atomic_load_n(&slot_at(m, i)->word, __ATOMIC_RELAXED);
	unsigned index = hw__word_ref(word) ? hw__ref_index(word) : i;

	return m->map + m->geometry.blocks_off +
	       (size_t)(index % m->geometry.blocks) * HW__BLOCK_BYTES;
}

/* where: 3 bits of kind, 8 bits of number, 13 bits of offset. */
static unsigned char *target(const struct image *m, unsigned where)
{
	unsigned which = where >> 3 & 255, off = where >> 11;
	size_t bytes = m->geometry.bytes;

	switch (where & 7) {
	case 0:
	case 1:
		return (unsigned char *)slot_at(m, which) + off % (sizeof(struct hw__slot) / 8) * 8;
	case 2:
		return block_at(m, which) + off % 8 * 8;
	case 3:
		return block_at(m, which) + 64 + off % (HW__INLINE_BYTES - 8);
	case 4:
		return extent_at(m, which) + off % 5 * 8;
	case 5:
		return extent_at(m, which) + 64 + off % (HW__EXTENT_DATA - 8);
	case 6:
		return m->map + off % 48 * 8;
	}
	return m->map + (HW__HEADER_BYTES + ((size_t)which << 13 | off)) % (bytes - 8) / 8 * 8;
}

/* ---- what ------------------------------------------------------------------------------------ */

static uint64_t interesting_number(const struct image *m, unsigned from)
{
	const struct hw__geometry *g = &m->geometry;
	const uint64_t numbers[] = {
		0,
		1,
		7,
		8,
		10,
		64,
		HW__INLINE_BYTES - 1,
		HW__INLINE_BYTES,
		HW__INLINE_BYTES + 1,
		HW__EXTENT_DATA - 1,
		HW__EXTENT_DATA,
		HW__EXTENT_DATA + 1,
		0x7fff,
		0xffff,
		0x10000,
		0x7fffffff,
		0xffffffff,
		0x100000000,
		INT64_MAX,
		UINT64_MAX,
		UINT64_MAX - 31,
		g->slots,
		g->slots - 1,
		g->blocks,
		g->blocks - 1,
		g->extents,
		g->extents - 1,
		(uint64_t)g->extents * HW__EXTENT_DATA,
		(uint64_t)g->extents * HW__EXTENT_DATA + 1,
		g->bytes,
		HW__VERSION_MASK,
		HW__REF_SET,
	};

	return numbers[from % (sizeof numbers / sizeof *numbers)];
}

static uint64_t extent_ref(const struct image *m, unsigned which)
{
	uint64_t state;

	memcpy(&state, extent_at(m, which), sizeof state);
	return hw__ref(which % m->geometry.extents, hw__version(state));
}

static uint64_t new_value(const struct image *m, const struct mutation *mu, uint64_t was)
{
	unsigned from = mu->from >> 4, kind = from & 3;
	uint64_t other;

	switch (mu->from & 15) {
	case 0:
		return interesting_number(m, from);
	case 1:
		return was + 1;
	case 2:
		return was - 1;
	case 3:
		return was ^ 1ull << from % 64;
	case 4: /* the status in a word, and the request to stop */
		return (was & HW__REF_MASK) | (uint64_t)from << 60;
	case 5: /* the state of a chunk */
		return hw__state(kind, from >> 2, hw__version(was));
	case 6: /* the index of a ref, in range or not */
		return (was & ~(0xffffffull << 36)) | (uint64_t)(from & 0xffffff) << 36;
	case 7:
		return extent_ref(m, from);
	case 8:
		return __atomic_load_n(&slot_at(m, from)->word, __ATOMIC_RELAXED);
	case 9: /* the upper or the lower half */
		return from & 1 ? (was & 0xffffffff00000000) |
					  (uint32_t)interesting_number(m, from >> 1)
				: (uint32_t)was | interesting_number(m, from >> 1) << 32;
	case 10: /* one of four quarters */
		return (was & ~(0xffffull << kind * 16)) |
		       (interesting_number(m, from >> 2) & 0xffff) << kind * 16;
	case 11:
		memcpy(&other, target(m, mu->from >> 4), sizeof other);
		return other;
	}
	return was + interesting_number(m, from);
}

static void word_set(unsigned char *at, uint64_t value)
{
	if ((uintptr_t)at % 8 == 0)
		__atomic_store_n((uint64_t *)(void *)at, value, __ATOMIC_RELAXED);
	else
		memcpy(at, &value, sizeof value);
}

void mutation_apply(const struct image *m, const struct mutation *mu)
{
	unsigned char *at = target(m, mu->where), *from = target(m, mu->from);
	uint64_t was, other;

	memcpy(&was, at, sizeof was);
	memcpy(&other, from, sizeof other);
	switch (mu->op & 7) {
	case 0:
		*at = (unsigned char)mu->from;
		break;
	case 1:
		word_set(at, other);
		word_set(from, was);
		break;
	case 2:
		if (mu->from & 1)
			memmove(block_at(m, mu->where), block_at(m, mu->from >> 1),
				HW__BLOCK_BYTES);
		else
			memmove(extent_at(m, mu->where), extent_at(m, mu->from >> 1),
				HW__EXTENT_BYTES);
		break;
	case 3:
		word_set(at, mu->value);
		break;
	default:
		word_set(at, new_value(m, mu, was));
	}
}

void header_seal(const struct image *m)
{
	struct hw__header *header = (struct hw__header *)(void *)m->map;

	header->checksum = hw__header_checksum(header);
}
