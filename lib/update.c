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
 *   between W3 and the retirement        old block OWNED by us, or PUB         sweep of us, or any
 *   while dropped extents are freed      the same, extent by extent            the same
 * That the old block cannot be another's OWNED at W3 is what the help before it is for.
 *
 * Two ways lead through: the quick one for a single message of a record that stays within its block, and
 * the general one.  Both keep to the same steps in the same order.
 */
#include "update.h"

#include "clock.h"
#include "rcu.h"
#include "reap.h"

#include <ck_backoff.h>
#include <errno.h>
#include <string.h>

enum {
	ROOM_ROUNDS = 64,
	TRIES_MAX = 1 << 20, /* each failed one means that somebody else got on */
	QUICK_TRIES = 4,
	QUICK_NO = 1, /* not for the quick way */
	/* Entries that leave room for any frozen counters. */
	QUICK_BYTES = HW__INLINE_BYTES - HW__ENTRY_OVERHEAD - HW__COUNTERS * 8
};

/* Whatever this update supersedes and another member owns becomes PUB: should we be killed right
 * after W3, any sweep may take it. */
static inline void help(const struct hw__pool *pool, uint32_t member, uint64_t ref)
{
	uint64_t state = hw__load_relaxed(hw__unit_state(pool, hw__ref_index(ref)));

	if (hw__state_member(state) != member)
		hw__unit_help(pool, ref, state);
}

/* ---- the general way ------------------------------------------------------------------------------ */

/* Chains the new version does without: theirs are the extents to drop. */
static int drops_gather(struct hw__update *u, const struct hw__version *old,
			const struct hw__plan *plan)
{
	int error = 0;

	u->dropped.count = 0;
	if (old->overflow && plan->overflow != old->overflow)
		error = hw__chain_gather(u->a, old->overflow, &u->dropped);
	if (!error && old->results && plan->results != old->results)
		error = hw__chain_gather(u->a, old->results, &u->dropped);
	return error;
}

static void drops_help(const struct hw__update *u)
{
	for (size_t i = 0; i < u->dropped.count; i++)
		help(&u->a->pools[HW__EXTENTS], u->a->member, hw__refs_at(&u->dropped)[i]);
}

static void drops_free(const struct hw__update *u)
{
	for (size_t i = 0; i < u->dropped.count; i++)
		(void)hw__unit_drop(&u->a->pools[HW__EXTENTS], u->a->member,
				    hw__refs_at(&u->dropped)[i]);
}

int hw__update_bring_block(struct hw__update *u)
{
	uint64_t ref;

	if (u->block)
		return 0;
	ref = hw__queue_pop(u->a, u->queue, u->thorough);
	if (!ref)
		return -ENOBUFS;
	u->block = hw__unit_own(&u->a->pools[HW__BLOCKS], u->a->member, ref); /* W1 */
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
		.changed_ns = status == HW__RUNNING ? hw__now_coarse_ns() : hw__now_ns(),
		.overflow = plan->overflow,
		.results = plan->results,
	};

	memcpy(head.id, u->record->id.bytes, sizeof head.id);
	hw__copy_out(&b->h.home, &head.home, sizeof head - offsetof(struct hw__block_head, home));
	hw__copy_out(b->entries, u->new->bytes, plan->inline_bytes); /* W2: all before W3 */
}

/* The rest of the entries is what it was: its chain rides along. */
static bool overflow_is_same(const struct hw__update *u, const struct hw__version *old,
			     const struct hw__plan *plan)
{
	const unsigned char *entries = u->old->bytes + HW__COPY_ENTRIES;
	size_t bytes = plan->bytes - plan->inline_bytes;

	return old->overflow && bytes == old->entries_bytes - old->inline_bytes &&
	       memcmp(u->new->bytes + plan->inline_bytes, entries + old->inline_bytes, bytes) == 0;
}

/* Plan the new version, and bring the extents that it needs. */
static int version_plan(struct hw__update *u, const struct hw__version *old, struct hw__plan *plan)
{
	int error = hw__edit_apply(u->edit, u->old->bytes + HW__COPY_ENTRIES, old, u->new, plan);

	if (error)
		return error;
	hw__chain_undo(u->a, &u->brought, u->results_units); /* of an earlier try */
	plan->results = u->results ? u->results : plan->results_inline ? 0 : old->results;
	plan->overflow = 0;
	if (plan->inline_bytes == plan->bytes)
		return 0;
	if (overflow_is_same(u, old, plan)) {
		plan->overflow = old->overflow;
		return 0;
	}
	return hw__chain_write(u->a, u->record->slot, u->new->bytes + plan->inline_bytes,
			       plan->bytes - plan->inline_bytes, u->thorough, &u->brought,
			       &plan->overflow);
}

