/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a SIGKILL at each instruction leaves.
 *
 * A process is stepped through one call. After each instruction that changed the arena, the arena
 * is copied and the copy is recovered: no block is lost, nothing is damaged, and every record is
 * complete, as before or as after the call, never in between. An instruction that changes nothing
 * would leave the same copy again. The same is done with a second process stopped in the middle of
 * a call on the same record, and for the sweep itself, on copies that earlier calls left.
 *
 * --long: alone, every change is recovered in two ways; with a partner, each call with each partner
 * at an even sample of the partner's changes (--sample N: about N; --all: each), content sampled;
 * and sweeps of an even sample of all arenas that were seen. Without it a few of each.
 *
 * --hold N: stop the call after instruction N and wait for a debugger; with --only NAME.
 */
#include "kit/options.h"
#include "step/calls.h"
#include "step/mirror.h"

#include "arena/arena.h"
#include "base/word.h"

#include <fcntl.h>

enum { SEEDS_MOST = 30, SEEDS_QUICK = 3, POINTS_LONG = 400 };

/* Copies of arenas with dead members, inputs for tests of the sweep. */
static struct {
	unsigned char *bytes[SEEDS_MOST];
	char name[SEEDS_MOST][96];
	size_t size;
	unsigned count, most;
	uint64_t offered;
} seeds;

static struct {
	uint64_t calls, instructions, changes, recovered;
} sum;

static struct test_options how;
static bool whole; /* every change is recovered, content too */
static uint64_t chance;
static uint64_t points, points_of, points_met; /* limit; existing; tested */
static const char *arena_path, *copy_path;

/* The sweep needs a free member index, and its recovery another one. */
static void seed_offer(const struct mirror *m)
{
	const struct hw__member_line *line = (const void *)(m->last + m->members_off);
	uint32_t dead = 0;
	uint64_t at;

	for (uint32_t p = 0; p < m->members; p++)
		dead += line[p].dirty != 0;
	if (dead + 2 > m->members)
		return;
	at = seeds.offered++;
	if (at >= seeds.most)
		at = check_random(&chance) % seeds.offered;
	if (at >= seeds.most)
		return;
	if (!seeds.bytes[at])
		seeds.bytes[at] = malloc(m->bytes);
	NEED(seeds.bytes[at]);
	memcpy(seeds.bytes[at], m->last, m->bytes);
	snprintf(seeds.name[at], sizeof seeds.name[at], "%.80s", m->call);
	seeds.size = m->bytes;
	if (seeds.count < seeds.most)
		seeds.count++;
}

/* ---- what readers saw in the course of a call ------------------------------------------------ */

struct history {
	struct view first, last;
	unsigned moves[VIEW_SLOTS], all;
};

static bool move_is_right(const struct seen *was, const struct seen *is)
{
	if (!was->there || !is->there)
		return true; /* appeared or vanished; the number of changes is checked at the end */
	if (memcmp(&was->id, &is->id, sizeof is->id) != 0)
		return false;
	if (was->status != HEADWAY_RUNNING)
		return false;
	return is->version == was->version + 1 ||
	       (is->version == was->version && is->content == was->content);
}

static void history_add(struct history *h, const struct mirror *m, const struct view *now)
{
	char was[120], is[120];

	for (int i = 0; i < VIEW_SLOTS; i++) {
		if (seen_same(&h->last.slot[i], &now->slot[i]))
			continue;
		h->moves[i]++;
		h->all++;
		if (!move_is_right(&h->last.slot[i], &now->slot[i]))
			FAIL("%s, instruction %llu: slot %d went from %s to %s", m->call,
			     (unsigned long long)m->step, i, seen_text(&h->last.slot[i], was),
			     seen_text(&now->slot[i], is));
	}
	h->last = *now;
}

static void history_judge(const struct history *h, const struct mirror *m, unsigned flags,
			  int result)
{
	unsigned want = flags & CHANGES_TWICE ? 2 : flags & CHANGES_ONCE ? 1 : 0;

	for (int i = 0; i < VIEW_SLOTS; i++)
		if (h->moves[i] > 2)
			FAIL("%s: slot %d changed %u times", m->call, i, h->moves[i]);
	if (flags & CHANGES_SOME)
		return;
	if (result < 0)
		want = 0;
	if (h->all != want && !(result < 0 && (flags & CHANGES_TWICE)))
		FAIL("%s: %u changes were seen, and %u expected (result %d)", m->call, h->all, want,
		     result);
}

