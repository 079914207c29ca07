/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records: the writer's side.  Read DESIGN.md section "Update" first.
 *
 * An update copies the current version to private memory, checks that the copy is whole, transforms
 * it, writes it to a private block and publishes that with one compare-and-swap of the slot's word
 * (W3, the linearization point).  Progress: lock-free; a failed swap means that another succeeded.
 *
 * W3 pairs with R1: whoever loads the word sees the block that was written before the swap.
 *
 * Killed: before W3 the block is OWNED by us and referred to by nothing; our sweep frees it.  After W3
 * the old block is OWNED by us (our sweep) or PUB (any sweep): that is what the help before W3 is for.
 */
#include "record.h"

#include "clock.h"
#include "json_check.h"
#include "rcu.h"
#include "reap.h"
#include "edit.h"

#include <ck_backoff.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { ROOM_ROUNDS = 64, TORN_MAX = 1 << 20, VERIFY_TRIES = 64 };

_Static_assert(HEADWAY_STATUS_RUNNING == HW__RUNNING, "the inline counters know this status");

/* ---- handles ------------------------------------------------------------------------------------------ */

static struct headway_record *handle_make(struct hw__attachment *a, uint32_t slot,
					  const struct headway_id *id)
{
	struct headway_record *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	hw__attachment_ref(a);
	r->attachment = a;
	r->slot = slot;
	r->id = *id;
	r->prefix.generation_now = a->generation_now;
	r->prefix.word = &a->slots[slot].word;
	r->prefix.line = a->slots[slot].counters;
	return r;
}

/* The slot is pinned and found to be this record's. */
static void handle_bind(struct headway_record *r, uint64_t owner, uint32_t counter_count)
{
	struct hw__attachment *a = r->attachment;

	r->prefix.counters = hw__slot_counters(a, r->slot, owner, a->member);
	r->prefix.striped = r->prefix.counters != r->prefix.line;
	r->prefix.counter_count = counter_count;
	hw__store_release(&r->prefix.generation, hw__generation(a));
}

static uint32_t counters_named(const struct hw__buffer *buffer, const struct hw__version *v)
{
	const unsigned char *at = buffer->bytes + HW__COPY_ENTRIES, *end = at + v->entries_bytes;
	struct hw__entry_view e;
	uint32_t count = 0;

	while (hw__entry_next(&at, end, &e))
		count += e.kind == HW__ENTRY_COUNTER && count < HW__NAMED_MAX;
	return count;
}

/* After the pin: is this still the record?  P1: the pin was set before the word is read. */
static int slot_verify(const struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		       uint32_t *counter_count)
{
	struct hw__buffer *buffer = hw__scratch(HW__SCRATCH_OLD);
	struct hw__version v;
	int error = -EAGAIN;

	hw__fence_rmw_load(); /* P1 */
	for (int k = 0; buffer && k < VERIFY_TRIES && error == -EAGAIN; k++) {
		uint64_t word = hw__load_acquire(&a->slots[slot].word); /* R1 */

		if (!hw__status_is_readable(hw__word_status(word)))
			return -ESTALE;
		error = hw__version_copy(a, hw__word_ref(word), buffer, false, &v);
	}
	if (!buffer)
		return -ENOMEM;
	if (error)
		return error;
	if (memcmp(v.id, id->bytes, sizeof v.id) != 0)
		return -ESTALE;
	*counter_count = counters_named(buffer, &v);
	return 0;
}

/* In a forked child: join, pin for oneself, compare the id, and only then believe the handle. */
static int handle_revive(struct headway_record *r)
{
	struct hw__attachment *a = r->attachment;
	int error = hw__member_ensure(a);
	uint32_t count;

	if (error)
		return error;
	if (hw__load_acquire(&r->prefix.generation) == hw__generation(a))
		return 0;
	hw__slot_pin(a, r->slot);
	error = slot_verify(a, r->slot, &r->id, &count);
	hw__process_lock();
	if (!error && r->prefix.generation != hw__generation(a)) {
		handle_bind(r, hw__load_relaxed(&a->slots[r->slot].owner), count);
		hw__process_unlock();
		return 0;
	}
	hw__process_unlock(); /* gone, or another thread was first: its pin is the handle's */
	hw__slot_unpin(a, r->slot, hw__generation(a));
	return error;
}

