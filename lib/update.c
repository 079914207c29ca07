/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Update a record: copy, check, transform, publish.
 *
 * The current version is copied to private memory and the copy checked to be whole; it is transformed
 * there, written to a private block, and published with one compare-and-swap of the slot's word (W3,
 * the linearization point).  Lock-free: a swap fails only because another succeeded.
 *
 * W3 (full compare-and-swap) pairs with R1 (acquire load of the word): whoever sees the word sees the
 * block that was written before it.  Without it a reader could copy what the block held before, find
 * the version right and believe it.
 *
 * Killed where?                          What is left                          Who repairs
 *   before W3                            block OWNED by us, unreferenced       sweep of us
 *   between W3 and the retirement        old block OWNED by us, or SHARED         sweep of us, or any
 *   while dropped extents are freed      the same, extent by extent            the same
 * That the old block cannot be another's OWNED at W3 is what the help before it is for.
 *
 * This is the general way.  fast_path.c has one for the changes that are made most often; both keep to the
 * same steps in the same order.
 */
#include "update.h"

#include "rcu.h"
#include "reap.h"

#include <ck_backoff.h>
#include <errno.h>
#include <string.h>

enum { TRIES_MAX = 1 << 20 /* each failed one means that somebody else got on */ };

/* Whatever this update supersedes and another member owns becomes SHARED: should we be killed right
 * after W3, any sweep may take it. */
static inline void help(const struct hw__pool *pool, uint32_t member, uint64_t ref)
{
	uint64_t state = hw__load_relaxed(hw__chunk_state(pool, hw__ref_index(ref)));

	if (hw__state_member(state) != member)
		hw__chunk_help(pool, ref, state);
}

/* Chains the new version does without: theirs are the extents to drop. */
static int old_extents_gather(struct hw__update *u, const struct hw__revision *old,
			      const struct hw__plan *plan)
{
	int error = 0;

	u->old_extents.count = 0;
	if (old->overflow && plan->overflow != old->overflow)
		error = hw__chain_gather(u->a, old->overflow, &u->old_extents);
	if (!error && old->results && plan->results != old->results)
		error = hw__chain_gather(u->a, old->results, &u->old_extents);
	return error;
}

static void old_extents_help(const struct hw__update *u)
{
	for (size_t i = 0; i < u->old_extents.count; i++)
		help(&u->a->pools[HW__EXTENTS], u->a->member, hw__refs_at(&u->old_extents)[i]);
}

static void old_extents_free(const struct hw__update *u)
{
	for (size_t i = 0; i < u->old_extents.count; i++)
		(void)hw__chunk_drop(&u->a->pools[HW__EXTENTS], u->a->member,
				     hw__refs_at(&u->old_extents)[i]);
}

int hw__update_take_block(struct hw__update *u)
{
	uint64_t ref;

	if (u->block)
		return 0;
	ref = hw__queue_pop(u->a, u->queue, u->thorough);
	if (!ref)
		return -ENOBUFS;
	u->block = hw__chunk_own(&u->a->pools[HW__BLOCKS], u->a->member, ref); /* W1 */
	return 0;
}

void hw__update_fill_block(const struct hw__update *u, uint64_t rev, const struct hw__plan *plan,
			   unsigned status)
{
	struct hw__block *b = hw__block_at(u->a, hw__ref_index(u->block));
	struct hw__block_head head = {
		.home = u->record->slot,
		.used_bytes = (uint16_t)plan->inline_bytes,
		.status = (uint16_t)status,
		.rev = rev,
		.changed_ns = hw__wall_coarse_ns(),
		.overflow = plan->overflow,
		.results = plan->results,
	};

	memcpy(head.id, u->record->id.bytes, sizeof head.id);
	hw__copy_out(&b->h.home, &head.home, sizeof head - offsetof(struct hw__block_head, home));
	hw__copy_out(b->entries, u->new->bytes, plan->inline_bytes); /* W2: all before W3 */
}

