/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The path of an update of a record whose revision this thread published last, and of which it
 * remembers where the messages are (memo.h): texts in the place of others, a message with a new key
 * behind the entries, an end.
 *
 * While the slot's word is still of that revision, it is written without a walk and without a check
 * of what is read: the places are those of the memo, whatever the block says by now. A text is written
 * into a field that it fits into (entry.h), so that all other bytes are copied as they are; what the
 * block has already, since it is an earlier revision of the same shape, is left alone. Should another
 * writer supersede the block meanwhile, what is copied may be torn, and the swap fails, since a word is
 * never published again; then the update goes the other way.
 *
 * The steps are those of publish.h. Step 3 has nothing to do: this thread published the block that
 * is superseded, so it does not belong to another member. The queue is full, so the block that is
 * written is its oldest, and the superseded one takes that place.
 */
#ifndef HW_KNOWN_PATH_H
#define HW_KNOWN_PATH_H

#include "record/fast_path.h"

#include "base/clock.h"
#include "base/rcu.h"
#include "record/publish.h"
#include "record/splice.h"

#include <string.h>

/* A text, and the known message that it is the next value of. */
struct hw__known_text {
	const struct hw__memo_message *message;
	const char *value;
	size_t length;
};

/* Writes a text into its field, and NULs behind it. Mostly they are in the field's last step. */
static inline __attribute__((always_inline)) void field_write(unsigned char *to, size_t field,
							      const char *value, size_t length)
{
	static const unsigned char zeros[HW__FIELD_STEP];

	if (field - length < HW__FIELD_STEP && field >= HW__FIELD_STEP - 1)
		memcpy(to + field - (HW__FIELD_STEP - 1), zeros, HW__FIELD_STEP);
	else
		memset(to + length, 0, field - length);
	hw__copy(to, value, length);
}

/* What the next revision has that the present one has not. */
struct hw__known_edit {
	const struct hw__known_text *texts;
	size_t count;
	const struct hw__splice *entry; /* a new one; or NULL: texts */
	unsigned status;
};

/* Step 2: the entries that this thread wrote, but for these texts. first: where the first byte may be
 * that differs from what the block has. Whole lines are copied: stores that end at a line's end take
 * less time, and what follows the entries is not looked at. */
static inline __attribute__((always_inline)) void texts_write(struct hw__block *to,
							      const struct hw__block *old,
							      size_t first, size_t used,
							      const struct hw__known_edit *e)
{
	unsigned char stand_in[2][HW__STAND_IN_BYTES(sizeof to->entries)];
	size_t begin = first / HW__LINE * HW__LINE, bytes = hw__whole_lines(used) - begin;
	const unsigned char *from = hw__read_in_place(old->entries + begin, bytes, stand_in[0]);
	unsigned char *lines = hw__write_in_place_begin(to->entries + begin, stand_in[1]);
	const struct hw__known_text *t = e->texts;

	hw__copy(lines, from, bytes);
	/* Of a message that is set twice the last text stays. */
	for (size_t i = 0; i < e->count; i++)
		field_write(lines + t[i].message->at - begin, t[i].message->field, t[i].value,
			    t[i].length);
	hw__write_in_place_end(to->entries + begin, stand_in[1], bytes); /* W2 */
}

/* Step 2: the entries that this thread wrote, and a new one. */
static inline __attribute__((always_inline)) void entry_write(struct hw__block *to,
							      const struct hw__block *old,
							      size_t used,
							      const struct hw__splice *s)
{
	unsigned char stand_in[2][HW__STAND_IN_BYTES(sizeof to->entries)];
	const unsigned char *from = hw__read_in_place(old->entries, used, stand_in[0]);
	unsigned char *lines = hw__write_in_place_begin(to->entries, stand_in[1]);

	hw__splice_write(lines, from, used, s);
	hw__write_in_place_end(to->entries, stand_in[1], hw__splice_bytes(used, s)); /* W2 */
}

