/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quick updates: the changes that are made most often, of a record that lies in its block alone.
 *
 * A message that is set, and an end, are one splice: an entry comes in the place of another, or between
 * two.  So the next version is put together from pieces of the present block, straight from block to
 * block.  Steps, order, and what is left when killed are those of update.c; whatever is out of the ordinary
 * goes that way.
 *
 * The present block may be written anew while it is walked.  Each length is loaded once and
 * checked against the bytes that are left, so a torn walk ends; the look at the version after it (R2, with
 * W1) finds it out, before anything that it led to is believed.
 */
#include "update.h"

#include "rcu.h"

#include <ck_backoff.h>
#include <string.h>

enum {
	TRIES = 4,
	USE_GENERAL_PATH = 1,        /* for the general way */
	NEW_ENTRY = HW__BLOCK_BYTES, /* no offset */
	/* Entries that leave room for whatever is frozen at the end. */
	BYTES_MOST = HW__INLINE_BYTES - HW__ENTRY_OVERHEAD - sizeof(struct hw__frozen)
};

/* What is to change: a message, or the status. */
struct simple_edit {
	const struct hw__message *message;
	unsigned status;
};

/*
 * The old entries up to keep, then one that is new, then the old ones from after on.  Where a message is
 * replaced its header and key are kept, and the header is told the new length.
 */
struct splice {
	size_t keep, after;
	size_t header; /* of the message that is replaced; or NEW_ENTRY */
	enum hw__entry_kind kind;
	const char *key;
	size_t key_length;
	const void *value;
	size_t value_length;
};

static size_t splice_bytes(size_t used, const struct splice *s)
{
	size_t bytes = s->value_length +
		       (s->header == NEW_ENTRY ? HW__ENTRY_OVERHEAD + s->key_length : 1);

	return s->keep + bytes + used - s->after;
}

/* The entry at an offset; false at the end, or where a length is not true. */
static inline bool entry_at(const unsigned char *entries, size_t used, size_t at,
			    struct hw__entry *e, size_t *step)
{
	uint64_t word;

	if (used - at < HW__ENTRY_OVERHEAD)
		return false;
	word = hw__load_unaligned(entries + at);
	memcpy(e, &word, sizeof *e);
	*step = HW__ENTRY_OVERHEAD + (size_t)e->key_length + e->value_length;
	return *step <= used - at;
}

/* In the place of the message with that key, or else at the end. */
static inline bool message_splice(const unsigned char *entries, size_t used,
				  const struct hw__message *m, struct splice *s)
{
	struct hw__entry e, wanted = {HW__ENTRY_MESSAGE, (uint16_t)m->key_length, 0};
	size_t at = 0, step;

	s->value = m->value;
	s->value_length = m->value_length;
	for (; entry_at(entries, used, at, &e, &step); at += step) {
		if (memcmp(&e, &wanted, offsetof(struct hw__entry, value_length)) != 0 ||
		    memcmp(entries + at + sizeof e, m->key, m->key_length) != 0)
			continue;
		s->header = at;
		s->keep = at + sizeof e + m->key_length + 1;
		s->after = at + step;
		return true;
	}
	s->header = NEW_ENTRY;
	s->kind = HW__ENTRY_MESSAGE;
	s->key = m->key;
	s->key_length = m->key_length;
	s->keep = s->after = at;
	return at == used;
}

/* Counters and time are frozen behind the origin, which comes first. */
static bool end_splice(const struct headway_record *r, const unsigned char *entries, size_t used,
		       struct hw__frozen *frozen, struct splice *s)
{
	const size_t namespace_at = sizeof(struct hw__entry) + 1 +
				    offsetof(struct hw__origin, time_namespace);
	struct hw__entry e;
	size_t step;

