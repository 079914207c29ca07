/* SPDX-License-Identifier: BSD-3-Clause */
#include "record/handle.h"

#include "store/entry.h"
#include "open/open.h"

#include <stdlib.h>
#include <string.h>

enum { VERIFY_TRIES = 64 };

struct headway_record *hw__handle_make(struct hw__attachment *a, uint32_t slot,
				       const struct headway_id *id)
{
	/* calloc() does not use the memory that glibc keeps for the thread. */
	struct headway_record *r = malloc(sizeof *r);

	if (!r)
		return NULL;
	memset(r, 0, sizeof *r);
	r->attachment = a;
	r->slot = slot;
	r->id = *id;
	r->prefix.generation_now = a->generation_now;
	r->prefix.word = &a->slots[slot].word;
	r->prefix.line = a->slots[slot].counters;
	return r;
}

void hw__handle_bind(struct headway_record *r, uint64_t owner, uint32_t counter_count)
{
	struct hw__attachment *a = r->attachment;

	r->prefix.counters = hw__slot_counters(a, r->slot, owner, a->member);
	r->prefix.striped = r->prefix.counters != r->prefix.line;
	r->prefix.counter_count = counter_count;
	r->owner = owner;
	hw__store_relaxed(&r->checked, 0);
	r->foreign = hw__owner_kind(owner) != HW__OWNER_NONE &&
		     !hw__owner_is_self(a, owner, &r->origin);
	hw__store_release(&r->prefix.generation, hw__generation(a));
}

static int verify(const struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		  struct hw__buffer *buffer, uint32_t *counter_count, struct hw__origin *origin)
{
	const unsigned char *entries;
	struct hw__revision v;
	int error = -EAGAIN;

	hw__fence_rmw_load(); /* P1 */
	for (int k = 0; k < VERIFY_TRIES && error == -EAGAIN; k++) {
		uint64_t word = hw__load_acquire(&a->slots[slot].word); /* R1 */

		if (!hw__status_is_readable(hw__word_status(word)))
			return -ESTALE;
		error = hw__revision_copy(a, hw__word_ref(word), buffer, false, &v);
		if (error == -EAGAIN && hw__word_is_unchanged(&a->slots[slot].word, word))
			error = -EBADMSG;
	}
	if (error)
		return error;
	if (memcmp(v.head.id, id->bytes, sizeof v.head.id) != 0)
		return -ESTALE;
	entries = buffer->bytes + HW__COPY_ENTRIES;
	hw__entries_origin(entries, v.entries_bytes, origin);
	*counter_count = hw__entries_count_named(entries, v.entries_bytes);
	return 0;
}

int hw__slot_verify(const struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		    uint32_t *counter_count, struct hw__origin *origin)
{
	struct hw__buffer *buffer = hw__scratch(HW__SCRATCH_OLD);
	int error = buffer ? verify(a, slot, id, buffer, counter_count, origin) : -ENOMEM;

	hw__scratch_done(HW__SCRATCH_OLD);
	return error;
}

int hw__handle_rejoin(struct headway_record *r)
{
	struct hw__attachment *a = r->attachment;
	struct hw__origin origin;
	uint32_t count;
	int error;

	if (hw__load_acquire(&a->closed))
		return -ESTALE; /* without the lock, so that a signal handler may call it */
	error = hw__member_ensure(a);
	if (error)
		return error;
	if (hw__load_acquire(&r->prefix.generation) == hw__generation(a))
		return 0;
	hw__slot_pin(a, r->slot);
	error = hw__slot_verify(a, r->slot, &r->id, &count, &origin);
	hw__process_lock();
	if (!error && !hw__generation(a))
		error = -ESTALE; /* closed meanwhile */
	if (!error && r->prefix.generation != hw__generation(a)) {
		r->origin = origin;
		hw__handle_bind(r, hw__load_relaxed(&a->slots[r->slot].owner), count);
		hw__process_unlock();
		return 0;
	}
	/* gone, or another thread was first and the handle uses that thread's pin */
	hw__process_unlock();
	hw__slot_unpin(a, r->slot, hw__generation(a));
	return error;
}

int hw__handle_watch(struct headway_record *r, uint32_t *call)
{
	struct hw__attachment *a = r->attachment;

	if (hw__owner_watch(a, r->slot, r->owner, &r->origin, &r->checked, call))
		return 0;
	if (hw__slot_mark_lost(a, r->slot, hw__id_tail(&r->id), r->owner))
		hw__total_add(a, HW__TOTAL_LOST, 1);
	return -EALREADY;
}

void headway_release(struct headway_record *r)
{
	if (!r)
		return;
	hw__slot_unpin(r->attachment, r->slot, r->prefix.generation);
	hw__attachment_put(r->attachment);
	free(r->trace);
	free(r);
}

int headway_get_id(const struct headway_record *r, struct headway_id *id)
{
	if (!r || !id)
		return -EINVAL;
	*id = r->id;
	return 0;
}
