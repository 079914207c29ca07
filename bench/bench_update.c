/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of changing one message of five, compared with the alternatives; of records in turn; and of
 * several messages at once. */
#include "floors.h"
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <string.h>
#include <time.h>

/* ---- records in turn, and several messages at once --------------------------------------------- */

enum { IN_TURN = 8, AT_ONCE = 3 };

struct turns {
	struct sample_writer *writers[IN_TURN];
	unsigned next;
};

static void turns_run(void *context, uint64_t count)
{
	struct turns *t = context;

	while (count--) {
		sample_writer_run(t->writers[t->next], 1);
		t->next = (t->next + 1) % IN_TURN;
	}
}

static void turns_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct turns *t = context;

	for (unsigned i = 0; i < IN_TURN; i++)
		sample_writer_check(t->writers[i], (uint64_t[BENCH_WORKERS]){
							   (ops[0] + IN_TURN - 1 - i) / IN_TURN});
}

/* The records are in one arena. */
static struct turns *turns_make(void)
{
	static struct turns turns;

	turns.writers[0] = sample_writer_make("in-turn", 0);
	for (unsigned i = 1; i < IN_TURN; i++)
		turns.writers[i] = sample_writer_beside(turns.writers[0]);
	return &turns;
}

/* As many records, each under a robust mutex of its own. */
struct mutex_turns {
	struct mutex_writer *writers[IN_TURN];
	unsigned next;
};

static void mutex_turns_run(void *context, uint64_t count)
{
	struct mutex_turns *t = context;

	while (count--) {
		mutex_writer_run(t->writers[t->next], 1);
		t->next = (t->next + 1) % IN_TURN;
	}
}

static struct mutex_turns *mutex_turns_make(void)
{
	static struct mutex_turns turns;

	for (unsigned i = 0; i < IN_TURN; i++)
		turns.writers[i] = mutex_writer_join(mutex_record_make(), 0);
	return &turns;
}

static void at_once_run(void *context, uint64_t count)
{
	struct sample_writer *w = context;

	while (count--) {
		bench_must(headway_update(w->record, &sample_updates[w->next], AT_ONCE),
			   "headway_update");
		w->next = (w->next + SAMPLE_KEYS) % SAMPLE_UPDATES;
	}
}

static void one_by_one_run(void *context, uint64_t count)
{
	struct sample_writer *w = context;

	while (count--) {
		for (unsigned i = 0; i < AT_ONCE; i++)
			bench_must(headway_message(w->record, sample_updates[w->next + i].key,
						   sample_updates[w->next + i].value),
				   "headway_message");
		w->next = (w->next + SAMPLE_KEYS) % SAMPLE_UPDATES;
	}
}

/* versions: how many an operation makes. */
static void some_check(const struct sample_writer *w, uint64_t ops, unsigned versions)
{
	unsigned last = (unsigned)((ops + SAMPLE_VALUES - 1) % SAMPLE_VALUES) * SAMPLE_KEYS;
	struct headway_snapshot *s = NULL;

	bench_must(headway_read(w->arena, &w->id, &s), "headway_read");
	if (s->version != w->first_version + ops * versions)
		bench_fail("version %llu after %llu updates", (unsigned long long)s->version,
			   (unsigned long long)ops);
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (strcmp(s->messages[i].value, sample_updates[last + i].value) != 0)
			bench_fail("%s is \"%s\"", s->messages[i].key, s->messages[i].value);
	headway_snapshot_free(s);
}

static void at_once_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	some_check(context, ops[0], 1);
}

static void one_by_one_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	some_check(context, ops[0], AT_ONCE);
}

static void several(void)
{
	struct bench_side sides[] = {
		{.name = "one record",
		 .argument = sample_writer_make("one-record", 0),
		 .run = sample_writer_run,
		 .check = sample_writer_check},
		{.name = "in turn",
		 .argument = turns_make(),
		 .run = turns_run,
		 .check = turns_check},
		{.name = "at once",
		 .argument = sample_writer_make("at-once", 0),
		 .run = at_once_run,
		 .check = at_once_check},
		{.name = "one by one",
		 .argument = sample_writer_make("one-by-one", 0),
		 .run = one_by_one_run,
		 .check = one_by_one_check},
		{.name = "mutexes in turn", .argument = mutex_turns_make(), .run = mutex_turns_run},
	};
	struct bench_result r[5];

	if (!bench_compare("3 several", sides, 5, r))
		return;
	bench_say_pair("3", "message,_eight_records_in_turn", &r[1], "one_record", &r[0],
		       RATIO_AT_MOST(1.1));
	bench_say_pair("3", "message,_eight_records_in_turn", &r[1], "robust_mutex,_eight_in_turn",
		       &r[4], RATIO_AT_MOST(1.1));
	bench_say_pair("3", "update,_three_messages_at_once", &r[2], "one_by_one", &r[3],
		       NO_TARGET);
}

/* ---- cases ------------------------------------------------------------------------------------- */

static bool update_floor(struct bench_side *side)
{
	*side = floor_swap();
	return true;
}

struct opponent {
	bool (*make)(struct bench_side *side);
	struct bench_target target;
};

int main(void)
{
	const struct opponent opponents[] = {
		{update_floor, NO_TARGET},
		{peer_mutex, RATIO_AT_MOST(0.9)},
		{peer_go, RATIO_AT_MOST(1.25)},
		{peer_urcu, NO_TARGET},
		{peer_ck_epoch, NO_TARGET},
		{peer_lmdb, FASTER_AT_LEAST(6)},
		{peer_sqlite, NO_TARGET},
		{peer_redis, FASTER_AT_LEAST(500)},
		{peer_redis_pipelined, FASTER_AT_LEAST(25)},
	};
	struct bench_side sides[BENCH_SIDES] = {{.name = "headway_message",
						 .argument = sample_writer_make("update", 0),
						 .run = sample_writer_run,
						 .check = sample_writer_check}};
	struct bench_target targets[BENCH_SIDES];
	struct bench_result results[BENCH_SIDES];
	unsigned count = 1;

	for (size_t i = 0; i < sizeof opponents / sizeof *opponents; i++)
		if (opponents[i].make(&sides[count]))
			targets[count++] = opponents[i].target;
	if (!bench_compare("3 update", sides, count, results))
		return 0;
	for (unsigned i = 1; i < count; i++)
		bench_say_pair("3", "message", &results[0], sides[i].name, &results[i], targets[i]);
	several();
	return 0;
}
