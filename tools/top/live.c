/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/live.h"

#include <string.h>

static void find_chosen(struct live *live)
{
	for (size_t i = 0; live->has_chosen && i < live->tree.count; i++) {
		if (!memcmp(&live->tree.rows[i]->id, &live->chosen, sizeof(live->chosen))) {
			live->cursor = i;
			return;
		}
	}
}

void live_settle(struct live *live)
{
	size_t count = live->tree.count, lines = live->lines;

	find_chosen(live);
	if (live->cursor >= count)
		live->cursor = count ? count - 1 : 0;
	live->has_chosen = count > 0;
	if (count)
		live->chosen = live->tree.rows[live->cursor]->id;
	if (live->cursor < live->top)
		live->top = live->cursor;
	if (live->cursor >= live->top + lines)
		live->top = live->cursor - lines + 1;
	if (live->top && live->top + lines > count)
		live->top = count > lines ? count - lines : 0;
}
