/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A member is alive while its byte is locked, in any pid namespace. Its index may have been reused by
 * another process since, which pid and start time in the member's line show. A process named by its
 * pid is identified by its start time, too, and only in the pid and time namespaces that pid and start
 * time belong to. So is a member whose lock cannot be queried, since the arena has lost its name or this
 * process its rights: if its process does not exist, or has not mapped the arena, the member is dead. A
 * program that was started by exec() has its predecessor's pid and start time, but not its mapping.
 *
 * Results are cached in a table of words, time | key | result. Any thread replaces a whole word, so a
 * lost update or a collision only causes one more query. The cached result of another owner is used
 * with a probability of one in 2^30.
 */
#include "open/owner.h"

#include "arena/process.h"
#include "base/clock.h"

#include <errno.h>
#include <unistd.h>

enum { CACHE_MS = HW__OWNER_CACHE_MS, KEY_MASK = 0x3fffffff };

static int process_lives(const struct hw__attachment *a, const struct hw__origin *origin)
{
	uint64_t start = 0, own = hw__load_relaxed(&a->pid_namespace);
	char command[16];
	int error;

	if (!own || (uint32_t)own != origin->owner_namespace ||
	    !hw__clock_is_shared(a, origin->time_namespace))
		return -1;
	error = hw__process_stat(origin->owner_pid, &start, command);
	if (error)
		return error == -ESRCH ? 0 : -1;
	return start == origin->owner_start_ticks;
}

/* Without its lock. */
static int member_process_lives(const struct hw__attachment *a, const struct hw__origin *origin)
{
	int alive = process_lives(a, origin);

	/* some file systems show another inode than that of the file */
	if (alive != 1 || hw__process_maps((uint32_t)getpid(), a->file.ino) != 1)
		return alive;
	return hw__process_maps(origin->owner_pid, a->file.ino) != 0;
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
		return 0; /* another process has the index now */
	alive = hw__member_alive(a, member);
	return alive < 0 ? member_process_lives(a, origin) : alive;
}

static int query(const struct hw__attachment *a, uint64_t owner, const struct hw__origin *origin)
{
	switch (hw__owner_kind(owner)) {
	case HW__OWNER_MEMBER:
		return member_lives(a, hw__owner_member(owner), origin);
	case HW__OWNER_PROCESS:
		return process_lives(a, origin);
	}
	return -1;
}

/* True for this membership's own records, whose owner is alive without a query. */
bool hw__owner_is_self(const struct hw__attachment *a, uint64_t owner,
		       const struct hw__origin *origin)
{
	return hw__owner_kind(owner) == HW__OWNER_MEMBER && a->writable && hw__generation(a) &&
	       hw__owner_member(owner) == a->member && origin->owner_pid == a->self.pid &&
	       origin->owner_start_ticks == a->self.start_ticks;
}

static uint64_t now_ms(void)
{
	return hw__now_coarse_ns() / 1000000;
}

/* The key of an owner: its index in the table (8 bits), and a tag that distinguishes owners with the
 * same index (30 bits). */
static uint64_t key_of(const struct hw__attachment *a, uint64_t owner,
		       const struct hw__origin *origin)
{
	uint64_t mixed = owner ^ origin->owner_start_ticks << 20 ^ origin->owner_namespace ^
			 hw__owner_incarnation(a, owner) * 0xbf58476d1ce4e5b9u;

	return mixed * 0x9e3779b97f4a7c15u >> 24;
}

/* The cached word for this owner; 0: none. */
static uint64_t cached(const struct hw__attachment *a, uint64_t key)
{
	uint64_t seen = hw__load_relaxed(&a->alive[key >> 32]);

	return (seen >> 2 & KEY_MASK) == (key & KEY_MASK) ? seen : 0;
}

/* -1, 0 or 1. */
static int result_of(uint64_t seen)
{
	return (int)(seen & 3) - 1;
}

/* True if a cached result other than "dead" is still valid. */
static bool is_recent(uint64_t seen, uint64_t now)
{
	return seen && (uint32_t)(now - (seen >> 32)) < CACHE_MS;
}

/* now: a time before the query. A dead owner stays dead, and its word keeps a time after the query: this
 * process may have been stopped between the two, and the owner may have been alive until the query. */
static void cache_store(struct hw__attachment *a, uint64_t key, uint64_t now, int result)
{
	uint64_t seen = cached(a, key);

	if (result == 0)
		now = now_ms();
	if (result != 0 || !seen || result_of(seen) != 0)
		hw__store_relaxed(&a->alive[key >> 32],
				  now << 32 | (key & KEY_MASK) << 2 | (uint64_t)(result + 1));
}

int hw__owner_alive_noted(struct hw__attachment *a, uint64_t owner, const struct hw__origin *origin,
			  uint64_t now_ns, struct hw__owner_memo *memo)
{
	uint64_t key, seen, now;
	int alive;

	/* The incarnation is loaded before the key is made of it, so that it is never a later one. */
	*memo = (struct hw__owner_memo){owner, hw__owner_incarnation(a, owner), 0};
	if (hw__owner_kind(owner) == HW__OWNER_NONE)
		return -1;
	if (hw__owner_is_self(a, owner, origin)) {
		memo->since_ns = now_ns;
		return 1;
	}
	key = key_of(a, owner, origin);
	seen = cached(a, key);
	now = now_ns ? now_ns / 1000000 : now_ms();
	if (now_ns && seen && (result_of(seen) == 0 || is_recent(seen, now))) {
		if (result_of(seen) > 0)
			memo->since_ns = now_ns - (uint32_t)(now - (seen >> 32)) * 1000000ull;
		return result_of(seen);
	}
	alive = query(a, owner, origin);
	cache_store(a, key, now, alive);
	return alive;
}