/* One try from one look at the word.  -EAGAIN: something moved. */
static int update_try(struct hw__update *u)
{
	struct hw__slot *slot = &u->a->slots[u->record->slot];
	uint64_t word = hw__load_acquire(&slot->word), ref = hw__word_ref(word); /* R1 */
	unsigned status = u->edit->status ? u->edit->status : HW__RUNNING;
	struct hw__version old;
	struct hw__plan plan;
	int error = hw__status_refusal(word);

	if (!error)
		error = hw__version_copy(u->a, ref, u->old, false, &old); /* never torn input */
	if (!error && u->edit->status)
		hw__slot_counters_read(u->a, u->record->slot, hw__load_relaxed(&slot->owner),
				       u->edit->frozen);
	if (!error)
		error = version_plan(u, &old, &plan);
	if (!error)
		error = drops_gather(u, &old, &plan);
	if (error == -EAGAIN && hw__word_stands(&slot->word, word))
		return -EBADMSG;
	if (!error)
		error = hw__update_bring_block(u);
	if (error)
		return error;
	hw__update_fill_block(u, old.rev + 1, &plan, status);
	help(&u->a->pools[HW__BLOCKS], u->a->member, ref);
	drops_help(u);
	if (!hw__cas_full(&slot->word, word, hw__word(status, u->block))) /* W3 */
		return -EAGAIN;
	u->block = 0;
	if (hw__unit_retire(&u->a->pools[HW__BLOCKS], u->a->member, ref))
		hw__queue_push(u->a, u->queue, ref);
	drops_free(u);
	return 0;
}

void hw__update_undo(struct hw__update *u)
{
	hw__chain_undo(u->a, &u->brought, 0);
	if (!u->block)
		return;
	hw__unit_abandon(&u->a->pools[HW__BLOCKS], u->a->member, u->block);
	hw__queue_push(u->a, u->queue, u->block);
	u->block = 0;
}

static int update_in_section(struct hw__update *u)
{
	unsigned backoff = CK_BACKOFF_INITIALIZER;
	int error = hw__status_refusal(hw__load_relaxed(u->record->prefix.word));

	if (!error && u->edit->results_chain) /* nothing is brought, or made room for, in vain */
		error = hw__chain_write(u->a, u->record->slot, u->edit->results,
					u->edit->results_length, u->thorough, &u->brought,
					&u->results);
	u->results_units = u->brought.count;
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

/* A close waits for sections, so that no update is under way when its blocks are swept. */
static int update_once(struct headway_record *r, struct hw__edit *edit, bool thorough)
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
	u.brought.buffer = hw__scratch(HW__SCRATCH_NEW_REFS);
	u.dropped.buffer = hw__scratch(HW__SCRATCH_OLD_REFS);
	hw__rcu_read_lock();
	if (u.queue->generation && hw__generation(u.a) == u.queue->generation)
		error = update_in_section(&u);
	else
		error = -ESTALE; /* closed since the handle was looked at */
	hw__rcu_read_unlock();
	return error;
}

static bool is_no_room(int error)
{
	return error == -ENOSPC || error == -ENOBUFS;
}

/* Look at every unit, then make room, then look again, for as long as making room helps. */
static int update_with_room(struct headway_record *r, struct hw__edit *edit)
{
	int error = update_once(r, edit, true);

	for (int round = 0; is_no_room(error) && round < ROOM_ROUNDS; round++) {
		if (!hw__make_room(r->attachment,
				   error == -ENOBUFS ? HW__WANT_BLOCK : HW__WANT_EXTENT))
			break;
		error = update_once(r, edit, true);
	}
	if (!is_no_room(error))
		return error;
	hw__total_add(r->attachment, HW__TOTAL_NO_ROOM, 1);
	return -ENOSPC;
}

int hw__update(struct headway_record *r, struct hw__edit *edit)
{
	int error = update_once(r, edit, false);

	if (is_no_room(error))
		error = update_with_room(r, edit);
	if (!error && edit->status)
		hw__total_add(r->attachment,
			      edit->status == HW__FINISHED ? HW__TOTAL_FINISHED : HW__TOTAL_ERRORS,
			      1);
	return error;
}

/* ---- the quick way -------------------------------------------------------------------------------- */

/* A block in private memory, with room to edit it in place. */
struct quick {
	struct hw__block block;
	unsigned char room[64];
};

/* Where key's value begins, or NULL; *entry is the entry's header. */
static unsigned char *quick_find(struct quick *q, const char *key, size_t key_length,
				 struct hw__entry *entry)
{
	unsigned char *at = q->block.entries, *end = at + q->block.h.used_bytes;

	while ((size_t)(end - at) >= HW__ENTRY_OVERHEAD) {
		size_t left = (size_t)(end - at) - HW__ENTRY_OVERHEAD;

		memcpy(entry, at, sizeof *entry);
		if (entry->key_length > left || entry->value_length > left - entry->key_length)
			return NULL;
		at += sizeof *entry;
		if (entry->key_length == key_length && entry->kind == HW__ENTRY_MESSAGE &&
		    memcmp(at, key, key_length) == 0)
			return at + key_length + 1;
		at += entry->key_length + entry->value_length + 2u;
	}
	return NULL;
}

