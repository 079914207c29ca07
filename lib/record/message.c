/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * headway_message(), headway_message_n() and headway_update(), and the path of known messages, whose
 * places this thread remembers from the revision that it published last of the record (memo.h).
 *
 * While the slot's word is still of that one, texts are replaced without a walk and without a check
 * of what is read: the places are those of the memo, whatever the block says by now. Each is a field that
 * its text fits into (entry.h), so that all other bytes are copied as they are; what the block has
 * already, since it is an earlier revision of the same shape, is left alone. Should another writer
 * supersede the block meanwhile, what is copied may be torn, and the swap fails, since a word is
 * never published again; then the messages go the other way.
 *
 * The steps are those of publish.h. Step 3 has nothing to do: this thread published the block that
 * is superseded, so it does not belong to another member. The queue is full, so the block that is
 * written is its oldest, and the superseded one takes that place.
 */
#include "record/fast_path.h"

#include "base/clock.h"
#include "base/rcu.h"
#include "record/publish.h"

#include <string.h>

/* A text, and the known message that it is the next value of. */
struct known_text {
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

/* Step 2: the entries that this thread wrote, but for these texts. first: where the first byte may be
 * that differs from what the block has. Whole lines are copied: stores that end at a line's end take
 * less time, and what follows the entries is not looked at. */
static inline __attribute__((always_inline)) void
known_write(struct hw__block *to, const struct hw__block *old, size_t first, size_t used,
	    const struct known_text *texts, size_t count)
{
	unsigned char stand_in[2][HW__STAND_IN_BYTES(sizeof to->entries)];
	size_t begin = first / HW__LINE * HW__LINE, bytes = hw__whole_lines(used) - begin;
	const unsigned char *from = hw__read_in_place(old->entries + begin, bytes, stand_in[0]);
	unsigned char *lines = hw__write_in_place_begin(to->entries + begin, stand_in[1]);

	hw__copy(lines, from, bytes);
	for (size_t i = 0; i < count; i++) /* of a message that is set twice the last text stays */
		field_write(lines + texts[i].message->at - begin, texts[i].message->field,
			    texts[i].value, texts[i].length);
	hw__write_in_place_end(to->entries + begin, stand_in[1], bytes); /* W2 */
}

/* Inside a section of this membership. False: another writer's swap came first. */
static inline __attribute__((always_inline)) bool
known_publish(const struct hw__attachment *a, uint32_t slot, struct hw__queue *queue,
	      struct hw__memo *memo, const struct known_text *texts, size_t count)
{
	uint64_t word = memo->word, old_ref = hw__word_ref(word), next;
	uint64_t ref = queue->ref[queue->head];
	const struct hw__block *old = hw__block_at(a, hw__ref_index(old_ref));
	struct hw__block *to = hw__block_at(a, hw__ref_index(ref));
	size_t first = memo->message[0].at;
	unsigned pauses = HW__PAUSES_FIRST;

	ref = hw__state_own(&to->h.state, a->member, ref); /* W1 */
	if (queue->shape[queue->head] != memo->shape) {
		hw__block_head_shape(to, old);
		first = 0;
	}
	known_write(to, old, first, memo->used, texts, count);
	hw__block_head_next(to, old, hw__wall_coarse_ns());
	next = hw__publish_word(word, HW__RUNNING, ref);
	if (!hw__publish_swap(a, slot, word, next)) { /* W3 */
		hw__chunk_abandon(&a->pools[HW__BLOCKS], a->member, ref);
		queue->ref[queue->head] = ref;
		hw__back_off(&pauses);
		return false;
	}
	if (hw__publish_retire(a, slot, old_ref))
		hw__queue_exchange(queue, old_ref, memo->shape);
	else
		(void)hw__queue_oldest(queue);
	hw__memo_follow(memo, next, texts[count - 1].message);
	return true;
}

/* False: nothing was done. */
static inline __attribute__((always_inline)) bool
known_update(struct headway_record *r, struct hw__queue *queue, struct hw__memo *memo,
	     const struct known_text *texts, size_t count)
{
	uint32_t call = 0;
	bool done = false;

	if (!hw__rcu_read_lock())
		return false;
	if (queue->generation && hw__load_acquire(r->prefix.generation_now) == queue->generation &&
	    (!r->foreign || hw__handle_watch(r, &call) == 0)) {
		done = known_publish(r->attachment, r->slot, queue, memo, texts, count);
		if (r->foreign)
			hw__handle_watch_end(r, call);
	}
	hw__rcu_read_unlock();
	return done;
}

/* The memo of the record's present revision; NULL: this thread knows nothing of it. */
static inline __attribute__((always_inline)) struct hw__memo *
known_memo(const struct headway_record *r, struct hw__queue *queue)
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

/* False: the message's place is not known, or the text does not fit there. key_length: as
 * hw__memo_key_is(). */
static inline __attribute__((always_inline)) bool known_find(struct hw__memo *memo, const char *key,
							     size_t key_length, const char *value,
							     size_t length, struct known_text *text)
{
	*text = (struct known_text){hw__memo_find(memo, key, key_length), value, length};
	return text->message && text->message->field - length < HW__SLACK_MAX;
}

/* False: nothing was done, and it takes another path. */
static inline __attribute__((always_inline)) bool known_message(struct headway_record *r,
								const char *key, size_t key_length,
								const char *value, size_t length)
{
	struct hw__queue *queue = hw__queue_of_handle(r);
	struct hw__memo *memo = known_memo(r, queue);
	struct known_text text;

	return memo && known_find(memo, key, key_length, value, length, &text) &&
	       known_update(r, queue, memo, &text, 1);
}

/* The same for some at once, at most HW__MEMO_MESSAGES. They are often in the order of the entries. */
static bool known_messages(struct headway_record *r, const struct hw__message *m, size_t count)
{
	struct hw__queue *queue = hw__queue_of_handle(r);
	struct hw__memo *memo = known_memo(r, queue);
	struct known_text texts[HW__MEMO_MESSAGES];

	if (!memo)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!known_find(memo, m[i].key, m[i].key_length, m[i].value, m[i].value_length,
				&texts[i]))
			return false;
		memo->guess = (uint32_t)(texts[i].message - memo->message) + 1;
	}
	return known_update(r, queue, memo, texts, count);
}