int hw__owner_alive(struct hw__attachment *a, uint64_t owner, const struct hw__origin *origin,
		    uint64_t now_ns)
{
	struct hw__owner_memo memo;

	return hw__owner_alive_noted(a, owner, origin, now_ns, &memo);
}

/* How long ago this process found a dead owner dead. */
static uint64_t dead_for_ms(const struct hw__attachment *a, uint64_t owner,
			    const struct hw__origin *origin, uint64_t now)
{
	uint64_t seen = cached(a, key_of(a, owner, origin));
	int32_t ago = seen ? (int32_t)((uint32_t)now - (uint32_t)(seen >> 32)) : 0;

	return ago > 0 ? (uint64_t)ago : 0; /* another thread may have stored a time after now */
}

uint64_t hw__owner_dead_ns(const struct hw__attachment *a, uint64_t owner,
			   const struct hw__origin *origin)
{
	return hw__now_coarse_ns() + hw__load_relaxed(&a->suspended_ns) -
	       dead_for_ms(a, owner, origin, now_ms()) * 1000000;
}

/* ---- which members rely on a check ------------------------------------------------------------------------------- */

static void watch_until(uint64_t *until, uint64_t end)
{
	uint64_t seen = hw__load_relaxed(until);

	while (seen < end && !hw__cas_full(until, seen, end)) /* L2 */
		seen = hw__load_relaxed(until);
}

/* Returns 0 if the owner is dead. -1, which means unknown, is never reported as lost. */
static int check(struct hw__attachment *a, uint32_t slot, uint64_t owner,
		 const struct hw__origin *origin, uint64_t *checked)
{
	uint64_t key = key_of(a, owner, origin), seen = cached(a, key), now = now_ms();
	uint64_t last = hw__load_relaxed(checked);
	int alive;

	if (seen && result_of(seen) == 0)
		return 0;
	if (last && now - last < CACHE_MS)
		return 1;
	watch_until(&a->watches[a->member].until[slot % HW__WATCH_UNTIL], now + CACHE_MS);
	alive = query(a, owner, origin);
	cache_store(a, key, now, alive);
	if (alive != 0)
		hw__store_relaxed(checked, now);
	return alive;
}

/* Returns the index of the entry that names the slot from now on; HW__WATCH_CALLS: none was free. */
static uint32_t call_begin(struct hw__watch *watch, uint32_t slot)
{
	for (uint32_t k = 0; k < HW__WATCH_CALLS; k++) {
		uint32_t i = (slot + k) % HW__WATCH_CALLS;

		if (!hw__load_relaxed(&watch->calls[i]) &&
		    hw__cas_full(&watch->calls[i], 0, slot + 1ull)) /* L1 */
			return i;
	}
	(void)hw__fetch_add_full(&watch->others, 1); /* L1 */
	return HW__WATCH_CALLS;
}

bool hw__owner_watch(struct hw__attachment *a, uint32_t slot, uint64_t owner,
		     const struct hw__origin *origin, uint64_t *checked, uint32_t *call)
{
	*call = call_begin(&a->watches[a->member], slot);
	if (check(a, slot, owner, origin, checked) != 0)
		return true;
	hw__owner_watch_end(a, *call);
	return false;
}

void hw__owner_watch_end(const struct hw__attachment *a, uint32_t call)
{
	struct hw__watch *watch = &a->watches[a->member];

	if (call < HW__WATCH_CALLS)
		hw__store_release(&watch->calls[call], 0);
	else
		(void)hw__fetch_add_full(&watch->others, (uint64_t)-1);
}

/* True if a thread of the member may be in a call on the slot's record. */
static bool is_in_call(const struct hw__watch *watch, uint32_t slot)
{
	for (uint32_t i = 0; i < HW__WATCH_CALLS; i++)
		if (hw__load_acquire(&watch->calls[i]) == slot + 1ull)
			return true;
	return hw__load_acquire(&watch->others) != 0;
}

/* True if the member may rely on an earlier check of the owner of the slot's record. now: the time by
 * which the check must have expired; 0: it has expired. */
static bool may_rely(const struct hw__attachment *a, uint32_t member, uint32_t slot, uint64_t now)
{
	const struct hw__watch *watch;

	if (member >= a->geometry.members)
		return false;
	watch = &a->watches[member];
	if (!is_in_call(watch, slot) &&
	    (!now || now >= hw__load_acquire(&watch->until[slot % HW__WATCH_UNTIL])))
		return false;
	return hw__member_alive(a, member) != 0;
}

bool hw__owner_is_relied_on(const struct hw__attachment *a, uint32_t slot, uint64_t owner,
			    const struct hw__origin *origin)
{
	uint64_t now = now_ms(); /* L1, L2: before any watch is loaded */

	if (dead_for_ms(a, owner, origin, now) >= CACHE_MS)
		now = 0; /* checks that found it alive are older */
	hw__fence_load();
	for (uint32_t i = 0; i < HW__PIN_WORDS; i++)
		for (uint64_t pins = hw__load_relaxed(&a->slots[slot].pins[i]); pins;
		     pins &= pins - 1)
			if (may_rely(a, i * 64 + (uint32_t)__builtin_ctzll(pins), slot, now))
				return true;
	return false;
}