/* The rest of the entries is what it was: its chain rides along. */
static bool overflow_is_same(const struct hw__update *u, const struct hw__revision *old,
			     const struct hw__plan *plan)
{
	const unsigned char *entries = u->old->bytes + HW__COPY_ENTRIES;
	size_t bytes = plan->bytes - plan->inline_bytes;

	return old->overflow && bytes == old->entries_bytes - old->inline_bytes &&
	       memcmp(u->new->bytes + plan->inline_bytes, entries + old->inline_bytes, bytes) == 0;
}

/* Once a call: results do not depend on the version that they come into. */
static int results_write(struct hw__update *u)
{
	int error;

	if (u->results || !u->edit->results_chain)
		return 0;
	error = hw__chain_write(u->a, u->record->slot, u->edit->results, u->edit->results_length,
				u->thorough, &u->new_extents, &u->results);
	u->results_extents = u->new_extents.count;
	return error;
}

/* Plan the new version, and bring the extents that it needs. */
static int version_plan(struct hw__update *u, const struct hw__revision *old, struct hw__plan *plan)
{
	int error = hw__edit_apply(u->edit, u->old->bytes + HW__COPY_ENTRIES, old, u->new, plan);
	size_t overflow = plan->bytes - plan->inline_bytes;

	if (error)
		return error;
	if (overflow && overflow_is_same(u, old, plan))
		overflow = 0;
	u->extents = hw__chain_extents(overflow);
	if (u->edit->results_chain)
		u->extents += hw__chain_extents(u->edit->results_length);
	hw__chain_undo(u->a, &u->new_extents, u->results_extents); /* of an earlier try */
	error = results_write(u);
	plan->results = u->results ? u->results : plan->results_inline ? 0 : old->results;
	plan->overflow = overflow || plan->inline_bytes == plan->bytes ? 0 : old->overflow;
	if (error || !overflow)
		return error;
	return hw__chain_write(u->a, u->record->slot, u->new->bytes + plan->inline_bytes, overflow,
			       u->thorough, &u->new_extents, &plan->overflow);
}

/* Counters as they are, and the time as the record's other ones are given. */
static void end_freeze(struct hw__update *u, const struct hw__revision *old, uint64_t owner)
{
	const unsigned char *at = u->old->bytes + HW__COPY_ENTRIES;
	struct hw__origin origin = {.time_namespace = 0};
	struct hw__entry_view e;

	hw__slot_counters_read(u->a, u->record->slot, owner, u->edit->frozen.counters);
	if (hw__entry_next(&at, at + old->entries_bytes, &e) && e.kind == HW__ENTRY_ORIGIN)
		hw__origin_get(&origin, e.value, e.value_length);
	u->edit->frozen.ended_boot_ns = hw__ended_boot_ns(u->a, origin.time_namespace);
}

/* One try from one look at the word.  -EAGAIN: something moved. */
static int update_try(struct hw__update *u)
{
	struct hw__slot *slot = &u->a->slots[u->record->slot];
	uint64_t word = hw__load_acquire(&slot->word), ref = hw__word_ref(word); /* R1 */
	unsigned status = u->edit->status ? u->edit->status : HW__RUNNING;
	struct hw__revision old;
	struct hw__plan plan;
	int error = hw__status_refusal(word);

	if (!error)
		error = hw__revision_copy(u->a, ref, u->old, false, &old); /* never torn input */
	if (!error && u->edit->status)
		end_freeze(u, &old, hw__load_relaxed(&slot->owner));
	if (!error)
		error = version_plan(u, &old, &plan);
	if (!error)
		error = old_extents_gather(u, &old, &plan);
	if (error == -EAGAIN && hw__word_is_unchanged(&slot->word, word))
		return -EBADMSG;
	if (!error)
		error = hw__update_take_block(u);
	if (error)
		return error;
	hw__update_fill_block(u, old.rev + 1, &plan, status);
	help(&u->a->pools[HW__BLOCKS], u->a->member, ref);
	old_extents_help(u);
	if (!hw__cas_full(&slot->word, word, hw__word(status, u->block))) /* W3 */
		return -EAGAIN;
	u->block = 0;
	if (hw__slot_retire_block(u->a, u->record->slot, ref))
		hw__queue_push(u->a, u->queue, ref);
	old_extents_free(u);
	return 0;
}

