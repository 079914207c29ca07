/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast path of an update: a few messages, an end, or both, of a record whose entries all lie in its
 * block.
 *
 * Each of these changes is one splice of the entries: an entry takes the place of another, or comes
 * between two. So the next revision is written straight from the current block to the new one by the
 * first of them, without a private copy; the others are made in the new block. The steps are those of
 * publish.h. Every other update takes the general path, update.c.
 *
 * While the current block is read, another writer may supersede it and write it anew. So nothing
 * that is read from it is trusted:
 *   - used_bytes is loaded once, and at most BYTES_MOST bytes of the entries are read;
 *   - each entry's header is loaded once, by one load of 8 bytes, and its lengths are checked against
 *     what is left of used_bytes before its key or value is read (hw__entry_at);
 *   - what a splice refers to lies in the bytes so checked, and its size is bounded before it is written
 *     to the new block, which nobody else looks at. There the next splice checks what it reads again.
 *
 * Whatever the bytes were, all reads and writes stay inside the two blocks. Before the swap the
 * version of the current block is compared (R2, with W1): bytes that were written anew are never
 * published.
 */
#include "record/fast_path.h"

#include "record/publish.h"
#include "record/splice.h"
#include "base/rcu.h"

#include <string.h>

enum { TRIES = 4, USE_GENERAL_PATH = 1, BYTES_MOST = HW__FAST_BYTES };

/* The changes: messages; then an end, unless the status is HW__RUNNING. At least one. */
struct simple_edit {
	const struct hw__message *messages;
	size_t count;
	unsigned status;
};

/* Is this the entry of the message's key? hw__entry_at() has checked it. With the same kind and key
 * length, the m->key_length bytes after the header are the key. */
static inline bool has_key(const unsigned char *entries, size_t at, const struct hw__entry *e,
			   const struct hw__message *m)
{
	struct hw__entry wanted = {HW__ENTRY_MESSAGE, (uint16_t)m->key_length, 0};

	return memcmp(e, &wanted, offsetof(struct hw__entry, value_length)) == 0 &&
	       memcmp(entries + at + sizeof *e, m->key, m->key_length) == 0;
}

/* The offset of the entry with the message's key; *step is its size. If there is none, *step is 0,
 * and the offset is used; or a smaller one, at which no valid entry begins. */
static inline size_t message_find(const unsigned char *entries, size_t used,
				  const struct hw__message *m, size_t *step)
{
	struct hw__entry e;
	size_t at;

	for (at = 0; hw__entry_at(entries, used, at, &e, step); at += *step)
		if (has_key(entries, at, &e, m))
			return at;
	*step = 0;
	return at;
}

/* The message replaces the one with its key, or is appended. */
static inline bool message_splice(const unsigned char *entries, size_t used,
				  const struct hw__message *m, struct hw__splice *s)
{
	size_t step, at = message_find(entries, used, m, &step);

	s->value = m->value;
	s->value_length = m->value_length;
	s->field = m->value_length | (HW__FIELD_STEP - 1);
	if (step) {
		s->header = at;
		s->prefix = at + sizeof(struct hw__entry) + m->key_length + 1;
		s->suffix = at + step; /* <= used */
		return true;
	}
	s->header = HW__NEW_ENTRY;
	s->kind = HW__ENTRY_MESSAGE;
	s->key = m->key;
	s->key_length = m->key_length;
	s->prefix = s->suffix = at;
	return at == used;
}

/* The frozen entry with time and counters goes after the origin, which comes first. */
static bool end_splice(const struct headway_record *r, const unsigned char *entries, size_t used,
		       struct hw__frozen *frozen, struct hw__splice *s)
{
	const size_t namespace_at = sizeof(struct hw__entry) + 1 +
				    offsetof(struct hw__origin, time_namespace);
	struct hw__entry e;
	size_t step;

	/* The value has HW__ORIGIN_BYTES bytes before used, so the eight bytes at namespace_at do,
	 * too. */
	if (!hw__entry_at(entries, used, 0, &e, &step) || e.kind != HW__ENTRY_ORIGIN ||
	    e.key_length || e.value_length < HW__ORIGIN_BYTES)
		return false;
	frozen->ended_boot_ns = hw__ended_boot_ns(
		r->attachment, (uint32_t)hw__load_unaligned(entries + namespace_at));
	s->header = HW__NEW_ENTRY;
	s->kind = HW__ENTRY_FROZEN;
	s->key_length = 0;
	s->value = frozen;
	s->value_length = s->field = HW__FROZEN_BYTES(r->prefix.counter_count);
	s->prefix = s->suffix = step;
	return true;
}

