/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two writers of one record: A is stopped after instruction i of its call, B after instruction j of
 * its own.
 *
 *   the dead   B is stepped while A is stopped; at each change of the arena a copy is recovered with both
 *              dead, and another with A dead and B's lock held, followed by the death of B
 *   the living from (i, j) on: both continue, in either order; or one is killed and swept in the live
 *              arena, and the other continues, at once or after a third writer has reused what was freed
 *
 * What a dead writer leaves depends on the arena alone, which is the same for all instructions
 * between two that change it: for the dead, all pairs of changing instructions cover all pairs. For
 * the living the values that A has loaded matter too, so i and j are drawn from all instructions:
 * the changing ones, and some others. Where long texts are copied, the copying itself is sampled.
 *
 * --long: the dead, all; of the living, an even sample of all pairs of points with each outcome
 * (--sample N: about N per setting; --all: each). Without it a few of each.
 */
#include "kit/options.h"
#include "step/calls.h"
#include "step/mirror.h"

#include <fcntl.h>

enum { POINTS_MOST = 40, POINTS_MET = 4096, CONTENT_EVERY = 97, LIVING_LONG = 800 };

enum fate { A_THEN_B, B_THEN_A, A_DIES, B_DIES, A_IS_REPLACED, FATES };

/* Two calls on one record. extra: points of a side besides the changing ones; one_in: for long
 * calls, the fraction of pairs of points that is tested. */
struct setting {
	const char *name;
	struct call a, b;
	unsigned extra, one_in;
	bool ends; /* one ends the record, so the other may be too late */
	bool rare; /* in the long form only */
	bool once; /* of two that succeed one changes the record */
};

/* Instructions of a call, made alone, after which to stop. */
struct points {
	uint64_t at[POINTS_MET];
	unsigned count;
	uint64_t all; /* after the last instruction */
};

static struct test_options how;
static uint64_t chance, steps, pairs, recoveries;
static uint64_t lived, lives; /* in the long form: pairs tested, and pairs in all */
static const char *arena_path, *copy_path;

/* ---- the calls ------------------------------------------------------------------------------- */

/* A full thread queue, so that the fast path is taken. */
static void prepare_warm(struct actor *a)
{
	prepare_subject(a);
	for (int i = 0; i < 5; i++)
		NEED(headway_message(a->record, a->subject ? "Note" : "Step", "0") == 0);
}

/* B's texts lie in extents; A writes another one. */
static void prepare_log_b(struct actor *a)
{
	prepare_subject(a);
	NEED(headway_message(a->record, "Log", calls_json[0]) == 0);
}

static int run_two(struct actor *a)
{
	static const struct headway_message two[] = {{"Step", "A"}, {"Beside", "A"}};

	return headway_update(a->record, two, 2);
}

/* Both are known. */
static void prepare_two(struct actor *a)
{
	prepare_known(a);
	for (int i = 0; i < 2; i++)
		NEED(headway_update(a->record,
				    (struct headway_message[]){{"Step", "0"}, {"Beside", "0"}},
				    2) == 0);
}

static int run_step(struct actor *a)
{
	return headway_message(a->record, "Step", "A");
}

static int run_note(struct actor *a)
{
	return headway_message(a->record, "Note", "B");
}

static int run_log(struct actor *a)
{
	return headway_message(a->record, "Log", calls_long[1]);
}