static inline __attribute__((always_inline)) void
known_write(struct hw__block *to, const struct hw__block *old, uint32_t slot,
	    const struct hw__memo *memo, uint64_t shape, const struct hw__known_edit *e)
{
	size_t used = memo->used, first = memo->message[0].at;

	if (e->entry) {
		hw__block_head_shape(to, old, slot, hw__splice_bytes(used, e->entry), e->status);
		entry_write(to, old, used, e->entry);
	} else {
		if (shape != memo->shape) {
			hw__block_head_shape(to, old, slot, used, HW__RUNNING);
			first = 0;
		}
		texts_write(to, old, first, used, e);
	}
	hw__block_head_next(to, old, hw__wall_coarse_ns());
}

/* Inside a section of this membership: the slot's word; 0: another writer's swap came first. */
static inline __attribute__((always_inline)) uint64_t
known_publish(const struct hw__attachment *a, uint32_t slot, struct hw__queue *queue,
	      const struct hw__memo *memo, const struct hw__known_edit *e)
{
	uint64_t word = memo->word, old_ref = hw__word_block(word), next;
	uint64_t ref = queue->ref[queue->head];
	const struct hw__block *old = hw__block_at(a, hw__ref_index(old_ref));
	struct hw__block *to = hw__block_at(a, hw__ref_index(ref));
	unsigned pauses = HW__PAUSES_FIRST;

	ref = hw__state_own(&to->h.state, a->member, ref); /* W1 */
	known_write(to, old, slot, memo, queue->shape[queue->head], e);
	next = hw__publish_word(word, e->status, ref);
	if (!hw__publish_swap(a, slot, word, next)) { /* W3 */
		hw__chunk_abandon(&a->pools[HW__BLOCKS], a->member, ref);
		queue->ref[queue->head] = ref;
		hw__back_off(&pauses);
		return 0;
	}
	if (hw__publish_retire(a, slot, old_ref))
		hw__queue_exchange(queue, old_ref, memo->shape);
	else
		(void)hw__queue_oldest(queue);
	return next;
}

/* The slot's word; 0: nothing was done. */
static inline __attribute__((always_inline)) uint64_t
hw__known_update(struct headway_record *r, struct hw__queue *queue, const struct hw__memo *memo,
		 const struct hw__known_edit *e)
{
	uint32_t call = 0;
	uint64_t next = 0;

	if (!hw__rcu_read_lock())
		return 0;
	if (queue->generation && hw__load_acquire(r->prefix.generation_now) == queue->generation &&
	    (!r->foreign || hw__handle_watch(r, &call) == 0)) {
		next = known_publish(r->attachment, r->slot, queue, memo, e);
		if (r->foreign)
			hw__handle_watch_end(r, call);
	}
	hw__rcu_read_unlock();
	return next;
}

/* The memo of the record's present revision; NULL: this thread knows nothing of it. */
static inline __attribute__((always_inline)) struct hw__memo *
hw__known_memo(const struct headway_record *r, struct hw__queue *queue)
{
	struct hw__memo *memo;
	uint64_t word;

	if (!queue || !queue->count || queue->count < queue->capacity)
		return NULL; /* a queue that is not full takes blocks from the pool first */
	memo = &queue->memo[r->slot % HW__MEMOS];
	/* The compiler would compute this address again at each use, a sixteenth of all instructions. */
	__asm__("" : "+r"(memo));
	word = hw__load_relaxed(r->prefix.word); /* what it names is of this thread's own writing */
	return memo->word == word && hw__word_status(word) == HW__RUNNING ? memo : NULL;
}

/* ---- texts of known messages ------------------------------------------------------------------ */

/* False: the message's place is not known, or the text does not fit there. key_length: as
 * hw__memo_key_is(). */
