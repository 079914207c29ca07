/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lays out the entries of a revision: as many whole entries as fit go into the block, the rest into
 * the overflow chain. A revision of a running record leaves space in the block for the frozen
 * entry, so that ending a record never needs more memory than it has.
 *
 * Order: origin, frozen counters, request to stop, url, short results, the other old entries, new
 * messages.
 */
#include "record/edit.h"

#include <errno.h>
#include <stdlib.h>

static size_t frozen_bytes(uint32_t named)
{
	return hw__entry_bytes(0, HW__FROZEN_BYTES(named));
}

/* Bytes of the whole entries, from the first on, that fit into room bytes. */
static size_t inline_fit(const unsigned char *entries, size_t bytes, size_t room)
{
	const unsigned char *at = entries, *end = entries + bytes;
	struct hw__entry_view e;
	size_t fit = 0;

	if (bytes <= room)
		return bytes;
	while (hw__entry_next(&at, end, &e) && (size_t)(at - entries) <= room)
		fit = (size_t)(at - entries);
	return fit;
}

/* ---- the first revision ---------------------------------------------------------------------- */

static bool put(struct hw__buffer *out, size_t *bytes, enum hw__entry_kind kind, const void *value,
		size_t length)
{
	if (!hw__buffer_reserve(out, *bytes + hw__entry_bytes(0, length) + 16))
		return false;
	(void)hw__entry_put(out->bytes + *bytes, kind, NULL, 0, value, length);
	*bytes += hw__entry_bytes(0, length);
	return true;
}

static bool put_text(struct hw__buffer *out, size_t *bytes, enum hw__entry_kind kind,
		     const char *text)
{
	return !text || !*text || put(out, bytes, kind, text, strlen(text));
}

static int put_counters(struct hw__buffer *out, size_t *bytes, const char *const *names,
			uint32_t *count)
{
	*count = 0;
	for (; names && *names; names++) {
		if (!**names || *count == HW__NAMED_MAX)
			return -EINVAL;
		if (strlen(*names) > UINT16_MAX)
			return -E2BIG;
		if (!put_text(out, bytes, HW__ENTRY_COUNTER, *names))
			return -ENOMEM;
		++*count;
	}
	return 0;
}

static bool is_too_long(const char *text)
{
	return text && strlen(text) > UINT32_MAX;
}

int hw__edit_first(const struct headway_spec *spec, const struct hw__origin *origin,
		   const struct hw__profile *profile, struct hw__buffer *out, struct hw__plan *plan,
		   uint32_t *counter_count)
{
	size_t bytes = 0, command = strnlen(origin->command, sizeof origin->command);
	int error;

	memset(plan, 0, sizeof *plan);
	if (is_too_long(spec->name) || is_too_long(spec->unit))
		return -E2BIG;
	if (!put(out, &bytes, HW__ENTRY_ORIGIN, origin, HW__ORIGIN_BYTES + command) ||
	    !put_text(out, &bytes, HW__ENTRY_NAME, spec->name) ||
	    !put_text(out, &bytes, HW__ENTRY_UNIT, spec->unit) ||
	    (spec->parent &&
	     !put(out, &bytes, HW__ENTRY_PARENT, spec->parent->bytes, sizeof spec->parent->bytes)))
		return -ENOMEM;
	error = put_counters(out, &bytes, spec->counters, counter_count);
	if (!error && profile && !put(out, &bytes, HW__ENTRY_PROFILE, profile, sizeof *profile))
		error = -ENOMEM;
	plan->rev = 1;
	plan->status = HW__RUNNING;
	plan->bytes = bytes;
	plan->inline_bytes = inline_fit(out->bytes, bytes,
					HW__INLINE_BYTES - frozen_bytes(*counter_count));
	return error;
}

/* ---- the messages of an edit ----------------------------------------------------------------- */

static int key_compare(const struct hw__message *m, const char *key, size_t length)
{
	if (m->key_length != length)
		return m->key_length < length ? -1 : 1;
	return memcmp(m->key, key, length);
}

/* Orders by key, and equal keys by position. */
static int setting_compare(const void *left, const void *right)
{
	const struct hw__setting *const *a = left, *const *b = right;
	int order = key_compare(&(*a)->message, (*b)->message.key, (*b)->message.key_length);

	return order ? order : (*a > *b) - (*a < *b);
}

/* Keeps one setting for each key in the sorted table. */
static void settings_merge(struct hw__edit *edit)
{
	size_t kept = 0;

	for (size_t i = 0; i < edit->count; i++) {
		struct hw__setting *s = edit->sorted[i], *first = kept ? edit->sorted[kept - 1] : s;
		const struct hw__message *m = &s->message;

		if (!kept || key_compare(&first->message, m->key, m->key_length) != 0) {
			edit->sorted[kept++] = s;
			continue;
		}
		first->message.value = m->value;
		first->message.value_length = m->value_length;
		s->superfluous = true;
	}
	edit->sorted_count = kept;
}

int hw__edit_prepare(struct hw__edit *edit)
{
	struct hw__buffer *tables = hw__scratch(HW__SCRATCH_SETTINGS);

	if (!tables ||
	    !hw__buffer_reserve(tables, (edit->count + 1) * (sizeof *edit->settings +
							     sizeof(struct hw__setting *))))
		return -ENOMEM;
	edit->settings = (void *)tables->bytes;
	edit->sorted = (void *)(edit->settings + edit->count);
	for (size_t i = 0; i < edit->count; i++) {
		edit->settings[i] = (struct hw__setting){edit->messages[i], false, false};
		edit->sorted[i] = &edit->settings[i];
	}
	if (edit->count > 1)
		qsort(edit->sorted, edit->count, sizeof *edit->sorted, setting_compare);
	settings_merge(edit);
	return 0;
}