void hw__update_undo(struct hw__update *u)
{
	hw__chain_undo(u->a, &u->new_extents, 0);
	if (!u->block)
		return;
	hw__chunk_abandon(&u->a->pools[HW__BLOCKS], u->a->member, u->block);
	hw__queue_push(u->a, u->queue, u->block);
	u->block = 0;
}

static int update_in_section(struct hw__update *u)
{
	unsigned backoff = CK_BACKOFF_INITIALIZER;
	int error = hw__status_refusal(hw__load_relaxed(u->record->prefix.word));

	for (uint32_t k = 0; !error && k < TRIES_MAX; k++) {
		error = update_try(u);
		if (error != -EAGAIN)
			break;
		error = k + 1 < TRIES_MAX ? 0 : -EAGAIN;
		ck_backoff_eb(&backoff);
	}
	if (error)
		hw__update_undo(u);
	return error;
}

/* A close waits for sections, so that no update is under way when its blocks are swept.
 * extents: out: how many the update needs. */
static int update_once(struct headway_record *r, struct hw__edit *edit, bool thorough,
		       uint64_t *extents)
{
	struct hw__update u = {.record = r, .edit = edit, .thorough = thorough};
	int error = hw__handle_ready(r);

	if (error)
		return error;
	u.a = r->attachment;
	u.queue = hw__queue_get(u.a);
	if (!u.queue)
		return -ENOMEM;
	u.old = hw__scratch(HW__SCRATCH_OLD);
	u.new = hw__scratch(HW__SCRATCH_NEW);
	u.new_extents.buffer = hw__scratch(HW__SCRATCH_NEW_REFS);
	u.old_extents.buffer = hw__scratch(HW__SCRATCH_OLD_REFS);
	if (!hw__rcu_read_lock())
		return -ENOMEM;
	if (u.queue->generation && hw__generation(u.a) == u.queue->generation)
		error = update_in_section(&u);
	else
		error = -ESTALE; /* closed since the handle was looked at */
	hw__rcu_read_unlock();
	*extents = u.extents;
	return error;
}

static bool is_no_room(int error)
{
	return error == -ENOSPC || error == -ENOBUFS;
}

/* Look at every chunk, then make room, then look again, for as long as making room helps. */
static int update_with_room(struct headway_record *r, struct hw__edit *edit)
{
	uint32_t rounds = hw__room_rounds(r->attachment);
	uint64_t extents = 0;
	int error = update_once(r, edit, true, &extents);

	for (; is_no_room(error) && rounds; rounds--) {
		if (!hw__make_room(r->attachment,
				   error == -ENOBUFS ? HW__WANT_BLOCK : HW__WANT_EXTENT, extents))
			break;
		error = update_once(r, edit, true, &extents);
	}
	if (!is_no_room(error))
		return error;
	hw__total_add(r->attachment, HW__TOTAL_NO_ROOM, 1);
	return -ENOSPC;
}

static void scratch_done(void)
{
	hw__scratch_done(HW__SCRATCH_OLD);
	hw__scratch_done(HW__SCRATCH_NEW);
	hw__scratch_done(HW__SCRATCH_OLD_REFS);
	hw__scratch_done(HW__SCRATCH_NEW_REFS);
	hw__scratch_done(HW__SCRATCH_SETTINGS);
}

int hw__update(struct headway_record *r, struct hw__edit *edit)
{
	uint64_t extents;
	int error = hw__edit_prepare(edit);

	if (!error)
		error = update_once(r, edit, false, &extents);
	if (is_no_room(error))
		error = update_with_room(r, edit);
	if (!error && edit->status)
		hw__total_add(r->attachment,
			      edit->status == HW__FINISHED ? HW__TOTAL_FINISHED : HW__TOTAL_ERRORS,
			      1);
	scratch_done();
	return error;
}