static const struct setting settings[] = {
	{"message, message",
	 {"A", prepare_subject, run_step, 0},
	 {"B", prepare_subject, run_note, 0},
	 8,
	 1,
	 false,
	 false,
	 false},
	{"fast, fast",
	 {"A", prepare_warm, run_step, 0},
	 {"B", prepare_warm, run_note, 0},
	 8,
	 1,
	 false,
	 false,
	 false},
	{"extents, fast",
	 {"A", prepare_in_extents, run_log, 0},
	 {"B", prepare_log_b, run_note, 0},
	 3,
	 5,
	 false,
	 false,
	 false},
	{"extents, extents",
	 {"A", prepare_in_extents, run_log, 0},
	 {"B", prepare_subject, run_log, 0},
	 1,
	 20,
	 false,
	 true,
	 false},
	{"known, message",
	 {"A", prepare_known, run_step, 0},
	 {"B", prepare_subject, run_note, 0},
	 8,
	 1,
	 false,
	 false,
	 false},
	{"known update, message",
	 {"A", prepare_two, run_two, 0},
	 {"B", prepare_subject, run_note, 0},
	 8,
	 1,
	 false,
	 false,
	 false},
	{"fast, known",
	 {"A", prepare_warm, run_step, 0},
	 {"B", prepare_known, run_note, 0},
	 8,
	 1,
	 false,
	 false,
	 false},
	{"new message, message",
	 {"A", prepare_known, run_new_message, 0},
	 {"B", prepare_subject, run_note, 0},
	 8,
	 1,
	 false,
	 false,
	 false},
	{"known end, message",
	 {"A", prepare_known, run_finish, 0},
	 {"B", prepare_subject, run_note, 0},
	 4,
	 1,
	 true,
	 false,
	 false},
	{"known, finish",
	 {"A", prepare_known, run_step, 0},
	 {"B", prepare_subject, run_finish, 0},
	 4,
	 1,
	 true,
	 false,
	 false},
	{"cancel, fast",
	 {"A", prepare_subject, run_cancel, 0},
	 {"B", prepare_warm, run_note, 0},
	 4,
	 1,
	 false,
	 false,
	 false},
	{"cancel, cancel",
	 {"A", prepare_subject, run_cancel, 0},
	 {"B", prepare_subject, run_cancel, 0},
	 8,
	 1,
	 false,
	 false,
	 true},
	{"cancel, finish",
	 {"A", prepare_subject, run_cancel, 0},
	 {"B", prepare_warm, run_finish, 0},
	 4,
	 1,
	 true,
	 false,
	 false},
	{"fast, finish",
	 {"A", prepare_warm, run_step, 0},
	 {"B", prepare_subject, run_finish, 0},
	 4,
	 1,
	 true,
	 false,
	 false},
	{"url, finish", /* the general path, and too late */
	 {"A", prepare_subject, run_url, 0},
	 {"B", prepare_subject, run_finish, 0},
	 8,
	 1,
	 true,
	 true,
	 false},
};

/* ---- both of them ---------------------------------------------------------------------------- */

struct both {
	const struct setting *setting;
	struct actor actor[2];
	struct tracee t[2];
	struct headway_id id;
	uint64_t version; /* version before the calls */
	char name[160];
};

static void read_subject(const struct both *b, struct headway_snapshot **s)
{
	struct headway_options options = {.flags = HEADWAY_READ_ONLY};
	struct headway_arena *arena;
	int error;

	NEED(headway_open(arena_path, &options, &arena) == 0);
	error = headway_read(arena, &b->id, s);
	if (error)
		FAIL("%s: the record cannot be read: %s", b->name, headway_strerror(error));
	headway_close(arena);
}

static void both_start(struct both *b, const struct setting *setting)
{
	struct headway_snapshot *s = NULL;

	memset(b, 0, sizeof *b);
	b->setting = setting;
	b->actor[0].path = b->actor[1].path = arena_path;
	unlink(arena_path);
	tracee_start(&b->t[0], &setting->a, &b->actor[0]);
	b->id = b->t[0].lane->id;
	b->actor[1].subject = &b->id;
	tracee_start(&b->t[1], &setting->b, &b->actor[1]);
	snprintf(b->name, sizeof b->name, "%s", setting->name);
	read_subject(b, &s);
	b->version = s ? s->version : 0;
	headway_snapshot_free(s);
}

/* True if the call is stopped there; false if it was shorter and has returned. */
static bool step_to(struct tracee *t, uint64_t n)
{
	while (t->steps < n) {
		steps++;
		if (!tracee_step(t))
			return false;
	}
	return true;
}

/* True if the call is stopped right after its swap of the word. */
static bool step_to_swap(struct both *b, int side)
{
	struct tracee *t = &b->t[side];
	uint64_t first;
	struct mirror m;
	bool more = true;

	mirror_open(&m, arena_path, copy_path);
	first = *mirror_live_word(&m, b->id.bytes[2]);
	while (more && *mirror_live_word(&m, b->id.bytes[2]) == first) {
		steps++;
		more = tracee_step(t);
	}
	mirror_close(&m);
	return more;
}

static void finish_call(struct tracee *t)
{
	if (t->pid && t->lane->phase != RETURNED)
		tracee_run(t);
}

static const char *message_of(const struct headway_snapshot *s, const char *key)
{
	for (size_t i = 0; i < s->message_count; i++)
		if (strcmp(s->messages[i].key, key) == 0)
			return s->messages[i].value;
	return "";
}

