/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Audits an arena: all invariants that can be checked from outside (I1, I2, I6, and the format of
 * all content). Stores nothing. The arena may be in use: a fault is checked again, and counts only
 * if the word that it depends on has not changed meanwhile.
 *
 * A live member is dirty from before it takes its first block until after it has freed its last. So
 * dirty covers live members, and no lock needs to be queried.
 */
#include "store/entry.h"
#include "open/open.h"
#include "base/sized.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKS = 64 };

struct audit {
	const struct hw__attachment *a;
	struct headway_fsck_report report;
	struct hw__buffer copy, refs;
	uint64_t *used[2]; /* for each block and extent: the ref by which a slot names it, or 0 */
	bool attached;     /* there is a member, or a dead one not yet swept */
	bool settled;      /* the slot under audit has not changed */
};

/* ---- findings -------------------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void finding_add(struct audit *t, uint64_t *count,
							      const char *format, ...)
{
	va_list arguments;

	if (!t->report.leaked && !t->report.damaged) {
		va_start(arguments, format);
		vsnprintf(t->report.first, sizeof t->report.first, format, arguments);
		va_end(arguments);
	}
	++*count;
}

#define DAMAGED(t, ...) finding_add(t, &(t)->report.damaged, __VA_ARGS__)
#define LEAKED(t, ...)  finding_add(t, &(t)->report.leaked, __VA_ARGS__)

static bool is_member(const struct audit *t, uint32_t member)
{
	return member < t->a->geometry.members &&
	       hw__load_acquire(&t->a->members[member].dirty) != 0;
}

static const char *const chunk_names[] = {"block", "extent"};

/* ---- a version's content --------------------------------------------------------------------- */

/* Returns NULL, or a description of the fault in the entries. */
static const char *entries_fault(const struct hw__revision *v, const unsigned char *entries,
				 bool cancelled)
{
	const unsigned char *at = entries, *end = entries + v->entries_bytes;
	bool over = v->head.status == HW__FINISHED || v->head.status == HW__ERROR, frozen = false;
	struct hw__entry_view e;
	size_t named = 0, requests = 0;

	if (!hw__entry_next(&at, end, &e) || e.kind != HW__ENTRY_ORIGIN ||
	    e.value_length < HW__ORIGIN_BYTES || e.value_length >= sizeof(struct hw__origin))
		return "has no origin";
	while (hw__entry_next(&at, end, &e)) {
		frozen |= e.kind == HW__ENTRY_FROZEN;
		named += e.kind == HW__ENTRY_COUNTER;
		if (e.kind == HW__ENTRY_CANCEL && e.value_length < sizeof(struct hw__cancel))
			return "was asked to stop without a time";
		requests += e.kind == HW__ENTRY_CANCEL;
		if (e.key[e.key_length] || e.value[e.value_length])
			return "holds an unended text";
		if (e.kind == HW__ENTRY_MESSAGE && !e.key_length)
			return "holds a message without a key";
	}
	if (at != end)
		return "holds an entry that is longer than it can be";
	if (named > HW__NAMED_MAX)
		return "names too many counters";
	if (requests != cancelled)
		return cancelled ? "is cancelled, and no entry or several say so"
				 : "was asked to stop, and its slot does not say so";
	if (frozen != over)
		return over ? "is over without frozen counters" : "is Running with frozen counters";
	return NULL;
}

static const char *version_fault(const struct audit *t, uint32_t slot, uint64_t word,
				 const struct hw__revision *v)
{
	const struct hw__slot *s = &t->a->slots[slot];
	unsigned status = hw__word_status(word);
	struct headway_id id;

	memcpy(id.bytes, v->head.id, sizeof id.bytes);
	if (v->head.home != slot)
		return "belongs to another slot";
	if (!hw__id_is_ours(t->a, &id) || hw__id_slot(&id) != slot ||
	    hw__id_tail(&id) != hw__load_relaxed(&s->id_tail))
		return "has an id that is not its slot's";
	if (!v->head.rev)
		return "has revision 0";
	if (status == HW__RETIRING ? v->head.status < HW__RUNNING || v->head.status > HW__ERROR
				   : v->head.status != (status == HW__LOST ? HW__RUNNING : status))
		return "has another status than its slot";
	return entries_fault(v, t->copy.bytes + HW__COPY_ENTRIES, (word & HW__WORD_CANCELLED) != 0);
}

