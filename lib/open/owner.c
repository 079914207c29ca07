/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A member lives as long as its byte is locked, wherever it runs: locks know nothing of pids.  The
 * index may have been given to another process since; pid and start time in the member's line tell.
 * A process named by its pid is judged by start time as well, and only in the pid and time namespace
 * that pid and start time are of.  So is a member whose lock cannot be looked at, since the arena has lost its
 * name or this process its rights: who is no process any more is no member.
 *
 * The memory is a table of words, time | key | answer, that any thread replaces whole: a lost update
 * or a collision costs a look, never a wrong answer beyond one in 2^30.
 */
#include "open/owner.h"

#include "base/clock.h"

#include <errno.h>

enum { REMEMBER_MS = 100, KEY_MASK = 0x3fffffff, WRITERS_BITS = 16, WRITERS_MASK = 0xffff };

static int process_lives(const struct hw__attachment *a, const struct hw__origin *origin)
{
	uint64_t start = 0;
	char command[16];
	int error;

	if (!a->pid_namespace || (uint32_t)a->pid_namespace != origin->owner_namespace ||
	    !hw__clock_is_shared(a, origin->time_namespace))
		return -1;
	error = hw__process_stat(origin->owner_pid, &start, command);
	if (error)
		return error == -ESRCH ? 0 : -1;
	return start == origin->owner_start_ticks;
}

static int member_lives(const struct hw__attachment *a, uint32_t member,
			const struct hw__origin *origin)
{
	const struct hw__member_line *line;
	int alive;

	if (member >= a->geometry.members)
		return 0;
	line = &a->members[member];
	if (hw__load_relaxed(&line->pid) != origin->owner_pid ||
	    hw__load_relaxed(&line->start_ticks) != origin->owner_start_ticks)
		return 0; /* the index is somebody else's now */
	alive = hw__member_alive(a, member);
	return alive < 0 ? process_lives(a, origin) : alive;
}

static int ask(const struct hw__attachment *a, uint64_t owner, const struct hw__origin *origin)
{
	switch (hw__owner_kind(owner)) {
	case HW__OWNER_MEMBER:
		return member_lives(a, hw__owner_member(owner), origin);
	case HW__OWNER_PROCESS:
		return process_lives(a, origin);
	}
	return -1;
}

/* One's own records need no asking. */
bool hw__owner_is_self(const struct hw__attachment *a, uint64_t owner,
		       const struct hw__origin *origin)
{
	return hw__owner_kind(owner) == HW__OWNER_MEMBER && a->writable && hw__generation(a) &&
	       hw__owner_member(owner) == a->member && origin->owner_pid == a->self.pid &&
	       origin->owner_start_ticks == a->self.start_ticks;
}

/* The program that exec starts has its predecessor's pid and start time, and may be given its place. */
static uint64_t incarnation(const struct hw__attachment *a, uint64_t owner)
{
	uint32_t member = hw__owner_member(owner);

	return hw__owner_kind(owner) == HW__OWNER_MEMBER && member < a->geometry.members
		       ? hw__load_relaxed(&a->members[member].incarnation)
		       : 0;
}

static uint64_t now_ms(void)
{
	return hw__now_coarse_ns() / 1000000;
}

/* An owner's index in the table (8 bits), and a tag that tells owners of one index apart (30 bits). */
static uint64_t key_of(const struct hw__attachment *a, uint64_t owner,
		       const struct hw__origin *origin)
{
	uint64_t mixed = owner ^ origin->owner_start_ticks << 20 ^ origin->owner_namespace ^
			 incarnation(a, owner) * 0xbf58476d1ce4e5b9u;

	return mixed * 0x9e3779b97f4a7c15u >> 24;
}

/* The table's word for this owner; 0: it has none. */
static uint64_t remembered(const struct hw__attachment *a, uint64_t key)
{
	uint64_t seen = hw__load_relaxed(&a->alive[key >> 32]);

	return (seen >> 2 & KEY_MASK) == (key & KEY_MASK) ? seen : 0;
}

/* -1, 0, 1, or 2: alive, found so while this member's watch said that it relies on it. */
static int answer_of(uint64_t seen)
{
	return (int)(seen & 3) - 1;
}

/* Does a word whose answer is not "dead" still count? */
static bool is_recent(uint64_t seen, uint64_t now)
{
	return seen && (uint32_t)(now - (seen >> 32)) < REMEMBER_MS;
}

