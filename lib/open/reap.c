/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reap: frees expired records, marks lost those whose owner is dead, makes room when there is none.
 *
 * Any number of processes may reap at once; each record is freed by one compare-and-swap, which
 * succeeds in one of them. A reaper may be killed anywhere: dead members stay dirty, and the next
 * process that finds a RETIRING slot frees it.
 */
#include "open/reap.h"

#include "base/clock.h"
#include "open/open.h"
#include "base/sized.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

enum {
	BATCH_MAX = 64,
	AHEAD = 64, /* slots that are fetched before they are read */
	YIELDS = 16,
	SLEEPS = 64,
	SLEEP_NS = 1000000,
	POLICY_LEAST = offsetof(struct headway_reap_policy, flags) + sizeof(unsigned)
};

/* When a record ended, and how that time compares with this process's clock. */
struct ended {
	uint64_t when_ns; /* boot clock; 0: unknown */
	bool is_judged;   /* when_ns is known and comparable with this process's clock */
	uint64_t ttl_seconds;
	uint64_t extents; /* extents that it holds */
};

static bool ended_look(const struct hw__attachment *a, const struct headway_reap_policy *policy,
		       uint32_t slot, uint64_t word, struct ended *out)
{
	uint64_t lost;
	bool finished = hw__word_status(word) == HW__FINISHED;
	uint32_t ttl = finished ? policy->ttl_seconds : policy->error_ttl_seconds;
	struct hw__summary summary;

	if (hw__revision_summary(a, hw__word_ref(word), &summary) != 0)
		return false;
	out->when_ns = summary.ended_boot_ns;
	if (hw__word_status(word) == HW__LOST) {
		if (!(policy->flags & HEADWAY_DRY_RUN))
			hw__slot_set_lost_time(a, slot, &summary.origin);
		lost = hw__load_relaxed(&a->slots[slot].lost_ns);
		out->when_ns = lost >= summary.origin.started_boot_ns ? lost : 0;
	}
	out->is_judged = out->when_ns && hw__clock_is_shared(a, summary.origin.time_namespace);
	out->ttl_seconds = summary.origin.ttl_seconds ? summary.origin.ttl_seconds : ttl;
	out->extents = hw__chain_count(a, summary.head.overflow) +
		       hw__chain_count(a, summary.head.results);
	return true;
}

static bool is_expired(const struct ended *e, uint64_t now)
{
	return e->is_judged && now > e->when_ns && now - e->when_ns >= e->ttl_seconds * 1000000000u;
}

static void policy_take(const struct hw__attachment *a, const struct headway_reap_policy *given,
			struct headway_reap_policy *policy)
{
	hw__struct_in(policy, sizeof *policy, given);
	if (!policy->ttl_seconds)
		policy->ttl_seconds = a->ttl_seconds;
	if (!policy->error_ttl_seconds)
		policy->error_ttl_seconds = a->error_ttl_seconds;
}

/* ---- one pass -------------------------------------------------------------------------------- */

/* For a Running record: is its owner dead? Members are found dead by sweeps, and here only if a
 * sweep is impossible. id_tail: of the record that was checked. */
static bool owner_died(struct hw__attachment *a, uint64_t owner, uint64_t word, bool members_too,
		       uint64_t *id_tail)
{
	struct hw__summary summary;

	if ((hw__owner_kind(owner) != HW__OWNER_PROCESS && !members_too) ||
	    hw__revision_summary(a, hw__word_ref(word), &summary) != 0 ||
	    hw__owner_alive(a, owner, &summary.origin, 0) != 0)
		return false;
	memcpy(id_tail, summary.head.id + 8, sizeof *id_tail);
	return true;
}

static void reap_running(struct hw__attachment *a, uint32_t slot, uint64_t word, bool members_too,
			 struct headway_reap_report *report)
{
	uint64_t owner = hw__load_relaxed(&a->slots[slot].owner), id_tail;

	if (!owner_died(a, owner, word, members_too, &id_tail) ||
	    !hw__slot_mark_lost(a, slot, id_tail, owner)) {
		report->live++;
		return;
	}
	report->lost++;
	hw__total_add(a, HW__TOTAL_LOST, 1);
}