/* ---- slots ----------------------------------------------------------------------------------- */

static void chunk_mark(struct audit *t, enum hw__pool_index which, uint32_t slot, uint64_t ref)
{
	uint32_t index = hw__ref_index(ref);
	uint64_t state = hw__load_acquire(hw__chunk_state(&t->a->pools[which], index));
	unsigned kind = hw__state_kind(state);

	if (hw__version(state) != hw__version(ref) ||
	    (kind != HW__KIND_SHARED && kind != HW__KIND_OWNED))
		t->settled = false; /* superseded meanwhile, or damage: the word decides */
	else if (t->used[which][index] == ref)
		DAMAGED(t, "%s %u is referred to twice, by slot %u as well", chunk_names[which],
			index, slot);
	t->used[which][index] = ref;
}

static int chain_mark(struct audit *t, uint32_t slot, uint64_t head, bool mark)
{
	struct hw__refs refs = {&t->refs, 0};
	uint32_t home;
	int error = hw__chain_gather(t->a, head, &refs);

	for (size_t i = 0; !error && i < refs.count; i++) {
		home = hw__load32_relaxed(
			&hw__extent_at(t->a, hw__ref_index(hw__refs_at(&refs)[i]))->h.home);
		if (home != slot)
			error = -EBADMSG;
		else if (mark)
			chunk_mark(t, HW__EXTENTS, slot, hw__refs_at(&refs)[i]);
	}
	return error;
}

/* Returns the fault of the record in a slot with this word, or NULL. mark: enter its chunks into
 * used. */
static const char *record_fault(struct audit *t, uint32_t slot, uint64_t word, bool mark)
{
	struct hw__revision v;
	const char *fault;
	int error = hw__revision_copy(t->a, hw__word_ref(word), &t->copy, true, &v);

	if (error)
		return error == -ENOMEM ? "cannot be read for want of memory"
					: "cannot be read whole";
	fault = version_fault(t, slot, word, &v);
	if (fault)
		return fault;
	if (mark)
		chunk_mark(t, HW__BLOCKS, slot, hw__word_ref(word));
	if ((v.head.overflow && chain_mark(t, slot, v.head.overflow, mark)) ||
	    (v.head.results && chain_mark(t, slot, v.head.results, mark)))
		return "has a broken chain of extents";
	return NULL;
}

static void pins_audit(struct audit *t, uint32_t slot)
{
	for (uint32_t i = 0; i < HW__PIN_WORDS; i++) {
		const uint64_t *at = &t->a->slots[slot].pins[i];
		uint64_t pins = hw__load_acquire(at);

		for (; pins; pins &= pins - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(pins);

			/* loaded again: a sweep clears the pin before it sets dirty to 0 */
			if (!is_member(t, i * 64 + bit) && (hw__load_acquire(at) >> bit & 1))
				DAMAGED(t, "slot %u is pinned by member %u, which is nobody", slot,
					i * 64 + bit);
		}
	}
}

static void slot_audit(struct audit *t, uint32_t slot)
{
	const uint64_t *at = &t->a->slots[slot].word;
	const char *fault = NULL;
	uint64_t word = 0;

	for (int k = 0; k < LOOKS; k++) {
		word = hw__load_acquire(at);
		t->settled = true;
		fault = NULL;
		if (hw__word_status(word) < HW__RUNNING)
			break;
		fault = hw__word_status(word) > HW__RETIRING ? "has a status that does not exist"
							     : record_fault(t, slot, word, false);
		if (!fault && hw__load_acquire(at) == word)
			break;
		if (fault && hw__load_acquire(at) == word)
			break;
	}
	t->report.slots += word != 0;
	if (fault && hw__load_acquire(at) == word)
		DAMAGED(t, "slot %u: its record %s", slot, fault);
	else if (!fault && hw__word_status(word) >= HW__RUNNING)
		(void)record_fault(t, slot, word, true);
	if (!t->settled && hw__load_acquire(at) == word)
		DAMAGED(t, "slot %u refers to a block or extent that is free or of another version",
			slot);
	if (hw__word_status(word) == HW__FREE && word)
		DAMAGED(t, "slot %u is free and yet holds %llx", slot, (unsigned long long)word);
	if (hw__word_status(word) == HW__CLAIM && word & HW__WORD_CANCELLED)
		DAMAGED(t, "slot %u is claimed and yet cancelled", slot);
	if (hw__word_status(word) == HW__CLAIM && !is_member(t, hw__ref_index(word)) &&
	    hw__load_acquire(at) == word)
		DAMAGED(t, "slot %u is claimed by member %u, which is nobody", slot,
			hw__ref_index(word));
	pins_audit(t, slot);
}