static inline void head_write(struct hw__block *to, const struct hw__block *old, size_t bytes,
			      unsigned status)
{
	uint64_t now = hw__wall_coarse_ns();
	struct hw__block_head head;

	hw__block_head_load(&head, old); /* home, id and the chain of results are kept */
	head.used_bytes = (uint16_t)bytes;
	head.status = (uint16_t)status;
	head.rev++;
	head.changed_ns = now;
	hw__block_head_store(to, &head);
}

/* Change k of the edit, as a splice of these entries. False: it takes the general path. */
static inline bool edit_splice(const struct headway_record *r, const struct simple_edit *c,
			       size_t k, const unsigned char *entries, size_t used,
			       struct hw__frozen *frozen, struct hw__splice *s)
{
	const struct hw__attachment *a = r->attachment;

	if (k < c->count) {
		if (c->messages[k].value_length > BYTES_MOST ||
		    !message_splice(entries, used, &c->messages[k], s))
			return false;
		if (hw__splice_bytes(used, s) > BYTES_MOST - HW__SLACK_MAX)
			s->field = s->value_length; /* no slack in a block that is nearly full */
		return hw__splice_bytes(used, s) <= BYTES_MOST;
	}
	hw__slot_counters_read(a, r->slot, hw__load_relaxed(&a->slots[r->slot].owner),
			       frozen->counters);
	return end_splice(r, entries, used, frozen, s);
}

/* What was written: how many bytes, and up to where they are the old ones. */
struct written {
	size_t bytes, first;
};

/* Step 2: writes the next revision, beginning with this splice of the old entries. used: number of
 * their bytes, which are checked. False: another change takes the general path. */
static inline __attribute__((always_inline)) bool
revision_write(const struct headway_record *r, struct hw__block *to, const struct hw__block *old,
	       const unsigned char *entries, size_t used, const struct simple_edit *c,
	       struct hw__splice *s, struct hw__frozen *frozen, struct written *w)
{
	unsigned char stand_in[HW__STAND_IN_BYTES(sizeof to->entries)];
	unsigned char *lines = hw__write_in_place_begin(to->entries, stand_in);
	size_t changes = c->count + (c->status != HW__RUNNING);

	hw__splice_write(lines, entries, used, s);
	*w = (struct written){hw__splice_bytes(used, s), s->prefix};
	for (size_t k = 1; k < changes; k++) {
		if (!edit_splice(r, c, k, lines, w->bytes, frozen, s))
			return false;
		hw__splice_write(lines, lines, w->bytes, s);
		w->bytes = hw__splice_bytes(w->bytes, s);
		w->first = s->prefix < w->first ? s->prefix : w->first;
	}
	head_write(to, old, w->bytes, c->status);
	hw__write_in_place_end(to->entries, stand_in, w->bytes); /* W2: all stores come before W3 */
	return true;
}

static bool has_short_key(const struct simple_edit *c)
{
	for (size_t k = 0; k < c->count; k++)
		if (c->messages[k].key_length < HW__MEMO_KEY)
			return true;
	return false;
}

/* Before messages are published whose places were not known: what the memo will know of them. The
 * places are learned if this thread published the current revision, too, so that another writer of
 * the record does not make it learn for nothing. */
static void memo_prepare(struct hw__queue *queue, struct hw__memo *memo, uint64_t word,
			 const struct simple_edit *c, const struct hw__block *block,
			 const struct written *w)
{
	unsigned char stand_in[HW__STAND_IN_BYTES(sizeof block->entries)];
	uint32_t last = memo->count - 1;

	if (memo->word == word && memo->count == HW__MEMO_MESSAGES &&
	    w->first > (size_t)memo->message[last].at + memo->message[last].field)
		hw__memo_keep(memo, w->bytes); /* they lie behind those that are known */
	else if (memo->word == word && has_short_key(c))
		hw__memo_learn(memo, hw__read_in_place(block->entries, w->bytes, stand_in),
			       w->bytes);
	else
		hw__memo_forget(memo, w->bytes);
	memo->shape = ++queue->shapes;
	memo->word = 0;
}

