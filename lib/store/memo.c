/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/memo.h"

/* at: of the value among the entries. */
static void add(struct hw__memo *m, const char *key, size_t length, size_t at, size_t field)
{
	struct hw__memo_message *message = &m->message[m->count];

	if (m->count == HW__MEMO_MESSAGES || !length || length >= HW__MEMO_KEY) {
		m->is_whole = false;
		return;
	}
	*message = (struct hw__memo_message){
		.key_length = (uint32_t)length, .at = (uint32_t)at, .field = field};
	memcpy(message->key, key, length);
	m->count++;
}

void hw__memo_learn(struct hw__memo *m, const unsigned char *entries, size_t used)
{
	const unsigned char *at = entries, *end = entries + used;
	struct hw__entry_view e;

	hw__memo_begin(m, used);
	while (hw__entry_next(&at, end, &e))
		if (e.kind == HW__ENTRY_MESSAGE)
			add(m, e.key, e.key_length,
			    (size_t)((const unsigned char *)e.value - entries), e.value_length);
}

void hw__memo_append(struct hw__memo *m, const char *key, size_t length, size_t field)
{
	add(m, key, length, m->used + sizeof(struct hw__entry) + length + 1, field);
	m->used += (uint32_t)(HW__ENTRY_OVERHEAD + length + field);
	m->last = m->count - 1;
	m->guess = 0;
}

bool hw__memo_lacks(const struct hw__memo *m, const char *key, size_t length)
{
	if (!m->is_whole)
		return false;
	for (uint32_t i = 0; i < m->count; i++)
		if (hw__memo_key_is(&m->message[i], key, length))
			return false;
	return true;
}

struct hw__memo_message *hw__memo_search(struct hw__memo *m, const char *key, size_t length)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (hw__memo_key_is(&m->message[i], key, length)) {
			m->guess = i;
			return &m->message[i];
		}
	return NULL;
}
