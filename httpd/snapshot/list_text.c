/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/list_text.h"

#include <string.h>
#include <urcu/uatomic.h>

#include "base/gzip.h"
#include "base/text.h"

struct text list_text_make(struct item *const *items, size_t count, bool lines)
{
	struct text text = {0};

	text_put(&text, lines ? "" : "[");
	for (size_t i = 0; i < count; i++) {
		size_t lead = lines || i == 0 ? ITEM_LEAD : 0, end = lines ? 0 : 1;

		text_add(&text, items[i]->text + lead, items[i]->text_length - lead - end);
	}
	text_put(&text, lines ? "" : "]\n");
	return text;
}

/* Called under the snapshot's lock; the first call makes the text. */
static struct text *plain_text(struct list_snapshot *snap, bool lines)
{
	struct text *plain = &snap->body[lines][false];

	if (!plain->data)
		*plain = list_text_make(snap->items, snap->count, lines);
	return plain;
}

const struct text *list_text_whole(struct list_snapshot *snap, bool lines, bool compressed)
{
	struct text *body = &snap->body[lines][compressed];

	pthread_mutex_lock(&snap->lock);
	if (!compressed)
		body = plain_text(snap, lines);
	else if (!body->data && !plain_text(snap, lines)->failed)
		*body = gzip_text(snap->body[lines][false].data, snap->body[lines][false].length,
				  1);
	if (body->failed)
		text_free(body); /* the next call tries again */
	pthread_mutex_unlock(&snap->lock);
	return body->data ? body : NULL;
}