static inline __attribute__((always_inline)) bool hw__known_find(struct hw__memo *memo,
								 const char *key, size_t key_length,
								 const char *value, size_t length,
								 struct hw__known_text *text)
{
	*text = (struct hw__known_text){hw__memo_find(memo, key, key_length), value, length};
	return text->message && text->message->field - length < HW__SLACK_MAX;
}

/* At least one text. False: nothing was done. */
static inline __attribute__((always_inline)) bool
hw__known_texts(struct headway_record *r, struct hw__queue *queue, struct hw__memo *memo,
		const struct hw__known_text *texts, size_t count)
{
	const struct hw__known_edit edit = {.texts = texts, .count = count, .status = HW__RUNNING};
	uint64_t next = hw__known_update(r, queue, memo, &edit);

	if (next)
		hw__memo_follow(memo, next);
	return next != 0;
}

/* ---- a new entry ------------------------------------------------------------------------------ */

/* A message goes behind the entries, if the revision is known to have none with its key. */
static inline bool hw__known_append(struct headway_record *r, const struct hw__message *m)
{
	struct hw__queue *queue = hw__queue_of_handle(r);
	struct hw__memo *memo = hw__known_memo(r, queue);
	size_t field = m->value_length | (HW__FIELD_STEP - 1);
	struct hw__splice entry = {.header = HW__NEW_ENTRY,
				   .kind = HW__ENTRY_MESSAGE,
				   .key = m->key,
				   .key_length = m->key_length,
				   .value = m->value,
				   .value_length = m->value_length,
				   .field = field};
	const struct hw__known_edit edit = {.entry = &entry, .status = HW__RUNNING};
	uint64_t next;

	if (!memo || !hw__memo_lacks(memo, m->key, m->key_length))
		return false;
	entry.prefix = entry.suffix = memo->used;
	if (hw__splice_bytes(memo->used, &entry) > HW__FAST_BYTES - HW__SLACK_MAX)
		return false; /* the block is nearly full */
	next = hw__known_update(r, queue, memo, &edit);
	if (!next)
		return false;
	hw__memo_append(memo, m->key, m->key_length, field);
	memo->shape = ++queue->shapes;
	memo->word = next;
	return true;
}

/* The bytes of the first entry, which is the origin. 0: it is not, or the block is written anew. */
static inline size_t origin_bytes(const struct hw__block *block, size_t used)
{
	unsigned char stand_in[HW__STAND_IN_BYTES(sizeof(struct hw__entry))];
	struct hw__entry e;
	size_t bytes;

	return hw__entry_at(hw__read_in_place(block->entries, sizeof e, stand_in), used, 0, &e,
			    &bytes) &&
			       e.kind == HW__ENTRY_ORIGIN && !e.key_length
		       ? bytes
		       : 0;
}

/* The frozen entry goes after the origin, and the record is over. */
static inline bool hw__known_end(struct headway_record *r, unsigned status)
{
	struct hw__queue *queue = hw__queue_of_handle(r);
	struct hw__memo *memo = hw__known_memo(r, queue);
	const struct hw__attachment *a = r->attachment;
	struct hw__frozen frozen;
	struct hw__splice entry = {.header = HW__NEW_ENTRY,
				   .kind = HW__ENTRY_FROZEN,
				   .value = &frozen,
				   .value_length = HW__FROZEN_BYTES(r->prefix.counter_count),
				   .field = HW__FROZEN_BYTES(r->prefix.counter_count)};
	const struct hw__known_edit edit = {.entry = &entry, .status = status};

	if (!memo)
		return false;
	entry.prefix = entry.suffix =
		origin_bytes(hw__block_at(a, hw__ref_index(hw__word_ref(memo->word))), memo->used);
	if (!entry.prefix)
		return false;
	hw__slot_counters_read(a, r->slot, r->owner, frozen.counters);
	frozen.ended_boot_ns = hw__ended_boot_ns(a, r->origin.time_namespace);
	if (!hw__known_update(r, queue, memo, &edit))
		return false;
	hw__end_count(a, status);
	return true;
}

#endif