/* ---- tries ------------------------------------------------------------------------------------ */

/* One try: 0, -EAGAIN (another writer's swap came first), or USE_GENERAL_PATH. */
static inline __attribute__((always_inline)) int
fast_try(struct hw__publication *p, const struct headway_record *r, const struct simple_edit *edit)
{
	const struct hw__attachment *a = p->a;
	uint64_t word = hw__load_acquire(&a->slots[p->slot].word),
		 ref = hw__word_ref(word); /* R1 */
	unsigned char stand_in[HW__STAND_IN_BYTES(HW__INLINE_BYTES)];
	struct hw__memo *memo = &p->queue->memo[p->slot % HW__MEMOS];
	struct hw__splice splice = {.key = NULL, .key_length = 0};
	struct written written;
	const unsigned char *entries;
	const struct hw__block *old;
	struct hw__frozen frozen;
	struct hw__block *to;
	uint64_t next;
	size_t used;
	int error;

	if (hw__word_status(word) != HW__RUNNING || hw__ref_index(ref) >= a->geometry.blocks)
		return USE_GENERAL_PATH;
	old = hw__block_at(a, hw__ref_index(ref));
	used = hw__block_used_bytes(old);
	if (used > BYTES_MOST || hw__load_relaxed(&old->h.overflow))
		return USE_GENERAL_PATH;
	entries = hw__read_in_place(old->entries, used, stand_in);
	if (!edit_splice(r, edit, 0, entries, used, &frozen, &splice) ||
	    hw__publish_take_block(p) != 0)
		return USE_GENERAL_PATH;
	if (hw__ref_index(p->block) == hw__ref_index(ref))
		return -EAGAIN; /* it was superseded and freed, and is now in this thread's queue */
	to = hw__block_at(a, hw__ref_index(p->block));
	if (!revision_write(r, to, old, entries, used, edit, &splice, &frozen, &written))
		return USE_GENERAL_PATH;
	if (!hw__version_is(&old->h.state, ref)) /* R2: all was read before this load */
		return -EAGAIN;
	if (edit->status == HW__RUNNING)
		memo_prepare(p->queue, memo, word, edit, to, &written);
	next = hw__publish_word(word, edit->status, p->block);
	error = hw__publish(p, word, edit->status);
	if (!error && edit->status == HW__RUNNING)
		memo->word = next;
	return error;
}

static inline __attribute__((always_inline)) int fast_update(struct headway_record *r,
							     const struct simple_edit *edit)
{
	struct hw__publication p = {
		.a = r->attachment, .queue = hw__queue_of_handle(r), .slot = r->slot};
	unsigned pauses = HW__PAUSES_FIRST;
	int error = USE_GENERAL_PATH;
	uint32_t call = 0;

	if (!p.queue || !hw__rcu_read_lock())
		return USE_GENERAL_PATH;
	if (p.queue->generation && hw__generation(p.a) == p.queue->generation &&
	    (!r->foreign || hw__handle_watch(r, &call) == 0)) {
		for (int k = 0; k < TRIES; k++) {
			error = fast_try(&p, r, edit);
			if (error != -EAGAIN)
				break;
			hw__back_off(&pauses);
		}
		hw__publish_abandon(&p);
		if (r->foreign)
			hw__handle_watch_end(r, call);
	}
	hw__rcu_read_unlock();
	return error;
}

/* ---- calls ------------------------------------------------------------------------------------ */

static __attribute__((noinline)) int general_update(struct headway_record *r,
						    const struct simple_edit *c)
{
	struct hw__edit edit = {.messages = c->messages,
				.count = c->count,
				.status = c->status == HW__RUNNING ? 0 : c->status};

	return hw__update(r, &edit);
}

int hw__fast_update(struct headway_record *r, const struct hw__message *messages, size_t count,
		    unsigned status)
{
	const struct simple_edit edit = {messages, count, status};

	if (fast_update(r, &edit) != 0)
		return general_update(r, &edit);
	hw__end_count(r->attachment, status);
	return 0;
}