static bool handle_is_current(const struct headway_record *r)
{
	uint64_t generation = hw__generation(r->attachment);

	return generation && hw__load_acquire(&r->prefix.generation) == generation;
}

static int handle_ready(struct headway_record *r)
{
	if (!r)
		return -EINVAL;
	return handle_is_current(r) ? 0 : handle_revive(r);
}

void headway_release(struct headway_record *r)
{
	if (!r)
		return;
	hw__slot_unpin(r->attachment, r->slot, r->prefix.generation);
	hw__attachment_put(r->attachment);
	free(r);
}

int headway_get_id(const struct headway_record *r, struct headway_id *id)
{
	if (!r || !id)
		return -EINVAL;
	*id = r->id;
	return 0;
}

/* ---- update ------------------------------------------------------------------------------------------- */

/* One update under way: what it took and what it will drop. */
struct update {
	struct headway_record *record;
	struct hw__attachment *a;
	struct hw__queue *queue;
	struct hw__edit *edit;
	struct hw__buffer *old, *new;
	struct hw__refs brought, dropped;
	uint64_t results;     /* head of the new chain of results, or 0 */
	size_t results_units; /* brought[0..results_units) are its */
	uint64_t block;       /* OWNED, unpublished; 0 before */
	bool thorough;
};

static int status_refusal(uint64_t word)
{
	unsigned status = hw__word_status(word);

	if (status == HW__RUNNING)
		return 0;
	return status > HW__RUNNING && status <= HW__RETIRING ? -EALREADY : -ESTALE;
}