static bool has_done(const struct headway_snapshot *s, const struct call *call)
{
	if (call->run == run_step)
		return strcmp(message_of(s, "Step"), "A") == 0;
	if (call->run == run_two)
		return strcmp(message_of(s, "Step"), "A") == 0 &&
		       strcmp(message_of(s, "Beside"), "A") == 0;
	if (call->run == run_note)
		return strcmp(message_of(s, "Note"), "B") == 0;
	if (call->run == run_new_message)
		return strcmp(message_of(s, "Fresh"), "one") == 0;
	if (call->run == run_log)
		return strcmp(message_of(s, "Log"), calls_long[1]) == 0;
	if (call->run == run_cancel)
		return s->cancel_reason && strcmp(s->cancel_reason, "enough") == 0;
	if (call->run == run_url)
		return strcmp(s->url, "/elsewhere") == 0;
	return s->status == HEADWAY_FINISHED;
}

/* alive: whose call returned result; the other was killed. */
static void judge(const struct both *b, const bool alive[2], const int result[2])
{
	const struct call *call[2] = {&b->setting->a, &b->setting->b};
	struct headway_snapshot *s = NULL;
	uint64_t least = 0, most = 0;

	read_subject(b, &s);
	for (int i = 0; i < 2 && s; i++) {
		bool too_late = b->setting->ends && result[i] == -EALREADY;

		if (alive[i] && result[i] && !too_late)
			FAIL("%s: %s said %s", b->name, call[i]->name, headway_strerror(result[i]));
		least += alive[i] && !result[i];
		most += !alive[i] || !result[i];
		if (alive[i] && !result[i] && !has_done(s, call[i]))
			FAIL("%s: what %s wrote is not there", b->name, call[i]->name);
	}
	if (b->setting->once) {
		least = least > 0;
		most = most > 0;
	}
	if (s && (s->version - b->version < least || s->version - b->version > most))
		FAIL("%s: version went from %llu to %llu, by %llu to %llu expected", b->name,
		     (unsigned long long)b->version, (unsigned long long)s->version,
		     (unsigned long long)least, (unsigned long long)most);
	headway_snapshot_free(s);
}

static void audit(const struct both *b, bool at_rest)
{
	struct headway_options options = {.flags = HEADWAY_READ_ONLY};
	struct headway_fsck_report r = {.size = sizeof r};
	struct headway_arena *arena;

	NEED(headway_open(arena_path, &options, &arena) == 0 && headway_fsck(arena, &r) == 0);
	if (r.leaked || r.damaged || (at_rest && r.in_transit))
		FAIL("%s, %s: leaked %llu damaged %llu in transit %llu: %s", b->name,
		     at_rest ? "at rest" : "in use", (unsigned long long)r.leaked,
		     (unsigned long long)r.damaged, (unsigned long long)r.in_transit, r.first);
	headway_close(arena);
}

/* After both calls, with both processes alive, every chunk that they own is current or kept for the
 * next call. */
static void nothing_in_vain(const struct both *b)
{
	struct mirror m;

	mirror_open(&m, arena_path, copy_path);
	for (uint32_t member = 0; member < 2; member++)
		if (mirror_owned_in_vain(&m, member, b->t[member].lane))
			FAIL("%s: %s keeps what no record refers to", b->name, member ? "B" : "A");
	mirror_close(&m);
}

/* ---- the living ------------------------------------------------------------------------------ */

/* A third process takes the dead member's index and reuses its blocks. */
static void replace_dead(const struct both *b, struct headway_arena *arena)
{
	struct headway_record *r;
	char text[8];

	if (headway_resume(arena, &b->id, &r) != 0)
		return;
	headway_release(r);
	NEED(headway_start(arena, NULL, &r) == 0);
	for (int i = 0; i < 7; i++) {
		snprintf(text, sizeof text, "%d", i);
		NEED(headway_message(r, "Other", text) == 0);
	}
	NEED(headway_finish(r) == 0);
	headway_release(r);
}

/* Kills one at its present instruction and sweeps it: by the process that gets its index, or by a
 * reaper. */
static void kill_and_sweep(struct both *b, int who, bool by_reap, bool reuse)
{
	struct headway_options options = {.flags = HEADWAY_EXISTING};
	struct headway_arena *arena = NULL;

	if (by_reap)
		NEED(headway_open(arena_path, &options, &arena) == 0);
	tracee_kill(&b->t[who]);
	if (!by_reap)
		NEED(headway_open(arena_path, &options, &arena) == 0);
	NEED(headway_reap(arena, NULL, NULL) == 0);
	if (reuse)
		replace_dead(b, arena);
	headway_close(arena);
	audit(b, false);
}