	if (!entry_at(entries, used, 0, &e, &step) || e.kind != HW__ENTRY_ORIGIN || e.key_length ||
	    e.value_length < HW__ORIGIN_BYTES)
		return false;
	frozen->ended_boot_ns = hw__ended_boot_ns(
		r->attachment, (uint32_t)hw__load_unaligned(entries + namespace_at));
	s->header = NEW_ENTRY;
	s->kind = HW__ENTRY_FROZEN;
	s->key_length = 0;
	s->value = frozen;
	s->value_length = HW__FROZEN_BYTES(r->prefix.counter_count);
	s->keep = s->after = step;
	return true;
}

static inline void splice_write(unsigned char *to, const unsigned char *entries, size_t used,
				const struct splice *s)
{
	unsigned char *at = to + s->keep;
	uint32_t length = (uint32_t)s->value_length;

	hw__copy(to, entries, s->keep);
	if (s->header == NEW_ENTRY) {
		at = hw__entry_put(at, s->kind, s->key, s->key_length, s->value, s->value_length);
	} else {
		memcpy(to + s->header + offsetof(struct hw__entry, value_length), &length,
		       sizeof length);
		hw__copy(at, s->value, s->value_length);
		at += s->value_length;
		*at++ = '\0';
	}
	hw__copy(at, entries + s->after, used - s->after);
}

/* All but the state. */
static inline void block_write(struct hw__block *to, const struct hw__block *from,
			       const unsigned char *entries, size_t used, const struct splice *s,
			       unsigned status)
{
	uint64_t *word = (uint64_t *)(void *)&to->h;
	const uint64_t *old = (const uint64_t *)(const void *)&from->h;
	uint64_t bytes = splice_bytes(used, s), home = (uint32_t)hw__load_relaxed(old + 1);
	unsigned char private[HW__STAND_IN_BYTES(sizeof to->entries)];

	hw__store_relaxed(word + 1, home | bytes << 32 | (uint64_t)status << 48);
	hw__store_relaxed(word + 2, hw__load_relaxed(old + 2) + 1); /* rev */
	hw__store_relaxed(word + 3, hw__load_relaxed(old + 3));     /* id */
	hw__store_relaxed(word + 4, hw__load_relaxed(old + 4));
	hw__store_relaxed(word + 5, hw__wall_coarse_ns());      /* changed_ns */
	hw__store_relaxed(word + 6, 0);                         /* overflow */
	hw__store_relaxed(word + 7, hw__load_relaxed(old + 7)); /* results ride along */
	splice_write(hw__write_in_place_begin(to->entries, private), entries, used, s);
	hw__write_in_place_end(to->entries, private, bytes);
}

static inline bool edit_splice(const struct headway_record *r, const struct simple_edit *c,
			       const unsigned char *entries, size_t used, struct hw__frozen *frozen,
			       struct splice *s)
{
	const struct hw__attachment *a = r->attachment;

	if (c->message)
		return c->message->value_length <= BYTES_MOST &&
		       message_splice(entries, used, c->message, s) &&
		       splice_bytes(used, s) <= BYTES_MOST;
	hw__slot_counters_read(a, r->slot, hw__load_relaxed(&a->slots[r->slot].owner),
			       frozen->counters);
	return end_splice(r, entries, used, frozen, s);
}

static inline bool block_bring(struct hw__attachment *a, struct hw__queue *queue, uint64_t *block)
{
	uint64_t ref;

	if (*block)
		return true;
	ref = hw__queue_pop(a, queue, false);
	if (ref)
		*block = hw__chunk_own(&a->pools[HW__BLOCKS], a->member, ref); /* W1 */
	return ref != 0;
}