/* Chains the new version does without: theirs are the extents to drop. */
static int drops_gather(struct update *u, const struct hw__version *old,
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

/* Whatever this update supersedes and another member owns becomes PUB: should we be killed right
 * after W3, any sweep may take it. */
static void help(const struct hw__pool *pool, uint32_t member, uint64_t ref)
{
	uint64_t state = hw__load_relaxed(hw__unit_state(pool, hw__ref_index(ref)));

	if (hw__state_member(state) != member)
		hw__unit_help(pool, ref, state);
}

static void drops_help(const struct update *u)
{
	for (size_t i = 0; i < u->dropped.count; i++)
		help(&u->a->pools[HW__EXTENTS], u->a->member, hw__refs_at(&u->dropped)[i]);
}

static void drops_free(const struct update *u)
{
	for (size_t i = 0; i < u->dropped.count; i++)
		(void)hw__unit_drop(&u->a->pools[HW__EXTENTS], u->a->member,
				    hw__refs_at(&u->dropped)[i]);
}

static void block_fill(const struct update *u, const struct hw__version *old,
		       const struct hw__plan *plan, unsigned status)
{
	struct hw__block *b = hw__block_at(u->a, hw__ref_index(u->block));
	uint64_t id[2];

	memcpy(id, u->record->id.bytes, sizeof id);
	hw__store_relaxed((uint64_t *)(void *)&b->h.home,
			  (uint64_t)status << 48 | (uint64_t)plan->inline_bytes << 32 |
				  u->record->slot);
	hw__store_relaxed(&b->h.rev, old->rev + 1); /* W2 */
	hw__store_relaxed((uint64_t *)(void *)b->h.id, id[0]);
	hw__store_relaxed((uint64_t *)(void *)(b->h.id + 8), id[1]);
	hw__store_relaxed(&b->h.changed_ns, status == HW__RUNNING ? hw__now_coarse_ns() : hw__now_ns());
	hw__store_relaxed(&b->h.overflow, plan->overflow);
	hw__store_relaxed(&b->h.results, plan->results);
	hw__copy_out(b->entries, u->new->bytes, plan->inline_bytes);
}

/* Plan the new version, and bring the extents that it needs. */
static int version_plan(struct update *u, const struct hw__version *old, struct hw__plan *plan)
{
	const unsigned char *entries = u->old->bytes + HW__COPY_ENTRIES;
	int error = hw__edit_apply(u->edit, entries, old, u->new, plan);

	if (error)
		return error;
	hw__chain_undo(u->a, &u->brought, u->results_units); /* of an earlier try */
	plan->results = u->results ? u->results : plan->results_inline ? 0 : old->results;
	plan->overflow = 0;
	if (plan->inline_bytes == plan->bytes)
		return 0;
	if (old->overflow && plan->bytes - plan->inline_bytes == old->entries_bytes - old->inline_bytes &&
	    memcmp(u->new->bytes + plan->inline_bytes, entries + old->inline_bytes,
		   plan->bytes - plan->inline_bytes) == 0) {
		plan->overflow = old->overflow; /* unchanged: rides along */
		return 0;
	}
	return hw__chain_write(u->a, u->record->slot, u->new->bytes + plan->inline_bytes,
			       plan->bytes - plan->inline_bytes, u->thorough, &u->brought,
			       &plan->overflow);
}

static int block_bring(struct update *u)
{
	uint64_t ref;

	if (u->block)
		return 0;
	ref = hw__queue_pop(u->a, u->queue, u->thorough);
	if (!ref)
		return -ENOBUFS; /* no block, as told from no extent */
	u->block = hw__unit_own(&u->a->pools[HW__BLOCKS], u->a->member, ref); /* W1 */
	return 0;
}

static void block_retire(const struct update *u, uint64_t ref)
{
	if (hw__unit_retire(&u->a->pools[HW__BLOCKS], u->a->member, ref))
		hw__queue_push(u->a, u->queue, ref);
}

/* One try from one look at the word.  -EAGAIN: something moved. */
static int update_try(struct update *u)
{
	struct hw__slot *slot = &u->a->slots[u->record->slot];
	uint64_t word = hw__load_acquire(&slot->word), ref = hw__word_ref(word); /* R1 */
	unsigned status = u->edit->status ? u->edit->status : HW__RUNNING;
	struct hw__version old;
	struct hw__plan plan;
	int error = status_refusal(word);

	if (!error)
		error = hw__version_copy(u->a, ref, u->old, false, &old); /* never torn input */
	if (!error && u->edit->status)
		hw__slot_counters_read(u->a, u->record->slot, hw__load_relaxed(&slot->owner),
				       u->edit->frozen);
	if (!error)
		error = version_plan(u, &old, &plan);
	if (!error)
		error = drops_gather(u, &old, &plan);
	if (!error)
		error = block_bring(u);
	if (error)
		return error;
	block_fill(u, &old, &plan, status);
	help(&u->a->pools[HW__BLOCKS], u->a->member, ref);
	drops_help(u);
	if (!hw__cas_full(&slot->word, word, hw__word(status, u->block))) /* W3 */
		return -EAGAIN;
	u->block = 0;
	block_retire(u, ref);
	drops_free(u);
	return 0;
}

static int update_in_section(struct update *u)
{
	unsigned backoff = CK_BACKOFF_INITIALIZER;
	int error = 0;

	u->brought.count = u->results_units = 0;
	u->results = u->block = 0;
	if (u->edit->results_chain)
		error = hw__chain_write(u->a, u->record->slot, u->edit->results,
					u->edit->results_length, u->thorough, &u->brought, &u->results);
	u->results_units = u->brought.count;
	for (uint32_t k = 0; !error && (error = update_try(u)) == -EAGAIN && k < TORN_MAX; error = 0, k++)
		ck_backoff_eb(&backoff);
	if (error)
		hw__chain_undo(u->a, &u->brought, 0);
	if (error && u->block) {
		hw__unit_abandon(&u->a->pools[HW__BLOCKS], u->a->member, u->block);
		hw__queue_push(u->a, u->queue, u->block);
	}
	return error;
}

/* A close waits for sections, so that no update is under way when its blocks are swept. */
static int update_once(struct headway_record *r, struct hw__edit *edit, bool thorough)
{
	struct update u = {.record = r, .a = r->attachment, .edit = edit, .thorough = thorough};
	int error = handle_ready(r);

	if (error)
		return error;
	u.queue = hw__queue_get(u.a);
	u.old = hw__scratch(HW__SCRATCH_OLD);
	u.new = hw__scratch(HW__SCRATCH_NEW);
	u.brought.buffer = hw__scratch(HW__SCRATCH_NEW_REFS);
	u.dropped.buffer = hw__scratch(HW__SCRATCH_OLD_REFS);
	if (!u.queue)
		return -ENOMEM;
	hw__rcu_read_lock();
	error = hw__generation(u.a) == u.queue->generation ? update_in_section(&u) : -ESTALE;
	hw__rcu_read_unlock();
	return error;
}

static int update(struct headway_record *r, struct hw__edit *edit)
{
	int error = update_once(r, edit, false);

	for (int round = 0; (error == -ENOSPC || error == -ENOBUFS) && round < ROOM_ROUNDS; round++) {
		enum hw__want want = error == -ENOBUFS ? HW__WANT_BLOCK : HW__WANT_EXTENT;

		error = update_once(r, edit, true);
		if (error != -ENOSPC && error != -ENOBUFS)
			break;
		if (!hw__make_room(r->attachment, want))
			break;
	}
	if (error == -ENOBUFS)
		error = -ENOSPC;
	if (error == -ENOSPC)
		hw__total_add(r->attachment, HW__TOTAL_NO_ROOM, 1);
	if (!error && edit->status)
		hw__total_add(r->attachment, edit->status == HW__FINISHED ? HW__TOTAL_FINISHED
									    : HW__TOTAL_ERRORS, 1);
	return error;
}

/* ---- the calls ------------------------------------------------------------------------------------------ */

static int messages_check(const struct headway_message *messages, size_t count)
{
	if (count && !messages)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (!messages[i].key || !*messages[i].key || !messages[i].value)
			return -EINVAL;
		if (strlen(messages[i].key) > UINT16_MAX || strlen(messages[i].value) > UINT32_MAX)
			return -E2BIG;
	}
	return 0;
}