/* A dead owner stays dead; its word keeps the time of the query that found it so. */
static void remember(struct hw__attachment *a, uint64_t key, uint64_t now, int answer)
{
	uint64_t seen = remembered(a, key);

	if (answer != 0 || !seen || answer_of(seen) != 0)
		hw__store_relaxed(&a->alive[key >> 32],
				  now << 32 | (key & KEY_MASK) << 2 | (uint64_t)(answer + 1));
}

int hw__owner_alive(struct hw__attachment *a, uint64_t owner, const struct hw__origin *origin,
		    uint64_t now_ns)
{
	uint64_t key, seen, now;
	int alive;

	if (hw__owner_kind(owner) == HW__OWNER_NONE)
		return -1;
	if (hw__owner_is_self(a, owner, origin))
		return 1;
	key = key_of(a, owner, origin);
	seen = remembered(a, key);
	now = now_ns ? now_ns / 1000000 : now_ms();
	if (now_ns && seen && (answer_of(seen) == 0 || is_recent(seen, now)))
		return answer_of(seen) > 1 ? 1 : answer_of(seen);
	alive = ask(a, owner, origin);
	remember(a, key, now, alive);
	return alive;
}

/* How long ago this process found a dead owner dead. */
static uint64_t dead_for_ms(const struct hw__attachment *a, uint64_t owner,
			    const struct hw__origin *origin, uint64_t now)
{
	uint64_t seen = remembered(a, key_of(a, owner, origin));

	return seen ? (uint32_t)(now - (seen >> 32)) : 0;
}

uint64_t hw__owner_dead_ns(const struct hw__attachment *a, uint64_t owner,
			   const struct hw__origin *origin)
{
	return hw__now_coarse_ns() + hw__load_relaxed(&a->suspended_ns) -
	       dead_for_ms(a, owner, origin, now_ms()) * 1000000;
}

/* ---- who relies on a look ------------------------------------------------------------------------------- */

static void watch_until(uint64_t *watch, uint64_t until)
{
	uint64_t seen = hw__load_relaxed(watch);

	while (seen >> WRITERS_BITS < until &&
	       !hw__cas_full(watch, seen, until << WRITERS_BITS | (seen & WRITERS_MASK))) /* L2 */
		seen = hw__load_relaxed(watch);
}

/* 0: dead.  Of an owner that cannot be looked at, -1, this process says so to nobody. */
static int look(struct hw__attachment *a, uint64_t owner, const struct hw__origin *origin)
{
	uint64_t key = key_of(a, owner, origin), seen = remembered(a, key), now = now_ms();
	int alive;

	if (seen && (answer_of(seen) == 0 || (answer_of(seen) != 1 && is_recent(seen, now))))
		return answer_of(seen);
	watch_until(&a->totals[a->member].watch, now + REMEMBER_MS);
	alive = ask(a, owner, origin);
	remember(a, key, now, alive > 0 ? 2 : alive);
	return alive;
}

bool hw__owner_watch(struct hw__attachment *a, uint64_t owner, const struct hw__origin *origin)
{
	(void)hw__fetch_add_full(&a->totals[a->member].watch, 1); /* L1 */
	if (look(a, owner, origin) != 0)
		return true;
	hw__owner_watch_end(a);
	return false;
}

void hw__owner_watch_end(const struct hw__attachment *a)
{
	(void)hw__fetch_add_full(&a->totals[a->member].watch, (uint64_t)-1);
}

/* now: the time for its look to be too old; 0: it is too old already. */
static bool relies(const struct hw__attachment *a, uint32_t member, uint64_t now)
{
	uint64_t watch;

	if (member >= a->geometry.members)
		return false;
	watch = hw__load_acquire(&a->totals[member].watch);
	if (!(watch & WRITERS_MASK) && (!now || now >= watch >> WRITERS_BITS))
		return false;
	return hw__member_alive(a, member) != 0;
}

bool hw__owner_is_relied_on(const struct hw__attachment *a, uint32_t slot, uint64_t owner,
			    const struct hw__origin *origin)
{
	uint64_t now = now_ms(); /* L1, L2: before any watch is loaded */

	if (dead_for_ms(a, owner, origin, now) >= REMEMBER_MS)
		now = 0; /* looks that found it alive are older */
	hw__fence_load();
	for (uint32_t i = 0; i < HW__PIN_WORDS; i++)
		for (uint64_t pins = hw__load_relaxed(&a->slots[slot].pins[i]); pins;
		     pins &= pins - 1)
			if (relies(a, i * 64 + (uint32_t)__builtin_ctzll(pins), now))
				return true;
	return false;
}