static void living(const struct setting *setting, uint64_t i, uint64_t j, enum fate fate)
{
	static const char *const fates[] = {"both go on, A first", "both go on, B first",
					    "A is killed", "B is killed",
					    "A is killed and replaced"};
	int dies = fate == B_DIES ? 1 : fate >= A_DIES ? 0 : -1, result[2] = {0, 0};
	bool alive[2] = {dies != 0, dies != 1};
	struct both b;

	both_start(&b, setting);
	(void)step_to(&b.t[0], i);
	(void)step_to(&b.t[1], j);
	snprintf(b.name, sizeof b.name, "%s, A at %llu, B at %llu, %s", setting->name,
		 (unsigned long long)i, (unsigned long long)j, fates[fate]);
	if (dies >= 0)
		kill_and_sweep(&b, dies, (i + j) % 2, fate == A_IS_REPLACED);
	finish_call(&b.t[fate == B_THEN_A]);
	audit(&b, false);
	finish_call(&b.t[fate != B_THEN_A]);
	for (int k = 0; k < 2; k++)
		result[k] = alive[k] ? b.t[k].lane->result : 0;
	judge(&b, alive, result);
	if (dies < 0)
		nothing_in_vain(&b);
	for (int k = 0; k < 2; k++)
		if (alive[k])
			tracee_end(&b.t[k]);
	audit(&b, true);
	pairs++;
}

/* ---- the dead -------------------------------------------------------------------------------- */

/* Sweeps A while B's lock is held, as if B were stopped; then sweeps B. before_call: B's lane if its
 * call has not begun, so that everything of B's that A superseded is free after A was swept; NULL if B
 * is inside its call and has chunks of its own. */
static void recover_a_then_b(struct mirror *m, const struct lane *before_call)
{
	struct headway_options options = {.flags = HEADWAY_EXISTING};
	struct headway_fsck_report r = {.size = sizeof r};
	struct headway_arena *arena;
	struct view before, after;

	memcpy(m->copy, m->last, m->bytes);
	view_take(m->reader, &before);
	mirror_member_lock(m, 1, F_WRLCK);
	NEED(headway_open(m->path, &options, &arena) == 0);
	NEED(headway_reap(arena, NULL, NULL) == 0);
	view_take(m->reader, &after);
	mirror_expect(m, &before, &after);
	NEED(headway_fsck(m->reader, &r) == 0);
	if (r.leaked || r.damaged)
		FAIL("%s, instruction %llu, A swept and B not: leaked %llu damaged %llu: %s",
		     m->call, (unsigned long long)m->step, (unsigned long long)r.leaked,
		     (unsigned long long)r.damaged, r.first);
	if (before_call && mirror_owned_in_vain(m, 1, before_call))
		FAIL("%s: what A superseded of B's stays until B ends", m->call);
	mirror_member_lock(m, 1, F_UNLCK);
	NEED(headway_reap(arena, NULL, NULL) == 0);
	headway_close(arena);
	view_take(m->reader, &after);
	mirror_expect(m, &before, &after);
	mirror_audit(m, "A swept, then B");
	m->recovered++;
}

static void dead_look(struct mirror *m, bool by_attach, const struct lane *before_call)
{
	struct view before;

	mirror_recover(m, by_attach ? BY_ATTACH : BY_REAP, &before);
	recover_a_then_b(m, before_call);
	pairs++;
}