int headway_update(struct headway_record *r, const struct headway_message *messages, size_t count)
{
	struct hw__edit edit = {.messages = messages, .count = count};
	int error = messages_check(messages, count);

	if (error)
		return error;
	if (!count) {
		error = headway_status(r);
		return error < 0 ? error : error == HEADWAY_RUNNING ? 0 : -EALREADY;
	}
	return update(r, &edit);
}

int headway_message(struct headway_record *r, const char *key, const char *value)
{
	struct headway_message message = {key, value};

	return headway_update(r, &message, 1);
}

/* Compacts into this thread's memory, where it stays until the call is done. */
static int results_take(struct hw__edit *edit, const char *json, size_t length)
{
	struct hw__buffer *buffer = hw__scratch(HW__SCRATCH_JSON);
	size_t compact = 0;

	if (!json)
		return -EINVAL;
	if (length > UINT32_MAX)
		return -E2BIG;
	if (!buffer || !hw__buffer_reserve(buffer, length + 16))
		return -ENOMEM;
	if (hw__json_check(json, length, (char *)buffer->bytes, &compact) != 0)
		return -EINVAL;
	edit->results = (const char *)buffer->bytes;
	edit->results_length = compact;
	return 0;
}

static int results_set(struct headway_record *r, const char *json, size_t length,
		       enum hw__status status)
{
	struct hw__edit edit = {.status = status};
	int error = results_take(&edit, json, length);

	if (error)
		return error;
	edit.results_chain = edit.results_length > HW__RESULTS_INLINE;
	error = update(r, &edit);
	if (error != -EMSGSIZE)
		return error;
	edit.results_chain = true; /* short, but the block is full of other things */
	return update(r, &edit);
}

