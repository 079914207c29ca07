/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts, opens and removes records. */
#include "arena/process.h"
#include "base/clock.h"
#include "forecast/history.h"
#include "record/handle.h"
#include "open/open.h"
#include "record/publish.h"
#include "open/room.h"
#include "base/sized.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- start ----------------------------------------------------------------------------------- */

/* The first revision of a record, before it has a slot. */
struct first_revision {
	struct hw__buffer *entries;
	struct hw__plan plan;
	uint32_t counter_count;
	uint64_t owner, total;
	struct hw__origin origin;
	const struct hw__profile *profile; /* of earlier runs, or NULL */
	uint64_t extents;                  /* extents that it needs */
	bool striped;
};

static int spec_copy(const struct headway_spec *given, struct headway_spec *spec)
{
	if (given && !hw__size_is_valid(given->size, offsetof(struct headway_spec, owner_pid)))
		return -EINVAL;
	hw__struct_in(spec, sizeof *spec, given);
	if (spec->flags & ~(unsigned)(HEADWAY_DETACHED | HEADWAY_STRIPED | HEADWAY_ROOT))
		return -EINVAL;
	if ((spec->flags & HEADWAY_ROOT) && spec->parent)
		return -EINVAL;
	if ((spec->flags & HEADWAY_DETACHED) && spec->owner_pid)
		return -EINVAL;
	return spec->history && strlen(spec->history) >= HW__HISTORY_NAME ? -E2BIG : 0;
}

/* True if this arena has such a record. */
static bool id_is_known(const struct hw__attachment *a, const struct headway_id *id)
{
	const struct hw__slot *slot;

	if (!hw__id_is_ours(a, id))
		return false;
	slot = &a->slots[hw__id_slot(id)];
	return hw__status_is_readable(hw__word_status(hw__load_relaxed(&slot->word))) &&
	       hw__load_relaxed(&slot->id_tail) == hw__id_tail(id);
}

/* Gets the parent from the environment, set by the program that started this one. The id may be one
 * of another arena. */
static void parent_inherit(const struct hw__attachment *a, struct headway_spec *spec,
			   struct headway_id *id)
{
	const char *text;

	if (spec->parent || (spec->flags & HEADWAY_ROOT))
		return;
	text = secure_getenv("HEADWAY_PARENT");
	if (text && headway_parse_id(text, id) == 0 && id_is_known(a, id))
		spec->parent = id;
}

static int origin_make(const struct hw__attachment *a, const struct headway_spec *spec,
		       struct first_revision *first, struct hw__origin *origin)
{
	unsigned flags = spec->flags & HEADWAY_STRIPED ? HW__FLAG_STRIPED : 0;
	int error = 0;

	memset(origin, 0, sizeof *origin);
	origin->started_ns = hw__wall_coarse_ns();
	origin->started_boot_ns = hw__boot_ns();
	origin->time_namespace = (uint32_t)hw__load_relaxed(&a->time_namespace);
	origin->ttl_seconds = spec->ttl_seconds;
	if (spec->flags & HEADWAY_DETACHED) {
		first->owner = hw__owner(HW__OWNER_NONE, flags, 0, 0);
		return 0;
	}
	origin->owner_namespace = (uint32_t)hw__load_relaxed(&a->pid_namespace);
	if (spec->owner_pid) {
		first->owner = hw__owner(HW__OWNER_PROCESS, flags, 0, spec->owner_pid);
		origin->owner_pid = spec->owner_pid;
		error = origin->owner_namespace
				? 0
				: -ESRCH; /* /proc does not show this process: it cannot identify others either */
		if (!error)
			error = hw__process_stat(spec->owner_pid, &origin->owner_start_ticks,
						 origin->command);
		return error;
	}
	first->owner = hw__owner(HW__OWNER_MEMBER, flags, a->member, a->self.pid);
	origin->owner_pid = a->self.pid;
	origin->owner_start_ticks = a->self.start_ticks;
	memcpy(origin->command, a->self.command, sizeof a->self.command);
	return 0;
}

static int first_prepare(const struct hw__attachment *a, const struct headway_spec *spec,
			 struct first_revision *first)
{
	int error = origin_make(a, spec, first, &first->origin);

	first->total = spec->total;
	first->striped = spec->flags & HEADWAY_STRIPED;
	if (!error)
		error = hw__edit_first(spec, &first->origin, first->profile, first->entries,
				       &first->plan, &first->counter_count);
	first->extents = hw__chain_extents(first->plan.bytes - first->plan.inline_bytes);
	return !error && first->extents > a->geometry.extents ? -E2BIG : error;
}

static int id_generate(struct hw__attachment *a, struct hw__queue *q, uint32_t slot,
		       struct headway_id *id)
{
	if (q->random_left < HW__ID_RANDOM) {
		int error = hw__random(q->random, sizeof q->random);

		if (error)
			return error;
		q->random_left = sizeof q->random;
	}
	q->random_left -= HW__ID_RANDOM;
	hw__id_make(a, slot, q->random + q->random_left, id);
	return 0;
}

/* The record keeps a block, so it comes from the pool while that has one: the thread's queue stays
 * full. */