/* ---- one call, stepped ----------------------------------------------------------------------- */

static void watch_step(struct mirror *m, struct history *h, uint64_t change, bool content)
{
	struct view now;

	if (content && !whole && change % 64)
		return;
	if (!content)
		seed_offer(m);
	if (how.all && (whole || change % 4 == 0)) {
		mirror_recover(m, BY_ATTACH, &now);
		mirror_recover(m, BY_REAP | FILL, &now);
	} else {
		mirror_recover(m, (change & 1 ? BY_ATTACH : BY_REAP) | (change % 8 ? 0 : FILL),
			       &now);
	}
	history_add(h, m, &now);
}

/* C1: a reused slot gets its new id tail before its counters lose the values of the old record. */
struct hands {
	struct hw__slot slot[VIEW_SLOTS]; /* content at the last comparison */
	uint64_t old_life[VIEW_SLOTS];    /* id tail of a slot that is being claimed */
};

static bool is_claimed(const struct hw__slot *slot)
{
	return hw__word_status(slot->word) == HW__CLAIM;
}

static void life_comes_first(const struct mirror *m, struct hands *was)
{
	const struct hw__attachment *a = m->reader->current;
	const unsigned char *slots = m->last + ((const unsigned char *)a->slots - a->base);

	NEED(a->geometry.slots <= VIEW_SLOTS);
	for (uint32_t i = 0; i < a->geometry.slots; i++) {
		struct hw__slot *seen = &was->slot[i], now;

		memcpy(&now, slots + i * sizeof now, sizeof now);
		if (!is_claimed(seen))
			was->old_life[i] = now.id_tail;
		else if (is_claimed(&now) && now.id_tail == was->old_life[i] &&
			 memcmp(now.counters, seen->counters, sizeof now.counters) != 0)
			FAIL("%s, instruction %llu: counters of slot %u move in an old life",
			     m->call, (unsigned long long)m->step, i);
		*seen = now;
	}
}

static uint64_t call_step(struct mirror *m, struct tracee *t, struct history *h)
{
	struct hands hands = {0};
	uint64_t changes = 0;
	size_t where;
	bool more;

	do {
		more = tracee_step(t);
		m->step = t->steps;
		if (how.hold && t->steps == how.hold)
			tracee_hold(t, arena_path);
		if (!mirror_moved(m, &where))
			continue;
		life_comes_first(m, &hands);
		watch_step(m, h, ++changes, mirror_is_content(m, where));
	} while (more);
	return changes;
}

static void audit_live(const char *name)
{
	struct headway_options options = {.flags = HEADWAY_READ_ONLY};
	struct headway_fsck_report report = {.size = sizeof report};
	struct headway_arena *arena;

	NEED(headway_open(arena_path, &options, &arena) == 0);
	NEED(headway_fsck(arena, &report) == 0);
	if (report.leaked || report.damaged || report.in_transit)
		FAIL("%s, after the end: leaked %llu damaged %llu in transit %llu: %s", name,
		     (unsigned long long)report.leaked, (unsigned long long)report.damaged,
		     (unsigned long long)report.in_transit, report.first);
	headway_close(arena);
}

/* Steps t through a call with these flags, and checks what readers saw. */
static int watched(struct mirror *m, struct tracee *t, unsigned flags)
{
	struct history h = {0};
	uint64_t changes;
	int result;

	mirror_recover(m, BY_ATTACH, &h.first);
	h.last = h.first;
	changes = call_step(m, t, &h);
	memcpy(m->copy, m->live, m->bytes);
	result = t->lane->result;
	history_judge(&h, m, flags, result);
	printf("  %-64s %6llu instructions %5llu changes %5llu recoveries\n", m->call,
	       (unsigned long long)t->steps, (unsigned long long)changes,
	       (unsigned long long)m->recovered);
	sum.calls++;
	sum.instructions += t->steps;
	sum.changes += changes;
	sum.recovered += m->recovered;
	return result;
}