int headway_results(struct headway_record *r, const char *json, size_t length)
{
	return results_set(r, json, length, 0);
}

int headway_finish_with_results(struct headway_record *r, const char *json, size_t length)
{
	return results_set(r, json, length, HW__FINISHED);
}

int headway_url(struct headway_record *r, const char *url)
{
	struct hw__edit edit = {.url = url};

	if (!url)
		return -EINVAL;
	if (strlen(url) > UINT32_MAX)
		return -E2BIG;
	return update(r, &edit);
}

int headway_finish(struct headway_record *r)
{
	struct hw__edit edit = {.status = HW__FINISHED};

	return update(r, &edit);
}

int headway_error(struct headway_record *r, const char *text)
{
	struct headway_message message = {"Error", text};
	struct hw__edit edit = {.status = HW__ERROR, .messages = &message, .count = text != NULL};

	if (text && strlen(text) > UINT32_MAX)
		return -E2BIG;
	return update(r, &edit);
}

/* A slot that is RETIRING under an open handle still holds its block, and that its status. */
static int retiring_status(const struct hw__attachment *a, uint64_t word)
{
	struct hw__brief brief;
	int error = hw__version_brief(a, hw__word_ref(word), &brief);

	if (error)
		return error;
	return brief.status == HW__FINISHED ? HEADWAY_FINISHED : HEADWAY_ERROR;
}

int headway_status(const struct headway_record *record)
{
	struct headway_record *r = (struct headway_record *)(uintptr_t)record;
	int error = handle_ready(r);
	uint64_t word;

	if (error)
		return error;
	word = hw__load_acquire(r->prefix.word);
	switch (hw__word_status(word)) {
	case HW__RUNNING:
		return HEADWAY_RUNNING;
	case HW__FINISHED:
		return HEADWAY_FINISHED;
	case HW__ERROR:
	case HW__LOST:
		return HEADWAY_ERROR;
	case HW__RETIRING:
		return retiring_status(r->attachment, word);
	}
	return -ESTALE;
}

int headway_counter_slow(struct headway_record *r, int operation, unsigned index, uint64_t n)
{
	int error = handle_ready(r);

	if (!error)
		error = status_refusal(hw__load_relaxed(r->prefix.word));
	if (error)
		return error;
	if (operation == HEADWAY_SLOW_ADD) {
		if (index == 1 || (index > 1 && index - 2 >= r->prefix.counter_count))
			return -EINVAL;
		(void)hw__fetch_add_relaxed(&r->prefix.counters[index], n);
		return 0;
	}
	if (operation == HEADWAY_SLOW_SET && r->prefix.striped)
		return -EINVAL;
	if (operation != HEADWAY_SLOW_SET && operation != HEADWAY_SLOW_TOTAL)
		return -EINVAL;
	hw__store_relaxed(&r->prefix.line[operation == HEADWAY_SLOW_TOTAL], n);
	return 0;
}

/* ---- start ------------------------------------------------------------------------------------------------- */

/* The first version of a record, before it has a slot. */
struct birth {
	struct hw__buffer *entries;
	struct hw__plan plan;
	uint32_t counter_count;
	uint64_t owner, started_ns, total;
	bool striped;
};

static int spec_take(const struct headway_spec *given, struct headway_spec *spec)
{
	memset(spec, 0, sizeof *spec);
	if (!given)
		return 0;
	if (given->size && given->size < offsetof(struct headway_spec, owner_pid))
		return -EINVAL;
	memcpy(spec, given, !given->size || given->size > sizeof *spec ? sizeof *spec : given->size);
	if (spec->flags & ~(unsigned)(HEADWAY_DETACHED | HEADWAY_STRIPED))
		return -EINVAL;
	if ((spec->flags & HEADWAY_DETACHED) && spec->owner_pid)
		return -EINVAL;
	return 0;
}