/* One try: 0, -EAGAIN (another was faster), or USE_GENERAL_PATH. */
static inline __attribute__((always_inline)) int fast_try(struct headway_record *r,
							  struct hw__queue *queue, uint64_t *block,
							  const struct simple_edit *c)
{
	struct hw__attachment *a = r->attachment;
	struct hw__pool *pool = &a->pools[HW__BLOCKS];
	uint64_t *at = &a->slots[r->slot].word, word = hw__load_acquire(at); /* R1 */
	uint64_t ref = hw__word_ref(word), state;
	struct hw__frozen frozen;
	unsigned char private[HW__STAND_IN_BYTES(HW__INLINE_BYTES)];
	const unsigned char *entries;
	const struct hw__block *old;
	struct splice s = {.key = NULL, .key_length = 0};
	size_t used;

	if (hw__word_status(word) != HW__RUNNING || hw__ref_index(ref) >= pool->count)
		return USE_GENERAL_PATH;
	old = hw__block_at(a, hw__ref_index(ref));
	used = hw__load_relaxed((const uint64_t *)(const void *)&old->h.home) >> 32 & 0xffff;
	if (used > BYTES_MOST || hw__load_relaxed(&old->h.overflow))
		return USE_GENERAL_PATH;
	entries = hw__read_in_place(old->entries, used, private);
	if (!edit_splice(r, c, entries, used, &frozen, &s) || !block_bring(a, queue, block))
		return USE_GENERAL_PATH;
	if (hw__ref_index(*block) == hw__ref_index(ref))
		return -EAGAIN; /* superseded meanwhile, freed, and ours by now */
	block_write(hw__block_at(a, hw__ref_index(*block)), old, entries, used, &s, c->status);
	hw__fence_load(); /* R2, with W1: all was read before this look at the version */
	state = hw__load_relaxed(&old->h.state);
	if (hw__version(state) != hw__version(ref))
		return -EAGAIN; /* never publish what was made from torn input */
	if (hw__state_member(state) != a->member)
		hw__chunk_help(pool, ref, state);
	if (!hw__cas_full(at, word, hw__word(c->status, *block))) /* W3 */
		return -EAGAIN;
	*block = 0;
	if (hw__slot_retire_block(a, r->slot, ref))
		hw__queue_push(a, queue, ref);
	return 0;
}

/* This thread's queue, if it is that of the handle's membership. */
static struct hw__queue *queue_of_handle(const struct headway_record *r)
{
	struct hw__thread *t = hw__thread_self;
	struct hw__queue *queue = t ? t->queues : NULL;

	return queue && queue->generation == hw__load_acquire(&r->prefix.generation) ? queue : NULL;
}

static inline __attribute__((always_inline)) int fast_update(struct headway_record *r,
							     const struct simple_edit *c)
{
	struct hw__queue *queue = queue_of_handle(r);
	unsigned backoff = CK_BACKOFF_INITIALIZER;
	uint64_t block = 0;
	int error = USE_GENERAL_PATH;

	if (!queue || !hw__rcu_read_lock())
		return USE_GENERAL_PATH;
	if (queue->generation && hw__generation(r->attachment) == queue->generation)
		for (int k = 0; k < TRIES; k++) {
			error = fast_try(r, queue, &block, c);
			if (error != -EAGAIN)
				break;
			ck_backoff_eb(&backoff);
		}
	if (block) {
		hw__chunk_abandon(&r->attachment->pools[HW__BLOCKS], r->attachment->member, block);
		hw__queue_push(r->attachment, queue, block);
	}
	hw__rcu_read_unlock();
	return error;
}

static __attribute__((noinline)) int general_message(struct headway_record *r,
						     const struct hw__message *m)
{
	struct hw__edit edit = {.messages = m, .count = 1};

	return hw__update(r, &edit);
}

int hw__update_message(struct headway_record *r, const struct hw__message *m)
{
	struct simple_edit c = {.message = m, .status = HW__RUNNING};

	return fast_update(r, &c) == 0 ? 0 : general_message(r, m);
}

static __attribute__((noinline)) int general_finish(struct headway_record *r)
{
	struct hw__edit edit = {.status = HW__FINISHED};

	return hw__update(r, &edit);
}

int hw__update_finish(struct headway_record *r)
{
	struct simple_edit c = {.status = HW__FINISHED};

	if (!r || fast_update(r, &c) != 0)
		return general_finish(r);
	hw__total_add(r->attachment, HW__TOTAL_FINISHED, 1);
	return 0;
}
