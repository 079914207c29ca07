/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/memo.h"

void hw__memo_learn(struct hw__memo *m, const unsigned char *entries, size_t used)
{
	const unsigned char *at = entries, *end = entries + used;
	struct hw__memo_message *message;
	struct hw__entry_view e;

	m->word = 0;
	m->used = (uint32_t)used;
	m->count = m->last = m->guess = 0;
	while (m->count < HW__MEMO_MESSAGES && hw__entry_next(&at, end, &e)) {
		if (e.kind != HW__ENTRY_MESSAGE || !e.key_length || e.key_length >= HW__MEMO_KEY)
			continue;
		message = &m->message[m->count++];
		*message = (struct hw__memo_message){
			.key_length = (uint32_t)e.key_length,
			.at = (uint32_t)((const unsigned char *)e.value - entries),
			.field = e.value_length};
		memcpy(message->key, e.key, e.key_length);
	}
}

struct hw__memo_message *hw__memo_search(struct hw__memo *m, const char *key, size_t length)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (hw__memo_key_is(&m->message[i], key, length))
			return &m->message[i];
	return NULL;
}