/* i 0: A is stopped right after its swap of the word. */
static void dead(const struct setting *setting, uint64_t i)
{
	struct mirror m;
	struct both b;
	uint64_t content = 0;
	size_t where;
	bool more;

	both_start(&b, setting);
	if (i)
		(void)step_to(&b.t[0], i);
	else if (!step_to_swap(&b, 0))
		FAIL("%s: A's call publishes nothing", b.name);
	snprintf(b.name, sizeof b.name, "%s, A at %llu", setting->name,
		 (unsigned long long)b.t[0].steps);
	mirror_open(&m, arena_path, copy_path);
	m.call = b.name;
	dead_look(&m, true, b.t[1].lane);
	do {
		more = tracee_step(&b.t[1]);
		steps++;
		m.step = b.t[1].steps;
		if (!mirror_moved(&m, &where))
			continue;
		if (!mirror_is_content(&m, where) || content++ % CONTENT_EVERY == 0)
			dead_look(&m, m.step % 2, NULL);
	} while (more);
	recoveries += m.recovered;
	mirror_close(&m);
	finish_call(&b.t[0]);
	judge(&b, (bool[]){true, true}, (int[]){b.t[0].lane->result, b.t[1].lane->result});
	tracee_end(&b.t[0]);
	tracee_end(&b.t[1]);
	audit(&b, true);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void point_add(struct points *p, uint64_t at)
{
	if (p->count < POINTS_MET)
		p->at[p->count++] = at;
}

/* Keeps an even sample of the points, from the first to the last. */
static void points_thin(struct points *p)
{
	uint64_t met = p->count;

	if (met <= POINTS_MOST)
		return;
	p->count = POINTS_MOST;
	for (uint64_t i = 0; i < POINTS_MOST; i++)
		p->at[i] = p->at[i * (met - 1) / (POINTS_MOST - 1)];
}

/* Finds the instructions at which a side's call, made alone, changes the arena. */
static void points_find(const struct setting *setting, int side, struct points *p)
{
	uint64_t content = 0;
	struct mirror m;
	struct both b;
	size_t where;
	bool more;

	p->count = 0;
	both_start(&b, setting);
	mirror_open(&m, arena_path, copy_path);
	do {
		more = tracee_step(&b.t[side]);
		if (mirror_moved(&m, &where) &&
		    (!mirror_is_content(&m, where) || content++ % CONTENT_EVERY == 0))
			point_add(p, b.t[side].steps);
	} while (more);
	p->all = b.t[side].steps;
	points_thin(p);
	mirror_close(&m);
	finish_call(&b.t[!side]);
	tracee_end(&b.t[0]);
	tracee_end(&b.t[1]);
}

static uint64_t point_any(const struct points *p)
{
	return check_random(&chance) % 3 ? p->at[check_random(&chance) % p->count]
					 : check_random(&chance) % p->all;
}

static void setting_sample(const struct setting *setting, struct points p[2])
{
	bool is_long = setting->one_in > 1;

	dead(setting, 0);
	if (!is_long)
		dead(setting, point_any(&p[0]));
	for (unsigned n = 0; n < (is_long ? 1 : 4); n++)
		living(setting, point_any(&p[0]), point_any(&p[1]),
		       (enum fate)(check_random(&chance) % FATES));
}

static void setting_all(const struct setting *setting, struct points p[2])
{
	uint64_t all, usual = LIVING_LONG / setting->one_in;

	dead(setting, 0);
	for (unsigned i = 0; i < p[0].count; i++)
		dead(setting, p[0].at[i]);
	for (int side = 0; side < 2; side++)
		for (unsigned n = 0; n < setting->extra; n++)
			point_add(&p[side], check_random(&chance) % p[side].all);
	all = (uint64_t)p[0].count * p[1].count * FATES;
	lives += all;
	for (unsigned i = 0; i < p[0].count; i++)
		for (unsigned j = 0; j < p[1].count; j++)
			for (int fate = 0; fate < FATES; fate++)
				if (options_sampled(&how, usual, all, &chance)) {
					living(setting, p[0].at[i], p[1].at[j], (enum fate)fate);
					lived++;
				}
}

int main(int argc, char **argv)
{
	uint64_t turn;

	how = options_read(argc, argv);
	chance = how.seed;
	check_begin(how.all ? 3000 : 100);
	arena_path = check_path("product");
	copy_path = check_path("product-copy");
	calls_texts();
	printf("seed %#llx\n", (unsigned long long)how.seed);
	turn = check_random(&chance);
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		uint64_t before = pairs;
		struct points p[2];

		if (how.only ? !strstr(settings[i].name, how.only)
			     : !how.all &&
				       (settings[i].rare || (settings[i].one_in > 1 && turn % 2)))
			continue;
		points_find(&settings[i], 0, &p[0]);
		points_find(&settings[i], 1, &p[1]);
		printf("  %s: %llu and %llu instructions, %u and %u stops", settings[i].name,
		       (unsigned long long)p[0].all, (unsigned long long)p[1].all, p[0].count,
		       p[1].count);
		if (how.all)
			setting_all(&settings[i], p);
		else
			setting_sample(&settings[i], p);
		printf(", %llu pairs\n", (unsigned long long)(pairs - before));
	}
	if (how.all)
		printf("covered: %llu of %llu pairs of points of the living, with their fates\n",
		       (unsigned long long)lived, (unsigned long long)lives);
	printf("RESULT product pairs=%llu instructions=%llu recoveries=%llu findings=%u\n",
	       (unsigned long long)pairs, (unsigned long long)steps, (unsigned long long)recoveries,
	       check_failures);
	return check_end();
}