static void reap_slot(struct hw__attachment *a, const struct headway_reap_policy *policy,
		      uint32_t slot, uint64_t now, bool members_too,
		      struct headway_reap_report *report)
{
	uint64_t word = hw__load_acquire(&a->slots[slot].word), freed;
	unsigned status = hw__word_status(word);
	struct ended ended;

	if (status == HW__RUNNING) {
		reap_running(a, slot, word, members_too, report);
		return;
	}
	if (status == HW__RETIRING)
		report->blocks_freed += hw__slot_retire_finish(a, slot, word);
	if (!hw__status_is_over(status) || !ended_look(a, policy, slot, word, &ended) ||
	    !is_expired(&ended, now))
		return;
	freed = hw__slot_retire(a, slot, word);
	report->expired += freed > 0;
	report->blocks_freed += freed;
}

/* The file cannot be opened any more to query locks: the arena has lost its name, or this process
 * the rights with which it opened the file. */
static bool is_out_of_reach(int error)
{
	return error == -ESTALE || error == -EACCES || error == -EPERM;
}

/* Fetches a slot that is read later, and of an ended record that is read sooner the entries from which
 * hw__revision_summary() learns when it ended; their head was read by the sweep just before. */
static inline void look_ahead(const struct hw__attachment *a, uint32_t slot)
{
	uint64_t word;
	const unsigned char *entries;

	__builtin_prefetch(&a->slots[slot + AHEAD]);
	if (slot + AHEAD / 2 >= a->geometry.slots)
		return;
	word = hw__load_relaxed(&a->slots[slot + AHEAD / 2].word);
	if (!hw__status_is_over(hw__word_status(word)))
		return;
	entries = hw__block_at(a, hw__ref_index(hw__word_ref(word)))->entries;
	for (int line = 0; line < 3; line++)
		__builtin_prefetch(entries + line * HW__LINE);
}

static int reap_pass(struct hw__attachment *a, const struct headway_reap_policy *policy,
		     struct headway_reap_report *report)
{
	struct hw__sweep_count count = {0, 0, 0}, before;
	int error = hw__member_ensure(a), unswept;
	uint64_t now;

	if (error)
		return error;
	unswept = hw__members_sweep_dead(a, &count);
	if (unswept && !is_out_of_reach(unswept))
		return unswept;
	hw__attach_swept_take(a, &before);
	report->members_swept = before.members + count.members;
	report->lost = before.lost + count.lost;
	report->blocks_freed = before.blocks + count.blocks + hw__sweep_orphans(a, false);
	now = hw__boot_ns();
	for (uint32_t slot = 0; slot < a->geometry.slots; slot++) {
		look_ahead(a, slot);
		reap_slot(a, policy, slot, now, unswept != 0, report);
	}
	hw__total_add(a, HW__TOTAL_EXPIRED, report->expired);
	return 0;
}

/* ---- a dry run: looks, and stores nothing ---------------------------------------------------- */

static bool is_pinned_by_living(const struct hw__slot *slot, const struct hw__members *dead)
{
	uint64_t pins = 0;

	for (int i = 0; i < HW__PIN_WORDS; i++)
		pins |= hw__load_relaxed(&slot->pins[i]) & ~dead->bits[i];
	return pins != 0;
}

static void dry_slot(struct hw__attachment *a, const struct headway_reap_policy *policy,
		     const struct hw__members *dead, uint32_t slot, uint64_t now, bool members_too,
		     struct headway_reap_report *report)
{
	uint64_t word = hw__load_acquire(&a->slots[slot].word), id_tail;
	uint64_t owner = hw__load_relaxed(&a->slots[slot].owner);
	unsigned status = hw__word_status(word);
	struct ended ended;
	bool lost;