/* ---- calls ------------------------------------------------------------------------------------ */

static __attribute__((noinline)) int other_message(struct headway_record *r, const char *key,
						   size_t key_length, const char *value,
						   size_t length)
{
	struct hw__message message = {key, value, key_length, length};
	int error = hw__message_check(&message);

	return error ? error : hw__fast_update(r, &message, 1, HW__RUNNING);
}

int headway_message(struct headway_record *r, const char *key, const char *value)
{
	size_t length;
	int error = 0;

	if (!r || !key || !value)
		return -EINVAL;
	length = strlen(value);
	if (!known_message(r, key, SIZE_MAX, value, length))
		error = other_message(r, key, strlen(key), value, length);
	return hw__sampled(r, error);
}

int headway_message_n(struct headway_record *r, const char *key, size_t key_length,
		      const char *value, size_t value_length)
{
	struct hw__message message = {key, value_length ? value : "", key_length, value_length};
	int error = r && key ? hw__message_check(&message) : -EINVAL;

	if (error)
		return error;
	if (!message.value || memchr(key, '\0', key_length) ||
	    memchr(message.value, '\0', value_length))
		return -EINVAL;
	if (!known_message(r, key, key_length, message.value, value_length))
		error = hw__fast_update(r, &message, 1, HW__RUNNING);
	return hw__sampled(r, error);
}

static int messages_measure(struct hw__message *to, const struct headway_message *messages,
			    size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = hw__message_measure(&to[i], messages[i].key, messages[i].value);
	return error;
}

static int few_messages(struct headway_record *r, const struct headway_message *messages,
			size_t count)
{
	struct hw__message taken[HW__MEMO_MESSAGES];
	int error = messages_measure(taken, messages, count);

	if (error || known_messages(r, taken, count))
		return error;
	return hw__fast_update(r, taken, count, HW__RUNNING);
}

static int many_messages(struct headway_record *r, const struct headway_message *messages,
			 size_t count)
{
	struct hw__buffer *buffer = hw__scratch(HW__SCRATCH_MESSAGES);
	struct hw__edit edit = {.count = count};
	struct hw__message *taken;
	int error = -ENOMEM;

	if (count > SIZE_MAX / sizeof *taken)
		return -EINVAL;
	if (buffer && hw__buffer_reserve(buffer, count * sizeof *taken)) {
		edit.messages = taken = (struct hw__message *)(void *)buffer->bytes;
		error = messages_measure(taken, messages, count);
	}
	if (!error)
		error = hw__update(r, &edit);
	hw__scratch_done(HW__SCRATCH_MESSAGES);
	return error;
}

int headway_update(struct headway_record *r, const struct headway_message *messages, size_t count)
{
	int error;

	if (!count) {
		error = headway_status(r);
		return error < 0 ? error : error == HEADWAY_RUNNING ? 0 : -EALREADY;
	}
	if (!r || !messages)
		return -EINVAL;
	error = count > HW__MEMO_MESSAGES ? many_messages(r, messages, count)
					  : few_messages(r, messages, count);
	return hw__sampled(r, error);
}