static int first_block(struct hw__publication *p)
{
	struct hw__pool *pool = &p->a->pools[HW__BLOCKS];
	uint64_t ref = hw__chunk_take(p->a, HW__BLOCKS, false);

	if (!ref)
		return hw__publish_take_block(p);
	p->block = hw__chunk_own(pool, p->a->member, ref); /* W1 */
	return 0;
}

/* Writes and publishes the first revision in a slot that this member has claimed. On failure the
 * caller frees the slot. */
static int first_publish(struct hw__publication *p, struct headway_record *r,
			 struct first_revision *first, struct hw__refs *extents)
{
	const struct hw__plan *plan = &first->plan;
	const unsigned char *entries = first->entries->bytes;
	struct hw__memo *memo;
	uint64_t next;
	int error = 0;

	if (plan->inline_bytes < plan->bytes)
		error = hw__chain_write(p->a, p->slot, entries + plan->inline_bytes,
					plan->bytes - plan->inline_bytes, p->thorough, extents,
					&first->plan.overflow);
	if (!error)
		error = first_block(p);
	if (error)
		return error;
	hw__publish_write(p, &r->id, plan, entries);
	hw__store_relaxed(&p->a->slots[p->slot].counters[1], first->total);
	r->origin = first->origin;
	hw__handle_bind(r, first->owner, first->counter_count);
	memo = &p->queue->memo[p->slot % HW__MEMOS];
	hw__memo_begin(memo, plan->inline_bytes);
	next = hw__publish_word(0, plan->status, p->block);
	error = hw__publish(p, hw__word_claim(p->a->member), plan->status);
	if (error)
		return -EBADMSG; /* no other process changes the word of a claimed slot */
	memo->word = plan->overflow ? 0 : next; /* its entries all lie in the block */
	return 0;
}

/* The arguments of headway_start(). */
struct call {
	struct hw__attachment *a;
	const struct headway_spec *spec;
	const struct hw__profile *profile;
	struct headway_record **out;
};

/* Continues the start, with the slot claimed and the handle allocated. */
static int start_in_slot(struct hw__publication *p, struct headway_record *r,
			 struct first_revision *first)
{
	struct hw__refs extents = {hw__scratch(HW__SCRATCH_NEW_REFS), 0};
	int error;

	hw__slot_init(p->a, p->slot, &r->id, first->owner);
	error = extents.buffer ? first_publish(p, r, first, &extents) : -ENOMEM;
	if (!error)
		return 0;
	if (extents.buffer)
		hw__chain_undo(p->a, &extents, 0);
	hw__publish_abandon(p);
	hw__slot_unclaim(p->a, p->slot);
	return error;
}

static int start_attempt(void *argument, bool thorough, uint64_t *extents)
{
	const struct call *call = argument;
	struct hw__attachment *a = call->a;
	struct hw__publication p = {.a = a, .queue = hw__queue_get(a), .thorough = thorough};
	struct first_revision first = {.entries = hw__scratch(HW__SCRATCH_NEW),
				       .profile = call->profile};
	struct headway_record *r;
	struct headway_id id;
	int error;

	if (!p.queue || !first.entries)
		return -ENOMEM;
	error = first_prepare(a, call->spec, &first);
	*extents = first.extents;
	if (!error)
		error = hw__slot_claim(a, first.striped, &p.slot);
	if (error)
		return error == -ENOSPC ? -ENOSR : error; /* hw__attempt_with_room(): no slot */
	error = id_generate(a, p.queue, p.slot, &id);
	r = error ? NULL : hw__handle_make(a, p.slot, &id);
	if (!r) {
		(void)hw__cas_full(&a->slots[p.slot].word, hw__word_claim(a->member), 0);
		return error ? error : -ENOMEM;
	}
	error = start_in_slot(&p, r, &first);
	if (error) {
		free(r);
		return error;
	}
	hw__total_add(a, HW__TOTAL_STARTED, 1);
	*call->out = r;
	return 0;
}

/* The profile of earlier runs; NULL: none. */
static const struct hw__profile *profile_find(const struct headway_spec *spec,
					      struct hw__profile *profile)
{
	struct hw__history_file file;

	if (!spec->history || !*spec->history)
		return NULL;
	hw__history_load(spec->history, &file);
	return hw__profile_make(file.runs, file.count, spec->total, profile) ? profile : NULL;
}

static int start(struct hw__attachment *a, const struct headway_spec *spec,
		 struct headway_record **out)
{
	struct hw__profile profile;
	struct call call = {a, spec, profile_find(spec, &profile), out};
	enum hw__want slot = spec->flags & HEADWAY_STRIPED ? HW__WANT_STRIPED_SLOT : HW__WANT_SLOT;
	int error = hw__member_ensure(a);

	if (!error)
		error = hw__attempt_with_room(a, slot, start_attempt, &call);
	hw__scratch_done(HW__SCRATCH_NEW);
	hw__scratch_done(HW__SCRATCH_NEW_REFS);
	if (!error && spec->history && *spec->history) /* without memory, nothing is learnt */
		(*out)->trace = hw__trace_make(spec->history, (*out)->origin.started_boot_ns);
	return error;
}

