/* SPDX-License-Identifier: BSD-3-Clause */
/* Start a record, open one, remove one. */
#include "record.h"

#include "clock.h"
#include "edit.h"
#include "open.h"
#include "reap.h"
#include "update.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- start ------------------------------------------------------------------------------------------------- */

/* The first version of a record, before it has a slot. */
struct first_revision {
	struct hw__buffer *entries;
	struct hw__plan plan;
	uint32_t counter_count;
	uint64_t owner, total;
	uint64_t extents; /* that it needs */
	bool striped;
};

static int spec_copy(const struct headway_spec *given, struct headway_spec *spec)
{
	memset(spec, 0, sizeof *spec);
	if (!given)
		return 0;
	if (given->size && given->size < offsetof(struct headway_spec, owner_pid))
		return -EINVAL;
	memcpy(spec, given,
	       !given->size || given->size > sizeof *spec ? sizeof *spec : given->size);
	if (spec->flags & ~(unsigned)(HEADWAY_DETACHED | HEADWAY_STRIPED | HEADWAY_ROOT))
		return -EINVAL;
	if ((spec->flags & HEADWAY_ROOT) && spec->parent)
		return -EINVAL;
	if ((spec->flags & HEADWAY_DETACHED) && spec->owner_pid)
		return -EINVAL;
	return 0;
}

/* Is there such a record in this arena? */
static bool id_is_known(const struct hw__attachment *a, const struct headway_id *id)
{
	const struct hw__slot *slot;

	if (!hw__id_is_ours(a, id))
		return false;
	slot = &a->slots[hw__id_slot(id)];
	return hw__status_is_readable(hw__word_status(hw__load_relaxed(&slot->word))) &&
	       hw__load_relaxed(&slot->id_tail) == hw__id_tail(id);
}

/* Whoever started this process said which record it is part of.  The id may be of another arena. */
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
	origin->time_namespace = a->time_namespace;
	origin->ttl_seconds = spec->ttl_seconds;
	if (spec->flags & HEADWAY_DETACHED) {
		first->owner = hw__owner(HW__OWNER_NONE, flags, 0, 0);
		return 0;
	}
	origin->owner_namespace = (uint32_t)a->pid_namespace;
	if (spec->owner_pid) {
		first->owner = hw__owner(HW__OWNER_PROCESS, flags, 0, spec->owner_pid);
		origin->owner_pid = spec->owner_pid;
		error = a->pid_namespace ? 0
					 : -ESRCH; /* /proc tells of other processes, or nothing */
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
	struct hw__origin origin;
	int error = origin_make(a, spec, first, &origin);

	first->entries = hw__scratch(HW__SCRATCH_NEW);
	first->total = spec->total;
	first->striped = spec->flags & HEADWAY_STRIPED;
	if (!error)
		error = hw__edit_first(spec, &origin, first->entries, &first->plan,
				       &first->counter_count);
	first->extents = hw__chain_extents(first->plan.bytes - first->plan.inline_bytes);
	return !error && first->extents > a->geometry.extents ? -E2BIG : error;
}

static int id_generate(struct hw__attachment *a, struct hw__queue *q, uint32_t slot,
		       struct headway_id *id)
{
	if (q->random_left < 16) {
		int error = hw__random(q->random, sizeof q->random);

		if (error)
			return error;
		q->random_left = sizeof q->random;
	}
	q->random_left -= 16;
	hw__id_make(a, slot, q->random + q->random_left, id);
	return 0;
}

/* The slot is claimed.  Builds and publishes; the caller undoes the claim on failure. */
static int first_publish(struct hw__update *u, struct first_revision *first)
{
	struct hw__slot *slot = &u->a->slots[u->record->slot];
	int error = 0;

	if (first->plan.inline_bytes < first->plan.bytes)
		error = hw__chain_write(u->a, u->record->slot,
					first->entries->bytes + first->plan.inline_bytes,
					first->plan.bytes - first->plan.inline_bytes, u->thorough,
					&u->new_extents, &first->plan.overflow);
	if (!error)
		error = hw__update_take_block(u);
	if (error)
		return error;
	hw__update_fill_block(u, 1, &first->plan, HW__RUNNING);
	hw__store_relaxed(&slot->counters[1], first->total);
	hw__handle_bind(u->record, first->owner, first->counter_count);
	if (!hw__cas_full(&slot->word, hw__word_claim(u->a->member),
			  hw__word(HW__RUNNING, u->block)))
		return -EBADMSG; /* W3; nobody but us may touch a claim */
	u->block = 0;
	return 0;
}

