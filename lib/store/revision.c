/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/revision.h"

#include "store/entry.h"

#include <errno.h>
#include <string.h>

/* ---- out ------------------------------------------------------------------------------------- */

/* Bytes in an extent from which on left bytes of its chain remain. */
static size_t part_bytes(uint64_t left)
{
	return left < HW__EXTENT_DATA ? (size_t)left : HW__EXTENT_DATA;
}

static uint64_t chain_bytes_max(const struct hw__attachment *a)
{
	return (uint64_t)a->geometry.extents * HW__EXTENT_DATA;
}

static int chain_total(const struct hw__attachment *a, uint64_t head, uint64_t *total)
{
	const struct hw__extent *e;

	if (hw__ref_index(head) >= a->geometry.extents)
		return -EBADMSG;
	e = hw__extent_at(a, hw__ref_index(head));
	*total = hw__load_relaxed(&e->h.total_bytes);
	if (!hw__version_is(&e->h.state, head))
		return -EAGAIN;
	return *total > chain_bytes_max(a) ? -EBADMSG : 0;
}

/* Copies one extent's header, and its data when to is not NULL. */
static int extent_copy(const struct hw__attachment *a, uint64_t ref, uint64_t head, uint64_t left,
		       unsigned char *to, uint64_t *next)
{
	const struct hw__extent *e;
	struct hw__extent_head h;
	size_t bytes = part_bytes(left);

	if (hw__ref_index(ref) >= a->geometry.extents)
		return -EBADMSG;
	e = hw__extent_at(a, hw__ref_index(ref));
	hw__copy_in(&h, e, sizeof h);
	if (to)
		hw__copy_in(to, e->data, bytes);
	if (!hw__version_is(&e->h.state, ref))
		return -EAGAIN;
	*next = h.next;
	if (hw__version(h.state) != hw__version(ref))
		return -EAGAIN;
	if (h.head != head || h.total_bytes != left || h.used_bytes != bytes ||
	    (left == bytes) != (h.next == 0))
		return -EBADMSG;
	return 0;
}

/* Copies a whole chain to buffer + off. The number of steps is bounded, since every extent but the
 * last is full. */
static int chain_copy(const struct hw__attachment *a, uint64_t head, struct hw__buffer *buffer,
		      size_t off, size_t *bytes)
{
	uint64_t left, ref = head;
	int error = chain_total(a, head, &left);

	if (error)
		return error;
	if (!left)
		return -EBADMSG;
	if (!hw__buffer_reserve(buffer, off + left + 32))
		return -ENOMEM;
	*bytes = (size_t)left;
	while (left) {
		error = extent_copy(a, ref, head, left, buffer->bytes + off, &ref);
		if (error)
			return error;
		off += part_bytes(left);
		left -= part_bytes(left);
	}
	return 0;
}

static int block_copy(const struct hw__attachment *a, uint64_t ref, unsigned char *to, size_t limit,
		      struct hw__block_head *head)
{
	const struct hw__block *b;
	size_t used;

	if (hw__ref_index(ref) >= a->geometry.blocks)
		return -EBADMSG;
	b = hw__block_at(a, hw__ref_index(ref));
	/* All lines at once: where they end is only known when the first has come. */
	for (size_t at = 0; at < HW__COPY_ENTRIES + limit; at += HW__LINE)
		__builtin_prefetch((const char *)b + at);
	used = hw__block_used_bytes(b);
	if (used > limit)
		used = limit;
	hw__copy_in(to, b, HW__COPY_ENTRIES + used);
	if (!hw__version_is(&b->h.state, ref))
		return -EAGAIN;
	memcpy(head, to, HW__COPY_ENTRIES);
	if (hw__version(head->state) != hw__version(ref))
		return -EAGAIN;
	if (head->used_bytes > HW__INLINE_BYTES)
		return -EBADMSG;
	return used < limit && used != head->used_bytes ? -EBADMSG : 0; /* more than was copied */
}

int hw__revision_copy(const struct hw__attachment *a, uint64_t ref, struct hw__buffer *buffer,
		      bool with_results, struct hw__revision *v)
{
	size_t more = 0;
	int error;

	if (!hw__buffer_reserve(buffer, sizeof(struct hw__block) + 32))
		return -ENOMEM;
	error = block_copy(a, ref, buffer->bytes, HW__INLINE_BYTES, &v->head);
	if (error)
		return error;
	v->entries_bytes = v->head.used_bytes;
	if (v->head.overflow) {
		error = chain_copy(a, v->head.overflow, buffer,
				   HW__COPY_ENTRIES + v->head.used_bytes, &more);
		if (error)
			return error;
		v->entries_bytes += more;
	}
	v->results_bytes = 0;
	if (!v->head.results || !with_results)
		return 0;
	v->results_off = (HW__COPY_ENTRIES + v->entries_bytes + 31) / 16 * 16;
	return chain_copy(a, v->head.results, buffer, v->results_off, &v->results_bytes);
}

enum {
	/* the origin, and the time from the frozen entry behind it */
	SUMMARY_BYTES = HW__ENTRY_OVERHEAD + sizeof(struct hw__origin) + HW__ENTRY_OVERHEAD - 1 + 8,
	SUMMARY_ROOM = (HW__COPY_ENTRIES + SUMMARY_BYTES + 31) / 16 * 16
};