	if (status == HW__RUNNING) {
		lost = hw__is_owned_by(owner, dead) ||
		       owner_died(a, owner, word, members_too, &id_tail);
		report->lost += lost;
		report->live += !lost;
		return;
	}
	if ((status != HW__RETIRING && !hw__status_is_over(status)) ||
	    is_pinned_by_living(&a->slots[slot], dead) ||
	    !ended_look(a, policy, slot, word, &ended) ||
	    (status != HW__RETIRING && !is_expired(&ended, now)))
		return;
	report->expired += status != HW__RETIRING;
	report->blocks_freed += 1 + ended.extents;
}

static void dry_pass(struct hw__attachment *a, const struct headway_reap_policy *policy,
		     struct headway_reap_report *report)
{
	struct hw__members dead;
	bool all_seen = hw__members_dead(a, &dead);
	uint64_t now = hw__boot_ns();

	for (int i = 0; i < HW__PIN_WORDS; i++)
		report->members_swept += (uint64_t)__builtin_popcountll(dead.bits[i]);
	report->blocks_freed = hw__sweep_chunks_count(a, &dead);
	for (uint32_t slot = 0; slot < a->geometry.slots; slot++)
		dry_slot(a, policy, &dead, slot, now, !all_seen, report);
}

/* A size far beyond that of any version shows that the caller has not set it. */
static bool size_is_known(size_t size, size_t least, size_t known)
{
	return hw__size_is_valid(size, least) && size <= known * 4;
}

int headway_reap(struct headway_arena *arena, const struct headway_reap_policy *given,
		 struct headway_reap_report *out)
{
	struct headway_reap_report report = {.size = 0};
	struct headway_reap_policy policy;
	struct hw__attachment *a;
	bool dry = given && given->flags & HEADWAY_DRY_RUN;
	int error = 0;

	if (!arena || (given && (given->flags & ~(unsigned)HEADWAY_DRY_RUN)) ||
	    (given && !size_is_known(given->size, POLICY_LEAST, sizeof *given)) ||
	    (out && !size_is_known(out->size, sizeof(size_t), sizeof report)))
		return -EINVAL;
	if (arena->read_only && !dry)
		return -EACCES;
	a = hw__attachment_get(arena);
	if (!a)
		return -ESTALE;
	policy_take(a, given, &policy);
	if (dry)
		dry_pass(a, &policy, &report);
	else
		error = reap_pass(a, &policy, &report);
	hw__attachment_put(a);
	if (out && !error)
		hw__struct_out(out, &report, sizeof report);
	return error;
}

/* ---- room ------------------------------------------------------------------------------------ */

/* The oldest records of a status, oldest first. */
struct candidates {
	uint32_t count;
	struct candidate {
		uint64_t when_ns, word, extents;
		uint32_t slot;
	} at[BATCH_MAX];
};

/* The room that a call needs, and what is available. */
struct room {
	struct hw__attachment *a;
	enum hw__want want;
	uint32_t batch;   /* records to evict in one pass, since scanning all slots is expensive */
	uint64_t extents; /* needed */
	uint64_t free, evictable;
	uint64_t expired; /* records freed */
	struct candidates finished, errors;
};

static void candidate_add(struct candidates *c, const struct candidate *new)
{
	uint32_t i = c->count;

	if (i == BATCH_MAX && new->when_ns >= c->at[i - 1].when_ns)
		return;
	if (i == BATCH_MAX)
		i--;
	else
		c->count++;
	for (; i && c->at[i - 1].when_ns > new->when_ns; i--)
		c->at[i] = c->at[i - 1];
	c->at[i] = *new;
}

/* Counts the candidates that are gone: a record that another process freed first makes room just as
 * well. */
static uint32_t evict(struct room *room, const struct candidates *c)
{
	uint32_t gone = 0, evicted = 0;

	for (uint32_t i = 0; i < c->count; i++) {
		const struct candidate *at = &c->at[i];

		if (gone >= room->batch && room->free >= room->extents)
			break;
		evicted += hw__slot_retire(room->a, at->slot, at->word) > 0;
		if (hw__load_relaxed(&room->a->slots[at->slot].word) == at->word)
			continue;
		gone++;
		room->free += at->extents;
	}
	hw__total_add(room->a, HW__TOTAL_EVICTED, evicted);
	return gone;
}