static void first_undo(struct hw__update *u)
{
	hw__update_undo(u);
	hw__slot_unclaim(u->a, u->record->slot);
}

/* extents: out: how many the record needs. */
static int start_once(struct hw__attachment *a, const struct headway_spec *spec, bool thorough,
		      uint64_t *extents, struct headway_record **out)
{
	struct hw__update u = {.a = a, .thorough = thorough, .queue = hw__queue_get(a)};
	struct first_revision first = {0};
	struct headway_id id;
	uint32_t slot;
	int error;

	u.new = hw__scratch(HW__SCRATCH_NEW);
	u.new_extents.buffer = hw__scratch(HW__SCRATCH_NEW_REFS);
	if (!u.queue || !u.new || !u.new_extents.buffer)
		return -ENOMEM;
	error = first_prepare(a, spec, &first);
	*extents = first.extents;
	if (!error)
		error = hw__slot_claim(a, first.striped, &slot);
	if (error)
		return error == -ENOSPC ? -ENOSR : error; /* no slot, as told from no extent */
	error = id_generate(a, u.queue, slot, &id);
	u.record = error ? NULL : hw__handle_make(a, slot, &id);
	if (!u.record) {
		(void)hw__cas_full(&a->slots[slot].word, hw__word_claim(a->member), 0);
		return error ? error : -ENOMEM;
	}
	hw__slot_init(a, slot, &id, first.owner);
	error = first_publish(&u, &first);
	if (error) {
		first_undo(&u);
		free(u.record);
		return error;
	}
	hw__total_add(a, HW__TOTAL_STARTED, 1);
	*out = u.record;
	return 0;
}

static enum hw__want start_want(int error, const struct headway_spec *spec)
{
	if (error == -ENOSR)
		return spec->flags & HEADWAY_STRIPED ? HW__WANT_STRIPED_SLOT : HW__WANT_SLOT;
	return error == -ENOBUFS ? HW__WANT_BLOCK : HW__WANT_EXTENT;
}

static bool is_no_room(int error)
{
	return error == -ENOSPC || error == -ENOBUFS || error == -ENOSR;
}

static int start(struct hw__attachment *a, const struct headway_spec *spec,
		 struct headway_record **out)
{
	uint32_t rounds = hw__room_rounds(a);
	int error = hw__member_ensure(a);
	uint64_t extents;

	if (!error)
		error = start_once(a, spec, false, &extents, out);
	if (error == -ENOSPC || error == -ENOBUFS) /* look at every unit before a record goes */
		error = start_once(a, spec, true, &extents, out);
	for (; is_no_room(error) && rounds; rounds--) {
		if (!hw__make_room(a, start_want(error, spec), extents))
			break;
		error = start_once(a, spec, true, &extents, out);
	}
	hw__scratch_done(HW__SCRATCH_NEW);
	hw__scratch_done(HW__SCRATCH_NEW_REFS);
	if (!is_no_room(error))
		return error;
	hw__total_add(a, HW__TOTAL_NO_ROOM, 1);
	return -ENOSPC;
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
		hw__attachment_put(a); /* or else it is the handle's */
	return error;
}

/* ---- resume, remove ------------------------------------------------------------------------------------------ */

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
	error = hw__slot_verify(a, slot, id, &count);
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
		hw__attachment_put(a); /* or else it is the handle's */
	return error;
}

/* Does anybody but this handle have the record open? */
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

/* Open elsewhere, or Running with a live owner: not abandoned.  The dead have nothing open. */
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
	return hw__owner_alive(a, hw__load_relaxed(&a->slots[r->slot].owner), &summary.origin,
			       true) == 1
		       ? -EBUSY
		       : 0;
}

/* The slot's word while the record is over and still there; 0: RETIRING, free, or another's. */
static uint64_t word_if_over(const struct hw__attachment *a, uint32_t slot,
			     const struct headway_id *id)
{
	uint64_t word = hw__load_acquire(&a->slots[slot].word);

	return hw__status_is_over(hw__word_status(word)) &&
			       hw__load_relaxed(&a->slots[slot].id_tail) == hw__id_tail(id)
		       ? word
		       : 0;
}

/* The handle is released; somebody may have opened the record meanwhile, or freed what it held. */
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