/* ---- blocks and extents ---------------------------------------------------------------------- */

enum verdict { FREE, FINE, TRANSIT, LEAK, DAMAGE };

static enum verdict chunk_judge(const struct audit *t, enum hw__pool_index which, uint32_t index,
				uint64_t state)
{
	bool reachable = t->used[which][index] == hw__ref(index, hw__version(state));
	unsigned kind = hw__state_kind(state);

	if (state >> 36 & 0xfff)
		return DAMAGE;
	if (kind == HW__KIND_FREE)
		return hw__state_member(state) ? DAMAGE : FREE;
	if (kind == HW__KIND_PRIVATE)
		return is_member(t, hw__state_member(state)) ? FINE : LEAK;
	if (kind == HW__KIND_SHARED && hw__state_member(state))
		return DAMAGE;
	if (hw__chunk_is_current(t->a, which, index, state))
		return reachable || t->attached ? FINE
						: LEAK; /* names the chain, but is not part of it */
	if (kind == HW__KIND_OWNED)
		return is_member(t, hw__state_member(state)) ? FINE : LEAK;
	return t->attached ? TRANSIT : LEAK;
}

static void chunk_audit(struct audit *t, enum hw__pool_index which, uint32_t index)
{
	static const char *const kinds[] = {"FREE", "OWNED", "SHARED", "PRIVATE"};
	uint64_t *at = hw__chunk_state(&t->a->pools[which], index), state = 0;
	enum verdict verdict = FINE;

	for (int k = 0; k < LOOKS; k++) {
		state = hw__load_acquire(at);
		verdict = chunk_judge(t, which, index, state);
		if (hw__load_acquire(at) == state)
			break;
		verdict = FINE;
	}
	t->report.blocks += verdict != FREE;
	t->report.in_transit += verdict == TRANSIT;
	if (verdict == LEAK)
		LEAKED(t, "%s %u is %s of member %u and nobody's", chunk_names[which], index,
		       kinds[hw__state_kind(state)], hw__state_member(state));
	if (verdict == DAMAGE)
		DAMAGED(t, "%s %u has the impossible state %llx", chunk_names[which], index,
			(unsigned long long)state);
}

/* ---- all ------------------------------------------------------------------------------------- */

static int audit(struct audit *t)
{
	const struct hw__geometry *g = &t->a->geometry;

	t->used[HW__BLOCKS] = calloc(g->blocks, sizeof(uint64_t));
	t->used[HW__EXTENTS] = calloc((size_t)g->extents + 1, sizeof(uint64_t));
	if (!t->used[HW__BLOCKS] || !t->used[HW__EXTENTS])
		return -ENOMEM;
	for (uint32_t p = 0; p < g->members; p++)
		t->attached |= is_member(t, p);
	for (uint32_t slot = 0; slot < g->slots; slot++)
		slot_audit(t, slot);
	for (uint32_t p = 0; p < g->members; p++) /* members that attached meanwhile */
		t->attached |= is_member(t, p);
	for (uint32_t i = 0; i < g->blocks; i++)
		chunk_audit(t, HW__BLOCKS, i);
	for (uint32_t i = 0; i < g->extents; i++)
		chunk_audit(t, HW__EXTENTS, i);
	return 0;
}

int headway_fsck(struct headway_arena *arena, struct headway_fsck_report *out)
{
	struct audit t = {0};
	struct hw__attachment *a;
	int error;

	if (!arena || !out || !hw__size_is_valid(out->size, sizeof out->size))
		return -EINVAL;
	a = hw__attachment_get(arena);
	if (!a)
		return -ESTALE;
	t.a = a;
	error = audit(&t);
	hw__attachment_put(a);
	free(t.used[HW__BLOCKS]);
	free(t.used[HW__EXTENTS]);
	hw__buffer_free(&t.copy);
	hw__buffer_free(&t.refs);
	if (error)
		return error;
	hw__struct_out(out, &t.report, sizeof t.report);
	return 0;
}
