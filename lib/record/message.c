/* SPDX-License-Identifier: BSD-3-Clause */
/* headway_message(), headway_message_n() and headway_update(). */
#include "record/known_path.h"

/* False: nothing was done, and it takes another path. */
static inline __attribute__((always_inline)) bool known_message(struct headway_record *r,
								const char *key, size_t key_length,
								const char *value, size_t length)
{
	struct hw__queue *queue = hw__queue_of_handle(r);
	struct hw__memo *memo = hw__known_memo(r, queue);
	struct hw__known_text text;

	return memo && hw__known_find(memo, key, key_length, value, length, &text) &&
	       hw__known_texts(r, queue, memo, &text, 1);
}

/* The same for some at once, at most HW__MEMO_MESSAGES. They are often in the order of the entries. */
static bool known_messages(struct headway_record *r, const struct hw__message *m, size_t count)
{
	struct hw__queue *queue = hw__queue_of_handle(r);
	struct hw__memo *memo = hw__known_memo(r, queue);
	struct hw__known_text texts[HW__MEMO_MESSAGES];

	if (!memo)
		return false;
	for (size_t i = 0; i < count; i++) {
		memo->guess += i > 0;
		if (!hw__known_find(memo, m[i].key, m[i].key_length, m[i].value, m[i].value_length,
				    &texts[i]))
			return false;
	}
	return hw__known_texts(r, queue, memo, texts, count);
}

/* ---- calls ------------------------------------------------------------------------------------ */

/* The message is checked. */
static int other_message(struct headway_record *r, const struct hw__message *message)
{
	return hw__known_append(r, message) ? 0 : hw__fast_update(r, message, 1, HW__RUNNING);
}

static __attribute__((noinline)) int other_text(struct headway_record *r, const char *key,
						const char *value)
{
	struct hw__message message;
	int error = hw__message_measure(&message, key, value);

	return error ? error : other_message(r, &message);
}

int headway_message(struct headway_record *r, const char *key, const char *value)
{
	size_t length;
	int error = 0;

	if (!r || !key || !value)
		return -EINVAL;
	length = strlen(value);
	if (!known_message(r, key, SIZE_MAX, value, length))
		error = other_text(r, key, value);
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
		error = other_message(r, &message);
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
