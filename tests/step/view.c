/* SPDX-License-Identifier: BSD-3-Clause */
#include "view.h"

static uint64_t view_hash(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
	return (hash ^ 0xff) * 0x100000001b3u;
}

/* A hash of all texts, without the messages that a sweep writes about a dead owner. */
static uint64_t view_content(const struct headway_snapshot *s)
{
	uint64_t hash = 0xcbf29ce484222325u;

	hash = view_hash(hash, s->name);
	hash = view_hash(hash, s->unit);
	hash = view_hash(hash, s->url);
	hash = view_hash(hash, s->results ? s->results : "-");
	hash = view_hash(hash, s->cancel_reason ? s->cancel_reason : "-");
	for (size_t i = 0; i < s->message_count; i++) {
		if (s->lost && strcmp(s->messages[i].key, "Error") == 0)
			continue;
		hash = view_hash(hash, s->messages[i].key);
		hash = view_hash(hash, s->messages[i].value);
	}
	return hash;
}

static int view_add(const struct headway_snapshot *s, void *argument)
{
	struct view *view = argument;
	struct seen *seen = &view->slot[s->id.bytes[2] % VIEW_SLOTS];

	if (seen->there)
		FAIL("two records answer from slot %d", s->id.bytes[2]);
	*seen = (struct seen){
		true,      s->id,   s->version, view_content(s), s->done * 1000 + s->total,
		s->status, s->lost, s->detached};
	return 0;
}

void view_take(struct headway_arena *arena, struct view *view)
{
	int count;

	memset(view, 0, sizeof *view);
	count = headway_each(arena, view_add, view);
	if (count < 0)
		FAIL("headway_each says %s", headway_strerror(count));
}

bool seen_same(const struct seen *a, const struct seen *b)
{
	if (a->there != b->there)
		return false;
	return !a->there ||
	       (memcmp(&a->id, &b->id, sizeof a->id) == 0 && a->version == b->version &&
		a->content == b->content && a->status == b->status && a->lost == b->lost &&
		a->counters == b->counters);
}

const char *seen_text(const struct seen *s, char text[120])
{
	if (!s->there)
		return "nothing";
	snprintf(text, 120, "id ..%02x%02x version %llu status %d%s content %08llx counters %llu",
		 s->id.bytes[14], s->id.bytes[15], (unsigned long long)s->version, s->status,
		 s->lost ? " lost" : "", (unsigned long long)(s->content & 0xffffffff),
		 (unsigned long long)s->counters);
	return text;
}