int headway_start(struct headway_arena *arena, const struct headway_spec *given,
		  struct headway_record **out)
{
	struct headway_id parent;
	struct headway_spec spec;
	struct hw__attachment *a;
	int error = spec_copy(given, &spec);

	if (!arena || !out)
		return -EINVAL;
	*out = NULL;
	if (error)
		return error;
	if (arena->read_only)
		return -EACCES;
	a = hw__attachment_get(arena);
	if (!a)
		return -ESTALE;
	parent_inherit(a, &spec, &parent);
	error = start(a, &spec, out);
	if (error)
		hw__attachment_put(a); /* otherwise the handle owns the reference */
	return error;
}

/* ---- resume, remove -------------------------------------------------------------------------- */

static int resume(struct hw__attachment *a, const struct headway_id *id,
		  struct headway_record **out)
{
	uint32_t slot = hw__id_slot(id), count = 0;
	struct headway_record *r;
	int error = hw__member_ensure(a);

	if (error)
		return error;
	if (!hw__id_is_ours(a, id) || hw__load_relaxed(&a->slots[slot].id_tail) == 0)
		return -ENOENT;
	r = hw__handle_make(a, slot, id);
	if (!r)
		return -ENOMEM;
	hw__slot_pin(a, slot);
	r->prefix.generation = hw__generation(a);
	error = hw__slot_verify(a, slot, id, &count, &r->origin);
	if (error) {
		hw__slot_unpin(a, slot, r->prefix.generation);
		free(r);
		return error;
	}
	hw__handle_bind(r, hw__load_relaxed(&a->slots[slot].owner), count);
	*out = r;
	return 0;
}

int headway_resume(struct headway_arena *arena, const struct headway_id *id,
		   struct headway_record **out)
{
	struct hw__attachment *a;
	int error;

	if (!arena || !id || !out)
		return -EINVAL;
	*out = NULL;
	if (arena->read_only)
		return -EACCES;
	a = hw__attachment_get(arena);
	if (!a)
		return -ESTALE;
	error = resume(a, id, out);
	if (error)
		hw__attachment_put(a); /* otherwise the handle owns the reference */
	return error;
}

/* True if any other handle has the record open. */
static bool is_open_elsewhere(const struct headway_record *r)
{
	const struct hw__attachment *a = r->attachment;
	bool elsewhere;

	hw__process_lock();
	elsewhere = a->pin_counts[r->slot] > 1;
	hw__process_unlock();
	for (uint32_t i = 0; i < HW__PIN_WORDS; i++) {
		uint64_t pins = hw__load_relaxed(&a->slots[r->slot].pins[i]);

		if (i == a->member / 64)
			pins &= ~(1ull << a->member % 64);
		elsewhere |= pins != 0;
	}
	return elsewhere;
}

/* -EBUSY if the record is open elsewhere, or Running with a live owner. Handles of dead members do
 * not count. */
static int removal_refusal(const struct headway_record *r)
{
	struct hw__attachment *a = r->attachment;
	struct hw__sweep_count count = {0, 0, 0};
	struct hw__summary summary;
	uint64_t word;
	int error;

	if (is_open_elsewhere(r)) {
		(void)hw__members_sweep_dead(a, &count);
		if (is_open_elsewhere(r))
			return -EBUSY;
	}
	word = hw__load_acquire(r->prefix.word);
	if (hw__word_status(word) != HW__RUNNING)
		return 0;
	error = hw__revision_summary(a, hw__word_ref(word), &summary);
	if (error)
		return error;
	return hw__owner_alive(a, hw__load_relaxed(&a->slots[r->slot].owner), &summary.origin, 0) ==
			       1
		       ? -EBUSY
		       : 0;
}

/* The slot's word if it holds the ended record; 0 if it is RETIRING, free, or holds another
 * record. */
static uint64_t word_if_over(const struct hw__attachment *a, uint32_t slot,
			     const struct headway_id *id)
{
	uint64_t word = hw__load_acquire(&a->slots[slot].word);

	return hw__status_is_over(hw__word_status(word)) &&
			       hw__load_relaxed(&a->slots[slot].id_tail) == hw__id_tail(id)
		       ? word
		       : 0;
}

/* Retires the record after the handle was released; meanwhile another process may have opened or
 * freed it. */
static int removal_retire(struct hw__attachment *a, uint32_t slot, const struct headway_id *id)
{
	uint64_t word = word_if_over(a, slot, id);

	if (!word || hw__slot_retire(a, slot, word))
		return 0;
	return word_if_over(a, slot, id) ? -EBUSY : 0;
}

int headway_remove(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_record *r;
	struct hw__attachment *a;
	uint32_t slot;
	int error = headway_resume(arena, id, &r);

	if (error)
		return error;
	a = r->attachment;
	slot = r->slot;
	hw__attachment_ref(a);
	error = removal_refusal(r);
	if (!error)
		error = headway_error(r, "removed");
	headway_release(r);
	if (!error || error == -EALREADY)
		error = removal_retire(a, slot, id);
	hw__attachment_put(a);
	return error;
}
