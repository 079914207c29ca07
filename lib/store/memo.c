/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/memo.h"

void hw__memo_learn(struct hw__memo *m, const unsigned char *entries, size_t used)
{
	const unsigned char *at = entries, *end = entries + used;
	struct hw__entry_view e;

	m->word = 0;
	m->used = (uint32_t)used;
	m->count = m->last = m->guess = 0;
	while (m->count < HW__MEMO_MESSAGES && hw__entry_next(&at, end, &e)) {
		if (e.kind != HW__ENTRY_MESSAGE || !e.key_length || e.key_length > HW__MEMO_KEY)
			continue;
		m->at[m->count] = (uint16_t)((const unsigned char *)e.value - entries);
		m->length[m->count] = (uint16_t)e.value_length;
		m->key[m->count++] = hw__memo_key(e.key, e.key_length);
	}
}
