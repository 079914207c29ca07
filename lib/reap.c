/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reap: free what is over and expired, mark what lost its owner, make room when it runs out.
 *
 * Any number of processes may reap at once; each freeing is one compare-and-swap that one of them wins.
 * Killed anywhere: dead members stay dirty, RETIRING slots are finished by the next who meets them.
 */
#include "reap.h"

#include "clock.h"

#include <errno.h>
#include <string.h>

enum {
	BATCH_MAX = 64,
	POLICY_LEAST = offsetof(struct headway_reap_policy, flags) + sizeof(unsigned)
};

/* When a record that is over ended, and what it is to be judged by. */
struct ended {
	uint64_t when_ns;
	uint64_t ttl_seconds;
	bool has_extents;
};

static bool ended_look(const struct hw__attachment *a, const struct headway_reap_policy *policy,
		       uint32_t slot, uint64_t word, struct ended *out)
{
	uint64_t lost = hw__load_relaxed(&a->slots[slot].lost_ns);
	bool finished = hw__word_status(word) == HW__FINISHED;
	uint32_t ttl = finished ? policy->ttl_seconds : policy->error_ttl_seconds;
	struct hw__brief brief;

	if (hw__version_brief(a, hw__word_ref(word), &brief) != 0)
		return false;
	out->when_ns = brief.changed_ns;
	if (hw__word_status(word) == HW__LOST && lost > out->when_ns)
		out->when_ns = lost;
	out->ttl_seconds = brief.origin.ttl_seconds ? brief.origin.ttl_seconds : ttl;
	out->has_extents = brief.overflow || brief.results;
	return true;
}

static bool is_expired(const struct ended *e, uint64_t now)
{
	return now > e->when_ns && now - e->when_ns >= e->ttl_seconds * 1000000000u;
}

static void policy_take(const struct hw__attachment *a, const struct headway_reap_policy *given,
			struct headway_reap_policy *policy)
{
	memset(policy, 0, sizeof *policy);
	if (given)
		*policy = *given;
	if (!policy->ttl_seconds)
		policy->ttl_seconds = a->ttl_seconds;
	if (!policy->error_ttl_seconds)
		policy->error_ttl_seconds = a->error_ttl_seconds;
}

/* ---- one pass ----------------------------------------------------------------------------------------- */

/* A Running record: is its owner dead?  Members are judged by sweeps; a dry run asks for them too. */
static void reap_running(struct hw__attachment *a, uint32_t slot, uint64_t word, bool dry,
			 struct headway_reap_report *report)
{
	uint64_t owner = hw__load_relaxed(&a->slots[slot].owner), life;
	unsigned kind = hw__owner_kind(owner);
	struct hw__brief brief;

	if ((kind == HW__OWNER_PROCESS || (dry && kind == HW__OWNER_MEMBER)) &&
	    hw__version_brief(a, hw__word_ref(word), &brief) == 0 &&
	    hw__owner_alive(a, owner, &brief.origin, true) == 0) {
		memcpy(&life, brief.id + 8, sizeof life); /* of the record that was judged */
		if (dry || hw__slot_lose(a, slot, life, owner)) {
			report->lost++;
			return;
		}
	}
	report->live++;
}

static void reap_slot(struct hw__attachment *a, const struct headway_reap_policy *policy,
		      uint32_t slot, uint64_t now, struct headway_reap_report *report)
{
	uint64_t word = hw__load_acquire(&a->slots[slot].word), freed;
	bool dry = policy->flags & HEADWAY_DRY_RUN;
	unsigned status = hw__word_status(word);
	struct ended ended;

	if (status == HW__RUNNING) {
		reap_running(a, slot, word, dry, report);
		return;
	}
	if (status == HW__RETIRING && !dry)
		report->blocks_freed += hw__slot_retire_finish(a, slot, word);
	if (!hw__status_is_over(status) || !ended_look(a, policy, slot, word, &ended) ||
	    !is_expired(&ended, now))
		return;
	if (dry) {
		report->expired += !hw__slot_is_pinned(&a->slots[slot]);
		return;
	}
	freed = hw__slot_retire(a, slot, word);
	report->expired += freed > 0;
	report->blocks_freed += freed;
}

static uint64_t lost_total(const struct hw__attachment *a)
{
	return hw__load_relaxed(&a->totals[a->member].count[HW__TOTAL_LOST]);
}

static int reap_pass(struct hw__attachment *a, const struct headway_reap_policy *policy,
		     struct headway_reap_report *report)
{
	bool dry = policy->flags & HEADWAY_DRY_RUN;
	struct hw__sweep_count count = {0, 0};
	int error = hw__member_ensure(a);
	uint64_t lost, now;

