/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The general path of an update: copy, check, edit, publish.
 *
 * The current revision is copied to private memory, and the copy is checked to be consistent (R2).
 * The edit computes the entries of the next revision from it, in private memory. Entries that do
 * not fit into a block go to new extents. Then come the steps of publish.h, with two additions for
 * the extents that the next revision does not use: they are marked SHARED before the swap if
 * another member owns them, and freed after it.
 *
 *   Killed                           leaves                                    repaired by
 *   before the swap                  new block and extents OWNED, unnamed      the sweep of this member
 *   while old extents are freed      old extents OWNED by this member          the sweep of this member
 *                                    or SHARED                                 any sweep
 */
#include "record/update.h"

#include "record/publish.h"
#include "base/rcu.h"
#include "open/room.h"

#include <errno.h>
#include <string.h>

enum {
	TRIES_MAX = 1 << 20, /* each failed try means that another writer's swap succeeded */
	ASKED_BEFORE = 1     /* a request to stop exists already: nothing to change */
};

/* An update in progress: what it has taken and what it will free. */
struct update {
	struct hw__publication to;
	struct headway_record *record;
	struct hw__edit *edit;
	struct hw__buffer *old, *new; /* the copy of the current revision; entries of the next */
	struct hw__refs new_extents, old_extents;
	uint64_t results;       /* head of the new chain of results, or 0 */
	size_t results_extents; /* new_extents[0..results_extents) are its extents */
	uint64_t extents;       /* new extents that the update needs, including the results */
};

/* Collects the extents of chains that the next revision does not use. */
static int old_extents_gather(struct update *u, const struct hw__revision *old,
			      const struct hw__plan *plan)
{
	int error = 0;

	u->old_extents.count = 0;
	if (old->head.overflow && plan->overflow != old->head.overflow)
		error = hw__chain_gather(u->to.a, old->head.overflow, &u->old_extents);
	if (!error && old->head.results && plan->results != old->head.results)
		error = hw__chain_gather(u->to.a, old->head.results, &u->old_extents);
	return error;
}

static void old_extents_help(const struct update *u)
{
	for (size_t i = 0; i < u->old_extents.count; i++)
		hw__publish_help(&u->to.a->pools[HW__EXTENTS], u->to.a->member,
				 hw__refs_at(&u->old_extents)[i]);
}

static void old_extents_free(const struct update *u)
{
	for (size_t i = 0; i < u->old_extents.count; i++)
		(void)hw__chunk_drop(&u->to.a->pools[HW__EXTENTS], u->to.a->member,
				     hw__refs_at(&u->old_extents)[i]);
}

/* True if the entries beyond the block are unchanged, so that their chain can be kept. */
static bool overflow_is_same(const struct update *u, const struct hw__revision *old,
			     const struct hw__plan *plan)
{
	const unsigned char *entries = u->old->bytes + HW__COPY_ENTRIES;
	size_t bytes = plan->bytes - plan->inline_bytes;

	return old->head.overflow && bytes == old->entries_bytes - old->head.used_bytes &&
	       memcmp(u->new->bytes + plan->inline_bytes, entries + old->head.used_bytes, bytes) ==
		       0;
}

/* Called once per update: results do not depend on the revision that they are added to. */
static int results_write(struct update *u)
{
	int error;

	if (u->results || !u->edit->results_chain)
		return 0;
	error = hw__chain_write(u->to.a, u->to.slot, u->edit->results, u->edit->results_length,
				u->to.thorough, &u->new_extents, &u->results);
	u->results_extents = u->new_extents.count;
	return error;
}

/* Plans the next revision, and writes the extents that it needs. */
static int revision_plan(struct update *u, const struct hw__revision *old, struct hw__plan *plan)
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
	hw__chain_undo(u->to.a, &u->new_extents, u->results_extents); /* those of an earlier try */
	error = results_write(u);
	plan->results = u->results ? u->results : plan->results_inline ? 0 : old->head.results;
	plan->overflow = overflow || plan->inline_bytes == plan->bytes ? 0 : old->head.overflow;
	if (error || !overflow)
		return error;
	return hw__chain_write(u->to.a, u->to.slot, u->new->bytes + plan->inline_bytes, overflow,
			       u->to.thorough, &u->new_extents, &plan->overflow);
}