/* Sets a message in the private copy.  False: not there yet, or no room. */
static bool quick_edit(struct quick *q, const struct hw__message *m)
{
	size_t value_length = m->value_length, used = q->block.h.used_bytes;
	struct hw__entry entry;
	unsigned char *at = quick_find(q, m->key, m->key_length, &entry), *after;

	if (!at || value_length > QUICK_BYTES ||
	    used - entry.value_length + value_length > QUICK_BYTES)
		return false;
	if (value_length != entry.value_length) {
		after = at + entry.value_length;
		memmove(at + value_length, after, used - (size_t)(after - q->block.entries));
		q->block.h.used_bytes = (uint16_t)(used - entry.value_length + value_length);
		entry.value_length = (uint32_t)value_length;
		memcpy(at - m->key_length - 1 - sizeof entry, &entry, sizeof entry);
	}
	memcpy(at, m->value, value_length);
	return true;
}

/* Copies the current version, if it lies in its block alone.  False: moved, or not for this way. */
static bool quick_copy(const struct hw__attachment *a, uint64_t ref, struct quick *q)
{
	const struct hw__block *b;

	if (hw__ref_index(ref) >= a->geometry.blocks)
		return false;
	b = hw__block_at(a, hw__ref_index(ref));
	hw__copy_in(&q->block, b, sizeof *b);
	hw__fence_load(); /* R2, with W1: the copy was read before this look at the version */
	return hw__version(hw__load_relaxed(&b->h.state)) == hw__version(ref) &&
	       q->block.h.used_bytes <= QUICK_BYTES && !q->block.h.overflow;
}

/* One try: 0, -EAGAIN (another was faster), or QUICK_NO. */
static int quick_try(struct headway_record *r, struct hw__queue *queue, uint64_t *block,
		     const struct hw__message *m)
{
	struct hw__attachment *a = r->attachment;
	struct hw__pool *pool = &a->pools[HW__BLOCKS];
	uint64_t *at = &a->slots[r->slot].word, word = hw__load_acquire(at); /* R1 */
	uint64_t ref = hw__word_ref(word);
	struct hw__block *b;
	struct quick q;

	if (hw__word_status(word) != HW__RUNNING || !quick_copy(a, ref, &q) || !quick_edit(&q, m))
		return QUICK_NO;
	if (!*block)
		*block = hw__unit_own(pool, a->member, hw__queue_pop(a, queue, false)); /* W1 */
	q.block.h.rev++;
	q.block.h.changed_ns = hw__now_coarse_ns();
	b = hw__block_at(a, hw__ref_index(*block));
	hw__copy_out(&b->h.home, &q.block.h.home, sizeof q.block.h - 8 + q.block.h.used_bytes);
	help(pool, a->member, ref);
	if (!hw__cas_full(at, word, hw__word(HW__RUNNING, *block))) /* W3 */
		return -EAGAIN;
	*block = 0;
	if (hw__unit_retire(pool, a->member, ref))
		hw__queue_push(a, queue, ref);
	return 0;
}

/* A thread whose queue is full has a block at hand; the queue is that of the handle's membership. */
static struct hw__queue *quick_queue(const struct headway_record *r)
{
	struct hw__thread *t = hw__thread_self;
	struct hw__queue *queue = t ? t->queues : NULL;

	return queue && queue->count == HW__QUEUE &&
			       queue->generation == hw__load_acquire(&r->prefix.generation)
		       ? queue
		       : NULL;
}

static int update_message_long_way(struct headway_record *r, const struct hw__message *m)
{
	struct headway_message message = {m->key, m->value};
	struct hw__edit edit = {.messages = &message, .count = 1};

	return hw__update(r, &edit);
}

int hw__update_message(struct headway_record *r, const struct hw__message *m)
{
	struct hw__queue *queue = quick_queue(r);
	unsigned backoff = CK_BACKOFF_INITIALIZER;
	uint64_t block = 0;
	int error = QUICK_NO;

	if (!queue)
		return update_message_long_way(r, m);
	hw__rcu_read_lock();
	if (hw__generation(r->attachment) == queue->generation)
		error = quick_try(r, queue, &block, m);
	for (int k = 1; error == -EAGAIN && k < QUICK_TRIES; k++) {
		ck_backoff_eb(&backoff);
		error = quick_try(r, queue, &block, m);
	}
	if (block) {
		hw__unit_abandon(&r->attachment->pools[HW__BLOCKS], r->attachment->member, block);
		hw__queue_push(r->attachment, queue, block);
	}
	hw__rcu_read_unlock();
	return error ? update_message_long_way(r, m) : 0;
}