	if (error)
		return error;
	lost = lost_total(a);
	error = hw__members_sweep_dead(a, dry, &count);
	if (error && error != -ESTALE) /* an arena without a name cannot be swept, only expired */
		return error;
	report->members_swept = count.members;
	report->blocks_freed = count.blocks + (dry ? 0 : hw__sweep_orphans(a, false));
	report->lost = lost_total(a) - lost;
	lost = report->lost;
	now = hw__now_ns();
	for (uint32_t slot = 0; slot < a->geometry.slots; slot++)
		reap_slot(a, policy, slot, now, report);
	if (dry)
		return 0;
	hw__total_add(a, HW__TOTAL_LOST, report->lost - lost);
	hw__total_add(a, HW__TOTAL_EXPIRED, report->expired);
	return 0;
}

static bool size_is_known(size_t size, size_t least, size_t most)
{
	return size == 0 || (size >= least && size <= most * 4);
}

int headway_reap(struct headway_arena *arena, const struct headway_reap_policy *given,
		 struct headway_reap_report *out)
{
	struct headway_reap_report report = {.size = sizeof report};
	struct headway_reap_policy policy;
	struct hw__attachment *a;
	size_t size = out ? out->size : 0;
	int error;

	if (!arena || (given && (given->flags & ~(unsigned)HEADWAY_DRY_RUN)) ||
	    (given && !size_is_known(given->size, POLICY_LEAST, sizeof *given)) ||
	    !size_is_known(size, sizeof(size_t), sizeof report))
		return -EINVAL;
	if (arena->read_only)
		return -EACCES;
	a = hw__attachment_get(arena);
	if (!a)
		return -ESTALE;
	policy_take(a, given, &policy);
	error = reap_pass(a, &policy, &report);
	hw__attachment_put(a);
	if (!size || size > sizeof report)
		size = sizeof report;
	if (out && !error) {
		size_t caller = out->size;

		memcpy(out, &report, size);
		out->size = caller;
	}
	return error;
}

/* ---- room ------------------------------------------------------------------------------------------------ */

/* The oldest of a kind, oldest first. */
struct candidates {
	uint32_t count, most;
	struct {
		uint64_t when_ns, word;
		uint32_t slot;
	} at[BATCH_MAX];
};

static void candidate_add(struct candidates *c, uint32_t slot, uint64_t word, uint64_t when_ns)
{
	uint32_t i = c->count;

	if (i == c->most && when_ns >= c->at[i - 1].when_ns)
		return;
	if (i == c->most)
		i--;
	else
		c->count++;
	for (; i && c->at[i - 1].when_ns > when_ns; i--)
		c->at[i] = c->at[i - 1];
	c->at[i].when_ns = when_ns;
	c->at[i].word = word;
	c->at[i].slot = slot;
}

static uint64_t evict(struct hw__attachment *a, const struct candidates *c)
{
	uint64_t evicted = 0;

	for (uint32_t i = 0; i < c->count; i++)
		evicted += hw__slot_retire(a, c->at[i].slot, c->at[i].word) > 0;
	hw__total_add(a, HW__TOTAL_EVICTED, evicted);
	return evicted;
}

/* Expired records go at once; the oldest of the others are kept for the case that none was. */
static uint64_t room_pass(struct hw__attachment *a, enum hw__want want, struct candidates *finished,
			  struct candidates *errors)
{
	uint32_t slots = want == HW__WANT_STRIPED_SLOT ? a->geometry.striped_slots
						       : a->geometry.slots;
	uint64_t now = hw__now_ns(), expired = 0;
	struct headway_reap_policy policy;

	policy_take(a, NULL, &policy);
	for (uint32_t slot = 0; slot < slots; slot++) {
		uint64_t word = hw__load_acquire(&a->slots[slot].word);
		unsigned status = hw__word_status(word);
		struct ended ended;

		if (!hw__status_is_over(status) || hw__slot_is_pinned(&a->slots[slot]) ||
		    !ended_look(a, &policy, slot, word, &ended) ||
		    (want == HW__WANT_EXTENT && !ended.has_extents))
			continue;
		if (is_expired(&ended, now))
			expired += hw__slot_retire(a, slot, word) > 0;
		else
			candidate_add(status == HW__FINISHED ? finished : errors, slot, word,
				      ended.when_ns);
	}
	hw__total_add(a, HW__TOTAL_EXPIRED, expired);
	return expired;
}

bool hw__make_room(struct hw__attachment *a, enum hw__want want)
{
	uint32_t batch = a->geometry.slots / 64;
	bool wants_unit = want == HW__WANT_BLOCK || want == HW__WANT_EXTENT;
	struct candidates finished, errors;
	struct hw__sweep_count count = {0, 0};

	finished.count = errors.count = 0;
	finished.most = errors.most = batch < 1 ? 1 : batch > BATCH_MAX ? BATCH_MAX : batch;
	if (hw__members_sweep_dead(a, false, &count) == 0 && wants_unit)
		count.blocks += hw__sweep_orphans(a, true);
	if (count.blocks && wants_unit)
		return true;
	if (room_pass(a, want, &finished, &errors))
		return true;
	/* Candidates that another process took before us made room just as well. */
	return evict(a, &finished) || finished.count || evict(a, &errors) || errors.count;
}