static bool room_is_wanted(const struct room *room, uint32_t slot, const struct ended *ended)
{
	if (room->want == HW__WANT_STRIPED_SLOT)
		return slot < room->a->geometry.striped_slots;
	return room->want != HW__WANT_EXTENT || ended->extents;
}

/* Frees the record if it has expired; otherwise remembers it if it is one of the oldest. */
static void room_scan(struct room *room, const struct headway_reap_policy *policy, uint32_t slot,
		      uint64_t now)
{
	struct hw__attachment *a = room->a;
	uint64_t word = hw__load_acquire(&a->slots[slot].word);
	struct candidate new = {.word = word, .slot = slot};
	unsigned status = hw__word_status(word);
	struct ended ended;

	if (!hw__status_is_over(status) || hw__slot_is_pinned(&a->slots[slot]) ||
	    !ended_look(a, policy, slot, word, &ended))
		return;
	room->evictable += ended.extents;
	if (!room_is_wanted(room, slot, &ended))
		return;
	new.when_ns = ended.when_ns;
	new.extents = ended.extents;
	if (is_expired(&ended, now))
		room->expired += hw__slot_retire(a, slot, word) > 0;
	else
		candidate_add(status == HW__FINISHED ? &room->finished : &room->errors, &new);
}

static void extents_count(struct room *room)
{
	const struct hw__pool *pool = &room->a->pools[HW__EXTENTS];

	for (uint32_t i = 0; i < pool->count && room->free < room->extents; i++)
		room->free += hw__state_kind(hw__load_relaxed(hw__chunk_state(pool, i))) ==
			      HW__KIND_FREE;
}

static bool room_evict(struct hw__attachment *a, enum hw__want want, uint64_t extents)
{
	struct room room = {.a = a, .want = want, .extents = extents};
	uint64_t now = hw__boot_ns();
	struct headway_reap_policy policy;

	room.batch = a->geometry.slots / 64;
	room.batch = room.batch < 1 ? 1 : room.batch > BATCH_MAX ? BATCH_MAX : room.batch;
	policy_take(a, NULL, &policy);
	for (uint32_t slot = 0; slot < a->geometry.slots; slot++)
		room_scan(&room, &policy, slot, now);
	hw__total_add(a, HW__TOTAL_EXPIRED, room.expired);
	if (room.expired)
		return true;
	extents_count(&room);
	if (room.free + room.evictable < extents)
		return false;
	return evict(&room, &room.finished) || evict(&room, &room.errors);
}

static bool has_free_block(const struct hw__attachment *a)
{
	const struct hw__pool *pool = &a->pools[HW__BLOCKS];

	for (uint32_t i = 0; i < pool->count; i++)
		if (hw__state_kind(hw__load_relaxed(hw__chunk_state(pool, i))) == HW__KIND_FREE)
			return true;
	return false;
}

/* Idle threads never keep all blocks (I7). If none is free, calls in progress have them, and each
 * frees one at its end. Waits for one for a limited time, since those threads may be stopped or
 * dead. */
static bool block_await(const struct hw__attachment *a)
{
	for (int i = 0; i < YIELDS + SLEEPS; i++) {
		if (has_free_block(a))
			return true;
		if (i < YIELDS)
			sched_yield();
		else
			(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){0, SLEEP_NS},
					      NULL);
	}
	return has_free_block(a);
}

bool hw__make_room(struct hw__attachment *a, enum hw__want want, uint64_t extents)
{
	bool wants_chunk = want == HW__WANT_BLOCK || want == HW__WANT_EXTENT;
	struct hw__sweep_count count = {0, 0, 0};

	if (want == HW__WANT_BLOCK && has_free_block(a))
		return true;
	if (hw__members_sweep_dead(a, &count) == 0 && wants_chunk)
		count.blocks += hw__sweep_orphans(a, true);
	if (wants_chunk && (count.blocks || (want == HW__WANT_BLOCK && block_await(a))))
		return true;
	return room_evict(a, want, extents);
}
