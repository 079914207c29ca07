/* SPDX-License-Identifier: BSD-3-Clause */
/* Records: handles, and the writer's calls on them.  How an update works: update.c. */
#include "record.h"

#include "edit.h"
#include "json_check.h"
#include "open.h"
#include "update.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { VERIFY_TRIES = 64 };

_Static_assert(HEADWAY_STATUS_RUNNING == HW__RUNNING, "the inline counters know this status");

/* ---- handles ------------------------------------------------------------------------------------------ */

struct headway_record *hw__handle_make(struct hw__attachment *a, uint32_t slot,
				       const struct headway_id *id)
{
	struct headway_record *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	r->attachment = a;
	r->slot = slot;
	r->id = *id;
	r->prefix.generation_now = a->generation_now;
	r->prefix.word = &a->slots[slot].word;
	r->prefix.line = a->slots[slot].counters;
	return r;
}

void hw__handle_bind(struct headway_record *r, uint64_t owner, uint32_t counter_count)
{
	struct hw__attachment *a = r->attachment;

	r->prefix.counters = hw__slot_counters(a, r->slot, owner, a->member);
	r->prefix.striped = r->prefix.counters != r->prefix.line;
	r->prefix.counter_count = counter_count;
	hw__store_release(&r->prefix.generation, hw__generation(a));
}

static uint32_t counters_named(const struct hw__buffer *buffer, const struct hw__revision *v)
{
	const unsigned char *at = buffer->bytes + HW__COPY_ENTRIES, *end = at + v->entries_bytes;
	struct hw__entry_view e;
	uint32_t count = 0;

	while (hw__entry_next(&at, end, &e))
		count += e.kind == HW__ENTRY_COUNTER && count < HW__NAMED_MAX;
	return count;
}

static int verify(const struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		  struct hw__buffer *buffer, uint32_t *counter_count)
{
	struct hw__revision v;
	int error = -EAGAIN;

	hw__fence_rmw_load(); /* P1 */
	for (int k = 0; k < VERIFY_TRIES && error == -EAGAIN; k++) {
		uint64_t word = hw__load_acquire(&a->slots[slot].word); /* R1 */

		if (!hw__status_is_readable(hw__word_status(word)))
			return -ESTALE;
		error = hw__revision_copy(a, hw__word_ref(word), buffer, false, &v);
		if (error == -EAGAIN && hw__word_is_unchanged(&a->slots[slot].word, word))
			error = -EBADMSG;
	}
	if (error)
		return error;
	if (memcmp(v.id, id->bytes, sizeof v.id) != 0)
		return -ESTALE;
	*counter_count = counters_named(buffer, &v);
	return 0;
}

int hw__slot_verify(const struct hw__attachment *a, uint32_t slot, const struct headway_id *id,
		    uint32_t *counter_count)
{
	struct hw__buffer *buffer = hw__scratch(HW__SCRATCH_OLD);
	int error = buffer ? verify(a, slot, id, buffer, counter_count) : -ENOMEM;

	hw__scratch_done(HW__SCRATCH_OLD);
	return error;
}