static int origin_make(const struct hw__attachment *a, const struct headway_spec *spec,
		       struct birth *birth, struct hw__origin *origin)
{
	unsigned flags = spec->flags & HEADWAY_STRIPED ? HW__FLAG_STRIPED : 0;
	int error = 0;

	memset(origin, 0, sizeof *origin);
	origin->started_ns = birth->started_ns = hw__now_coarse_ns();
	origin->ttl_seconds = spec->ttl_seconds;
	if (spec->flags & HEADWAY_DETACHED) {
		birth->owner = hw__owner(HW__OWNER_NONE, flags, 0, 0);
		return 0;
	}
	origin->owner_namespace = (uint32_t)a->pid_namespace;
	if (spec->owner_pid) {
		birth->owner = hw__owner(HW__OWNER_PROCESS, flags, 0, spec->owner_pid);
		origin->owner_pid = spec->owner_pid;
		error = hw__process_look(spec->owner_pid, &origin->owner_start_ticks, origin->command);
		return error;
	}
	birth->owner = hw__owner(HW__OWNER_MEMBER, flags, a->member, a->self.pid);
	origin->owner_pid = a->self.pid;
	origin->owner_start_ticks = a->self.start_ticks;
	memcpy(origin->command, a->self.command, sizeof a->self.command);
	return 0;
}

static int birth_prepare(const struct hw__attachment *a, const struct headway_spec *spec,
			 struct birth *birth)
{
	struct hw__origin origin;
	int error = origin_make(a, spec, birth, &origin);

	birth->entries = hw__scratch(HW__SCRATCH_NEW);
	birth->total = spec->total;
	birth->striped = spec->flags & HEADWAY_STRIPED;
	if (error)
		return error;
	return hw__edit_first(spec, &origin, birth->entries, &birth->plan, &birth->counter_count);
}

static int id_draw(struct hw__attachment *a, struct hw__queue *q, uint32_t slot, struct headway_id *id)
{
	if (q->random_left < 16) {
		if (getrandom(q->random, sizeof q->random, 0) != (ssize_t)sizeof q->random)
			return -EIO;
		q->random_left = sizeof q->random;
	}
	q->random_left -= 16;
	hw__id_make(a, slot, q->random + q->random_left, id);
	return 0;
}

/* The slot is claimed.  Builds and publishes; the caller undoes the claim on failure. */
static int birth_publish(struct update *u, struct birth *birth)
{
	struct hw__slot *slot = &u->a->slots[u->record->slot];
	struct hw__version none = {.rev = 0};
	int error = 0;

	if (birth->plan.inline_bytes < birth->plan.bytes)
		error = hw__chain_write(u->a, u->record->slot,
					birth->entries->bytes + birth->plan.inline_bytes,
					birth->plan.bytes - birth->plan.inline_bytes, u->thorough,
					&u->brought, &birth->plan.overflow);
	if (!error)
		error = block_bring(u);
	if (error)
		return error;
	block_fill(u, &none, &birth->plan, HW__RUNNING);
	hw__store_relaxed(&slot->counters[1], birth->total);
	handle_bind(u->record, birth->owner, birth->counter_count);
	if (!hw__cas_full(&slot->word, hw__word_claim(u->a->member), hw__word(HW__RUNNING, u->block)))
		return -EBADMSG; /* W3; nobody but us may touch a claim */
	u->block = 0;
	return 0;
}

static void birth_undo(struct update *u)
{
	hw__chain_undo(u->a, &u->brought, 0);
	if (u->block) {
		hw__unit_abandon(&u->a->pools[HW__BLOCKS], u->a->member, u->block);
		hw__queue_push(u->a, u->queue, u->block);
	}
	hw__slot_unclaim(u->a, u->record->slot);
}

static int start_once(struct hw__attachment *a, const struct headway_spec *spec, bool thorough,
		      struct headway_record **out)
{
	struct update u = {.a = a, .thorough = thorough, .queue = hw__queue_get(a)};
	struct birth birth = {0};
	struct headway_id id;
	uint32_t slot;
	int error = birth_prepare(a, spec, &birth);