/* The time in a frozen entry, of which the rest may not have been copied. */
static uint64_t ended_time(const unsigned char *at, const unsigned char *end)
{
	struct hw__entry e;
	uint64_t ended;

	if ((size_t)(end - at) < sizeof e + 1 + sizeof ended)
		return 0;
	memcpy(&e, at, sizeof e);
	if (e.kind != HW__ENTRY_FROZEN || e.key_length || e.value_length < sizeof ended)
		return 0;
	memcpy(&ended, at + sizeof e + 1, sizeof ended);
	return ended;
}

int hw__revision_summary(const struct hw__attachment *a, uint64_t ref, struct hw__summary *summary)
{
	unsigned char copy[SUMMARY_ROOM] __attribute__((aligned(16)));
	struct hw__entry_view view;
	const unsigned char *at = copy + HW__COPY_ENTRIES, *end;
	int error = block_copy(a, ref, copy, SUMMARY_BYTES, &summary->head);
	size_t used;

	if (error)
		return error;
	used = summary->head.used_bytes;
	end = at + (used < SUMMARY_BYTES ? used : SUMMARY_BYTES);
	if (!hw__entry_next(&at, end, &view) || view.kind != HW__ENTRY_ORIGIN ||
	    view.value_length < HW__ORIGIN_BYTES)
		return -EBADMSG;
	hw__origin_get(&summary->origin, view.value, view.value_length);
	summary->ended_boot_ns = ended_time(at, end);
	return 0;
}

int hw__revision_head(const struct hw__attachment *a, uint64_t ref, struct hw__block_head *head)
{
	unsigned char copy[HW__COPY_ENTRIES] __attribute__((aligned(16)));

	return block_copy(a, ref, copy, 0, head);
}

uint64_t hw__chain_count(const struct hw__attachment *a, uint64_t head)
{
	uint64_t bytes;

	return head && chain_total(a, head, &bytes) == 0 ? hw__chain_extents(bytes) : 0;
}

int hw__chain_gather(const struct hw__attachment *a, uint64_t head, struct hw__refs *refs)
{
	uint64_t left, ref = head;
	int error = chain_total(a, head, &left);

	if (error)
		return error;
	if (!hw__buffer_reserve(refs->buffer, (refs->count + left / HW__EXTENT_DATA + 2) * 8))
		return -ENOMEM;
	while (left) {
		hw__refs_at(refs)[refs->count++] = ref;
		error = extent_copy(a, ref, head, left, NULL, &ref);
		if (error)
			return error;
		left -= part_bytes(left);
	}
	return 0;
}

/* ---- in -------------------------------------------------------------------------------------- */

static void extent_fill(struct hw__extent *e, uint32_t home, uint64_t head, uint64_t next,
			uint64_t total, const unsigned char *data, size_t bytes)
{
	unsigned char tail[8] = {0};
	size_t whole = bytes / 8 * 8;

	hw__store_relaxed((uint64_t *)(void *)&e->h.home, (uint64_t)bytes << 32 | home);
	hw__store_relaxed(&e->h.head, head);
	hw__store_relaxed(&e->h.next, next);
	hw__store_relaxed(&e->h.total_bytes, total);
	hw__copy_out(e->data, data, whole);
	if (whole == bytes)
		return;
	memcpy(tail, data + whole, bytes - whole); /* the source may end here */
	hw__copy_out(e->data + whole, tail, sizeof tail);
}

static int chain_take(struct hw__attachment *a, size_t count, bool thorough, struct hw__refs *refs)
{
	size_t from = refs->count;

	if (!hw__buffer_reserve(refs->buffer, (from + count + 1) * 8))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		uint64_t ref = hw__chunk_take(a, HW__EXTENTS, thorough);

		if (!ref) {
			hw__chain_undo(a, refs, from);
			return -ENOSPC;
		}
		hw__refs_at(refs)[refs->count++] = hw__chunk_own(&a->pools[HW__EXTENTS], a->member,
								 ref);
	}
	return 0;
}

int hw__chain_write(struct hw__attachment *a, uint32_t home, const void *data, size_t bytes,
		    bool thorough, struct hw__refs *refs, uint64_t *head)
{
	size_t count = hw__chain_extents(bytes), from = refs->count;
	uint64_t *ref;
	int error;

	if (bytes > chain_bytes_max(a))
		return -E2BIG;
	error = chain_take(a, count, thorough, refs);
	if (error)
		return error;
	ref = hw__refs_at(refs) + from;
	for (size_t i = 0; i < count; i++) {
		size_t off = i * HW__EXTENT_DATA;

		extent_fill(hw__extent_at(a, hw__ref_index(ref[i])), home, ref[0],
			    i + 1 < count ? ref[i + 1] : 0, bytes - off,
			    (const unsigned char *)data + off, part_bytes(bytes - off));
	}
	*head = ref[0];
	return 0;
}

void hw__chain_undo(struct hw__attachment *a, struct hw__refs *refs, size_t from)
{
	while (refs->count > from) {
		uint64_t ref = hw__refs_at(refs)[--refs->count];

		(void)hw__chunk_free(&a->pools[HW__EXTENTS], hw__ref_index(ref),
				     hw__state(HW__KIND_OWNED, a->member, hw__version(ref)));
	}
}