int hw__handle_rejoin(struct headway_record *r)
{
	struct hw__attachment *a = r->attachment;
	uint32_t count;
	int error;

	if (hw__load_acquire(&a->closed))
		return -ESTALE; /* without a lock: a signal handler may ask */
	error = hw__member_ensure(a);
	if (error)
		return error;
	if (hw__load_acquire(&r->prefix.generation) == hw__generation(a))
		return 0;
	hw__slot_pin(a, r->slot);
	error = hw__slot_verify(a, r->slot, &r->id, &count);
	hw__process_lock();
	if (!error && !hw__generation(a))
		error = -ESTALE; /* closed meanwhile */
	if (!error && r->prefix.generation != hw__generation(a)) {
		hw__handle_bind(r, hw__load_relaxed(&a->slots[r->slot].owner), count);
		hw__process_unlock();
		return 0;
	}
	hw__process_unlock(); /* gone, or another thread was first: its pin is the handle's */
	hw__slot_unpin(a, r->slot, hw__generation(a));
	return error;
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

/* ---- the calls ------------------------------------------------------------------------------------------ */

static inline int message_check(const struct hw__message *m)
{
	if (!m->key_length)
		return -EINVAL;
	return m->key_length > UINT16_MAX || m->value_length > UINT32_MAX ? -E2BIG : 0;
}

static inline int message_measure(struct hw__message *m, const char *key, const char *value)
{
	if (!key || !value)
		return -EINVAL;
	*m = (struct hw__message){key, value, strlen(key), strlen(value)};
	return message_check(m);
}

/* Into this thread's memory, with the lengths of their texts. */
static int messages_take(const struct headway_message *messages, size_t count,
			 struct hw__edit *edit)
{
	struct hw__buffer *buffer = hw__scratch(HW__SCRATCH_MESSAGES);
	struct hw__message *taken;
	int error = 0;

	if (!messages || count > SIZE_MAX / sizeof *taken)
		return -EINVAL;
	if (!buffer || !hw__buffer_reserve(buffer, count * sizeof *taken))
		return -ENOMEM;
	taken = (struct hw__message *)(void *)buffer->bytes;
	for (size_t i = 0; i < count && !error; i++)
		error = message_measure(&taken[i], messages[i].key, messages[i].value);
	edit->messages = taken;
	edit->count = count;
	return error;
}

int headway_update(struct headway_record *r, const struct headway_message *messages, size_t count)
{
	struct hw__edit edit = {.status = 0};
	int error;

	if (!count) {
		error = headway_status(r);
		return error < 0 ? error : error == HEADWAY_RUNNING ? 0 : -EALREADY;
	}
	error = messages_take(messages, count, &edit);
	if (!error)
		error = hw__update(r, &edit);
	hw__scratch_done(HW__SCRATCH_MESSAGES);
	return error;
}

int headway_message(struct headway_record *r, const char *key, const char *value)
{
	struct hw__message message;
	int error = r ? message_measure(&message, key, value) : -EINVAL;

	return error ? error : hw__update_message(r, &message);
}

int headway_message_n(struct headway_record *r, const char *key, size_t key_length,
		      const char *value, size_t value_length)
{
	struct hw__message message = {key, value_length ? value : "", key_length, value_length};
	int error = r && key ? message_check(&message) : -EINVAL;

	if (error)
		return error;
	if (!message.value || memchr(key, '\0', key_length) ||
	    memchr(message.value, '\0', value_length))
		return -EINVAL;
	return hw__update_message(r, &message);
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

	edit.results_chain = edit.results_length > HW__RESULTS_INLINE;
	if (!error)
		error = hw__update(r, &edit);
	if (error == -EMSGSIZE) { /* short, but the block is full of other things */
		edit.results_chain = true;
		error = hw__update(r, &edit);
	}
	hw__scratch_done(HW__SCRATCH_JSON);
	return error;
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
	return hw__update(r, &edit);
}

int headway_finish(struct headway_record *r)
{
	return hw__update_finish(r);
}

int headway_error(struct headway_record *r, const char *text)
{
	struct hw__message message;
	struct hw__edit edit = {.status = HW__ERROR, .messages = &message, .count = text != NULL};
	int error = text ? message_measure(&message, "Error", text) : 0;

	return error ? error : hw__update(r, &edit);
}

/* A slot that is RETIRING under an open handle still holds its block, and that its status. */
static int retiring_status(const struct hw__attachment *a, uint64_t word)
{
	struct hw__summary summary;
	int error = hw__revision_summary(a, hw__word_ref(word), &summary);

	if (error)
		return error;
	return summary.status == HW__FINISHED ? HEADWAY_FINISHED : HEADWAY_ERROR;
}

int headway_status(const struct headway_record *record)
{
	struct headway_record *r = (struct headway_record *)(uintptr_t)record;
	int error = hw__handle_ready(r);
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
	int error = hw__handle_ready(r);

	if (!error)
		error = hw__status_refusal(hw__load_relaxed(r->prefix.word));
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
