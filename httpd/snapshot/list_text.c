/* SPDX-License-Identifier: BSD-3-Clause */
#include "snapshot/list_text.h"

#include <string.h>
#include <urcu/uatomic.h>

#include "base/gzip.h"

struct text body_make(struct item *const *items, size_t count, bool lines)
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

/* Under the generation's lock: made by whoever is first. */
static struct text *body_filled(struct generation *g, bool lines)
{
	struct text *plain = &g->body[lines][false];

	if (!plain->data)
		*plain = body_make(g->items, g->count, lines);
	return plain;
}

const struct text *body_whole(struct generation *g, bool lines, bool packed)
{
	struct text *body = &g->body[lines][packed];

	pthread_mutex_lock(&g->lock);
	if (!packed)
		body = body_filled(g, lines);
	else if (!body->data && !body_filled(g, lines)->failed)
		*body = gzip_text(g->body[lines][false].data, g->body[lines][false].length, 1);
	if (body->failed)
		text_free(body); /* the next one may have more luck */
	pthread_mutex_unlock(&g->lock);
	return body->data ? body : NULL;
}