	u.new = birth.entries;
	u.brought.buffer = hw__scratch(HW__SCRATCH_NEW_REFS);
	if (!u.queue || !u.new || !u.brought.buffer)
		return -ENOMEM;
	if (!error)
		error = hw__slot_claim(a, birth.striped, &slot);
	if (error)
		return error == -ENOSPC ? -ENOSR : error; /* no slot, as told from no extent */
	error = id_draw(a, u.queue, slot, &id);
	u.record = error ? NULL : handle_make(a, slot, &id);
	if (!u.record) {
		(void)hw__cas_full(&a->slots[slot].word, hw__word_claim(a->member), 0);
		return error ? error : -ENOMEM;
	}
	hw__slot_dress(a, slot, &id, birth.owner);
	error = birth_publish(&u, &birth);
	if (error) {
		birth_undo(&u);
		hw__attachment_put(a); /* the handle's: the caller holds another */
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
	int error = hw__member_ensure(a);

	if (!error)
		error = start_once(a, spec, false, out);
	for (int round = 0; is_no_room(error) && round < ROOM_ROUNDS; round++) {
		if (!hw__make_room(a, start_want(error, spec)) && round)
			break;
		error = start_once(a, spec, true, out);
	}
	if (!is_no_room(error))
		return error;
	hw__total_add(a, HW__TOTAL_NO_ROOM, 1);
	return -ENOSPC;
}

int headway_start(struct headway_arena *arena, const struct headway_spec *given,
		  struct headway_record **out)
{
	struct headway_spec spec;
	struct hw__attachment *a;
	int error = spec_take(given, &spec);

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
	error = start(a, &spec, out);
	hw__attachment_put(a);
	return error;
}

/* ---- resume, remove ------------------------------------------------------------------------------------------ */

static int resume(struct hw__attachment *a, const struct headway_id *id, struct headway_record **out)
{
	uint32_t slot = hw__id_slot(id), count = 0;
	struct headway_record *r;
	int error = hw__member_ensure(a);

	if (error)
		return error;
	if (!hw__id_is_ours(a, id) || hw__load_relaxed(&a->slots[slot].life) == 0)
		return -ENOENT;
	r = handle_make(a, slot, id);
	if (!r)
		return -ENOMEM;
	hw__slot_pin(a, slot);
	r->prefix.generation = hw__generation(a);
	error = slot_verify(a, slot, id, &count);
	if (error) {
		headway_release(r);
		return error;
	}
	handle_bind(r, hw__load_relaxed(&a->slots[slot].owner), count);
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
	hw__attachment_put(a);
	return error;
}

/* Running with a live owner: not abandoned. */
static int removal_refusal(const struct headway_record *r)
{
	struct hw__attachment *a = r->attachment;
	uint64_t word = hw__load_acquire(r->prefix.word);
	struct hw__brief brief;
	int error;

	if (hw__word_status(word) != HW__RUNNING)
		return 0;
	error = hw__version_brief(a, hw__word_ref(word), &brief);
	if (error)
		return error;
	return hw__owner_alive(a, hw__load_relaxed(&a->slots[r->slot].owner), &brief.origin, true) == 1
		       ? -EBUSY
		       : 0;
}

int headway_remove(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_record *r;
	struct hw__attachment *a;
	uint64_t word;
	uint32_t slot;
	int error = headway_resume(arena, id, &r);

	if (error)
		return error;
	error = removal_refusal(r);
	if (!error)
		error = headway_error(r, "removed");
	a = r->attachment;
	slot = r->slot;
	hw__attachment_ref(a);
	headway_release(r);
	if (!error || error == -EALREADY) {
		word = hw__load_acquire(&a->slots[slot].word);
		error = 0;
		if (hw__status_is_over(hw__word_status(word)) &&
		    hw__load_relaxed(&a->slots[slot].life) == hw__id_life(id) &&
		    hw__slot_retire(a, slot, word) == 0)
			error = -EBUSY;
	}
	hw__attachment_put(a);
	return error;
}