static void step_alone(const struct call *call, bool owned)
{
	struct actor actor = {.path = arena_path, .owned = owned};
	struct tracee t;
	struct mirror m;
	char name[120];
	int result;

	snprintf(name, sizeof name, "%s%s", call->name, owned ? ", owned" : "");
	unlink(arena_path);
	tracee_start(&t, call, &actor);
	mirror_open(&m, arena_path, copy_path);
	m.call = name;
	result = watched(&m, &t, call->flags);
	if (result != 0)
		FAIL("%s said %d", name, result);
	if (mirror_owned_in_vain(&m, 0, t.lane)) /* member 0 is the caller */
		FAIL("%s is over, and keeps what no record refers to", name);
	tracee_end(&t);
	mirror_close(&m);
	audit_live(name);
}

/* ---- with a partner frozen in its own call on the same record -------------------------------- */

/* Steps the partner to its change number n (0: not at all). False: it makes fewer. */
static bool partner_freeze(struct mirror *m, struct tracee *partner, uint64_t n)
{
	size_t where;

	while (n) {
		bool more = tracee_step(partner);

		if (mirror_moved(m, &where))
			n--;
		if (!more)
			return n == 0;
	}
	return true;
}

/* Number of changes in a partner's whole call, beside a message. */
static uint64_t partner_changes(const struct call *partner)
{
	struct actor actor = {.path = arena_path}, other = {.path = arena_path};
	struct tracee t, p;
	uint64_t changes = 0;
	struct headway_id id;
	struct mirror m;
	size_t where;
	bool more;

	unlink(arena_path);
	tracee_start(&t, call_named("message"), &actor);
	id = t.lane->id;
	other.subject = &id;
	tracee_start(&p, partner, &other);
	mirror_open(&m, arena_path, copy_path);
	do {
		more = tracee_step(&p);
		changes += mirror_moved(&m, &where);
	} while (more);
	mirror_close(&m);
	tracee_end(&p);
	tracee_kill(&t);
	return changes;
}

static bool is_refusal(int result)
{
	return result == -EALREADY || result == -ESTALE || result == -EBUSY;
}

/* False: the partner makes fewer than n changes. */
static bool step_beside(const struct call *call, bool owned, const struct call *partner, uint64_t n)
{
	struct actor actor = {.path = arena_path, .owned = owned}, other = {.path = arena_path};
	struct tracee t, p;
	struct headway_id id;
	struct mirror m;
	unsigned flags = call->flags;
	char name[160];
	bool reached;
	int result;

	snprintf(name, sizeof name, "%s%s, beside %s at its change %llu", call->name,
		 owned ? ", owned" : "", partner->name, (unsigned long long)n);
	unlink(arena_path);
	tracee_start(&t, call, &actor);
	id = t.lane->id;
	other.subject = &id;
	tracee_start(&p, partner, &other);
	mirror_open(&m, arena_path, copy_path);
	m.call = name;
	reached = partner_freeze(&m, &p, n);
	if (reached) {
		memcpy(m.last, m.live, m.bytes);
		/* A partner may hold extents, so that the call has to make room. */
		if (partner->run == run_message_long ||
		    (partner->run != run_message && call->prepare != prepare_subject))
			flags |= CHANGES_SOME;
		result = watched(&m, &t, flags);
		if (result && !is_refusal(result))
			FAIL("%s said %d", name, result);
	} else {
		tracee_run(&t);
	}
	if (p.lane->phase != RETURNED || reached)
		tracee_run(&p);
	if (p.lane->result && !is_refusal(p.lane->result))
		FAIL("%s: the partner said %d", name, p.lane->result);
	tracee_end(&p);
	tracee_end(&t);
	mirror_close(&m);
	audit_live(name);
	return reached;
}

/* ---- the sweep itself ------------------------------------------------------------------------ */

static const struct call sweeps[] = {
	{"sweep by attach", prepare_nothing, run_open, CHANGES_SOME},
	{"sweep by reap", calls_attach, run_reap, CHANGES_SOME},
};