/* Freezes the present counters, and the time by the record's clock. */
static void end_freeze(struct update *u, const struct hw__revision *old, uint64_t owner)
{
	struct hw__origin origin;

	hw__slot_counters_read(u->to.a, u->to.slot, owner, u->edit->frozen.counters);
	hw__entries_origin(u->old->bytes + HW__COPY_ENTRIES, old->entries_bytes, &origin);
	u->edit->frozen.ended_boot_ns = hw__ended_boot_ns(u->to.a, origin.time_namespace);
}

/* One try, from one load of the word. -EAGAIN: another writer's swap came first; or
 * ASKED_BEFORE. */
static int update_try(struct update *u)
{
	const struct hw__slot *slot = &u->to.a->slots[u->to.slot];
	uint64_t word = hw__load_acquire(&slot->word); /* R1 */
	struct hw__revision old;
	struct hw__plan plan;
	int error = hw__status_refusal(word);

	if (!error && u->edit->cancel && word & HW__WORD_CANCELLED)
		return ASKED_BEFORE;
	if (!error)
		error = hw__revision_copy(u->to.a, hw__word_ref(word), u->old, false, &old);
	if (!error && u->edit->status)
		end_freeze(u, &old, hw__load_relaxed(&slot->owner));
	if (!error)
		error = revision_plan(u, &old, &plan);
	if (!error)
		error = old_extents_gather(u, &old, &plan);
	if (error == -EAGAIN && hw__word_is_unchanged(&slot->word, word))
		return -EBADMSG;
	if (!error)
		error = hw__publish_take_block(&u->to);
	if (error)
		return error;
	hw__publish_write(&u->to, &u->record->id, &plan, u->new->bytes);
	old_extents_help(u);
	error = hw__publish(&u->to, word, plan.status);
	if (!error)
		old_extents_free(u);
	return error;
}

static int update_in_section(struct update *u)
{
	unsigned pauses = HW__PAUSES_FIRST;
	int error = 0;

	for (uint32_t k = 0; !error && k < TRIES_MAX; k++) {
		error = update_try(u);
		if (error != -EAGAIN)
			break;
		error = k + 1 < TRIES_MAX ? 0 : -EAGAIN;
		hw__back_off(&pauses);
	}
	if (error) {
		hw__chain_undo(u->to.a, &u->new_extents, 0);
		hw__publish_abandon(&u->to);
	}
	return error == ASKED_BEFORE ? 0 : error;
}

/* A record that is over is refused before its owner is checked. */
static int update_watched(struct update *u)
{
	struct headway_record *r = u->record;
	uint32_t call;
	int error = hw__status_refusal(hw__load_relaxed(r->prefix.word));

	if (error || !r->foreign)
		return error ? error : update_in_section(u);
	error = hw__handle_watch(r, &call);
	if (error)
		return error;
	error = update_in_section(u);
	hw__handle_watch_end(r, call);
	return error;
}

/* The arguments of hw__update(). */
struct call {
	struct headway_record *record;
	struct hw__edit *edit;
};

/* A close waits for sections to end before it sweeps, so it meets no update in progress. */
static int update_attempt(void *argument, bool thorough, uint64_t *extents)
{
	const struct call *call = argument;
	struct update u = {.record = call->record, .edit = call->edit};
	int error = hw__handle_ready(u.record);

	if (error)
		return error;
	u.to.a = u.record->attachment;
	u.to.slot = u.record->slot;
	u.to.thorough = thorough;
	u.to.cancelled = u.edit->cancel ? HW__WORD_CANCELLED : 0;
	u.to.queue = hw__queue_get(u.to.a);
	if (!u.to.queue)
		return -ENOMEM;
	u.old = hw__scratch(HW__SCRATCH_OLD);
	u.new = hw__scratch(HW__SCRATCH_NEW);
	u.new_extents.buffer = hw__scratch(HW__SCRATCH_NEW_REFS);
	u.old_extents.buffer = hw__scratch(HW__SCRATCH_OLD_REFS);
	if (!hw__rcu_read_lock())
		return -ENOMEM;
	if (u.to.queue->generation && hw__generation(u.to.a) == u.to.queue->generation)
		error = update_watched(&u);
	else
		error = -ESTALE; /* closed since hw__handle_ready() */
	hw__rcu_read_unlock();
	*extents = u.extents;
	return error;
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
	int error = r ? hw__edit_prepare(edit) : -EINVAL;

	if (!error)
		error = hw__attempt_with_room(r->attachment, HW__WANT_SLOT, update_attempt,
					      &(struct call){r, edit});
	if (!error)
		hw__end_count(r->attachment, edit->status);
	scratch_done();
	return error;
}