static struct hw__setting *setting_find(const struct hw__edit *edit, const char *key, size_t length)
{
	size_t from = 0, to = edit->sorted_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = key_compare(&edit->sorted[middle]->message, key, length);

		if (!order)
			return edit->sorted[middle];
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

/* ---- the next revision ----------------------------------------------------------------------- */

/* State of an edit. */
struct pass {
	const struct hw__edit *edit;
	unsigned char *out;            /* where the next entry goes */
	const unsigned char *uncopied; /* old entries from here on are not yet copied */
};

/* Copies the old entries up to end unchanged. */
static void copy_until(struct pass *p, const unsigned char *end)
{
	size_t bytes = (size_t)(end - p->uncopied);

	if (bytes)
		memcpy(p->out, p->uncopied, bytes);
	p->out += bytes;
	p->uncopied = end;
}

static void setting_put(struct pass *p, struct hw__setting *s)
{
	const struct hw__message *m = &s->message;

	p->out = hw__entry_put(p->out, HW__ENTRY_MESSAGE, m->key, m->key_length, m->value,
			       m->value_length);
	s->placed = true;
}

static bool is_superseded(const struct hw__edit *edit, unsigned kind)
{
	return (kind == HW__ENTRY_URL && edit->url) || (kind == HW__ENTRY_RESULTS && edit->results);
}

static void entry_edit(struct pass *p, const struct hw__entry_view *e, const unsigned char *begin,
		       const unsigned char *end)
{
	struct hw__setting *setting;

	if (is_superseded(p->edit, e->kind)) {
		copy_until(p, begin);
		p->uncopied = end;
		return;
	}
	if (e->kind != HW__ENTRY_MESSAGE)
		return;
	setting = setting_find(p->edit, e->key, e->key_length);
	if (!setting && (!e->value_length || e->value[e->value_length - 1]))
		return;
	copy_until(p, begin);
	if (setting)
		setting_put(p, setting);
	else /* without slack */
		p->out = hw__entry_put(p->out, HW__ENTRY_MESSAGE, e->key, e->key_length, e->value,
				       strnlen(e->value, e->value_length));
	p->uncopied = end;
}

static void new_entries_put(struct pass *p, uint32_t named)
{
	const struct hw__edit *edit = p->edit;

	if (edit->status)
		p->out = hw__entry_put(p->out, HW__ENTRY_FROZEN, NULL, 0, &edit->frozen,
				       HW__FROZEN_BYTES(named));
	if (edit->cancel)
		p->out = hw__cancel_put(p->out, edit->asked_ns, edit->cancel, edit->cancel_length);
	if (edit->url && *edit->url)
		p->out = hw__entry_put(p->out, HW__ENTRY_URL, NULL, 0, edit->url,
				       strlen(edit->url));
	if (edit->results && !edit->results_chain)
		p->out = hw__entry_put(p->out, HW__ENTRY_RESULTS, NULL, 0, edit->results,
				       edit->results_length);
}

static void messages_append(struct pass *p)
{
	for (size_t i = 0; i < p->edit->count; i++) {
		struct hw__setting *setting = &p->edit->settings[i];

		if (!setting->placed && !setting->superfluous)
			setting_put(p, setting);
	}
}

/* An upper bound of the size of the next revision's entries. */
static size_t bytes_most(const struct hw__edit *edit, const struct hw__revision *old)
{
	size_t most = old->entries_bytes + frozen_bytes(HW__NAMED_MAX) + 64;

	for (size_t i = 0; i < edit->count; i++)
		most += hw__entry_bytes(edit->settings[i].message.key_length,
					edit->settings[i].message.value_length);
	if (edit->cancel)
		most += hw__entry_bytes(0, sizeof(struct hw__cancel) + edit->cancel_length);
	if (edit->url)
		most += hw__entry_bytes(0, strlen(edit->url));
	if (edit->results && !edit->results_chain)
		most += hw__entry_bytes(0, edit->results_length);
	return most;
}

int hw__edit_apply(const struct hw__edit *edit, const unsigned char *entries,
		   const struct hw__revision *old, struct hw__buffer *out, struct hw__plan *plan)
{
	const unsigned char *at = entries, *end = entries + old->entries_bytes, *begin;
	uint32_t named = hw__entries_count_named(entries, old->entries_bytes);
	struct hw__entry_view e;
	struct pass p = {.edit = edit, .uncopied = entries};
	size_t room;

	if (!hw__buffer_reserve(out, bytes_most(edit, old)))
		return -ENOMEM;
	p.out = out->bytes;
	for (size_t i = 0; i < edit->count; i++)
		edit->settings[i].placed = false; /* may be set by an earlier try */
	if (!hw__entry_next(&at, end, &e) || e.kind != HW__ENTRY_ORIGIN)
		return -EBADMSG;
	copy_until(&p, at);
	new_entries_put(&p, named);
	for (begin = at; hw__entry_next(&at, end, &e); begin = at)
		entry_edit(&p, &e, begin, at);
	if (at != end)
		return -EBADMSG;
	copy_until(&p, end);
	messages_append(&p);
	plan->bytes = (size_t)(p.out - out->bytes);
	room = HW__INLINE_BYTES - (edit->status ? 0 : frozen_bytes(named));
	plan->inline_bytes = inline_fit(out->bytes, plan->bytes, room);
	plan->rev = old->head.rev + 1;
	plan->status = edit->status ? edit->status : HW__RUNNING;
	plan->results_inline = edit->results && !edit->results_chain;
	return plan->results_inline && plan->inline_bytes < plan->bytes ? -EMSGSIZE : 0;
}