static void arena_put(const unsigned char *bytes, size_t size)
{
	int fd;

	unlink(arena_path);
	fd = open(arena_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	NEED(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	close(fd);
}

static void step_sweep(const struct call *sweep, unsigned seed)
{
	struct actor actor = {.path = arena_path};
	struct tracee t;
	struct mirror m, lock;
	char name[200];
	int result;

	snprintf(name, sizeof name, "%s, of what %s left", sweep->name, seeds.name[seed]);
	arena_put(seeds.bytes[seed], seeds.size);
	mirror_open(&lock, arena_path, copy_path);
	close(lock.fd);
	lock.fd = open(arena_path, O_RDWR | O_CLOEXEC);
	NEED(lock.fd >= 0);
	if (sweep->prepare == calls_attach)
		mirror_lock_dirty(&lock, F_WRLCK);
	tracee_start(&t, sweep, &actor);
	mirror_lock_dirty(&lock, F_UNLCK);
	mirror_close(&lock);
	mirror_open(&m, arena_path, copy_path);
	m.call = name;
	result = watched(&m, &t, sweep->flags);
	if (result != 0)
		FAIL("%s said %d", name, result);
	tracee_end(&t);
	mirror_close(&m);
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool is_chosen(const char *name)
{
	return !how.only || strstr(name, how.only);
}

static void all_alone(void)
{
	unsigned heavy = (unsigned)(check_random(&chance) % 3);

	whole = how.all;
	for (unsigned i = 0; i < calls_count; i++) {
		if (!is_chosen(calls[i].name) || (!how.all && calls[i].flags & LONG))
			continue;
		if (calls[i].flags & HEAVY && heavy++ % 3 && !how.all && !how.only)
			continue;
		step_alone(&calls[i], false);
		if ((how.all && calls[i].run != run_remove) || calls[i].run == run_close)
			step_alone(&calls[i], true);
	}
}

static const char *const partners[] = {
	"message", "message into extents", "update", "finish", "release", "error"};

enum { PARTNERS = sizeof partners / sizeof *partners };

static void beside_partner(const struct call *call, bool owned, const struct call *partner,
			   uint64_t changes)
{
	for (uint64_t n = 0; n < changes; n++) {
		points_of++;
		if (!options_sampled(&how, POINTS_LONG, points, &chance))
			continue;
		(void)step_beside(call, owned, partner, n);
		points_met++;
	}
}

static void all_beside(void)
{
	uint64_t changes[PARTNERS];

	whole = false;
	for (int p = 0; p < PARTNERS && how.all; p++) {
		changes[p] = partner_changes(call_named(partners[p]));
		points += changes[p] * calls_count * 2;
	}
	for (unsigned i = 0; i < calls_count; i++) {
		if (!is_chosen(calls[i].name) || (calls[i].flags & ALONE))
			continue;
		if (!how.all) {
			if (calls[i].flags & QUICK)
				(void)step_beside(&calls[i], true, call_named("message"),
						  1 + check_random(&chance) % 24);
			continue;
		}
		for (int p = 0; p < PARTNERS; p++)
			for (int owned = 0; owned < (calls[i].run == run_remove ? 1 : 2); owned++)
				beside_partner(&calls[i], owned, call_named(partners[p]),
					       changes[p]);
	}
}

static void all_sweeps(void)
{
	uint64_t turn = check_random(&chance);

	for (unsigned i = 0; i < seeds.count; i++)
		for (int s = 0; s < 2; s++)
			if (how.all || ((turn + i) % 6 ? s : !s)) /* an attach takes long */
				step_sweep(&sweeps[s], i);
}

int main(int argc, char **argv)
{
	how = options_read(argc, argv);
	chance = how.seed;
	check_begin(how.all ? 3000 : 100);
	arena_path = check_path("step");
	copy_path = check_path("step-copy");
	seeds.most = how.all ? SEEDS_MOST : SEEDS_QUICK;
	calls_texts();
	printf("seed %#llx\n", (unsigned long long)how.seed);
	all_alone();
	all_beside();
	all_sweeps();
	if (how.all)
		printf("covered: %llu of %llu points beside a partner; sweeps of %u of %llu "
		       "arenas with dead members\n",
		       (unsigned long long)points_met, (unsigned long long)points_of, seeds.count,
		       (unsigned long long)seeds.offered);
	printf("RESULT step calls=%llu instructions=%llu changes=%llu recoveries=%llu "
	       "findings=%u\n",
	       (unsigned long long)sum.calls, (unsigned long long)sum.instructions,
	       (unsigned long long)sum.changes, (unsigned long long)sum.recovered, check_failures);
	return check_end();
}
