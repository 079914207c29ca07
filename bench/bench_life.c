/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cost of a record's whole life: start, five messages, finish, and its share of the reaping.
 *
 * Reaped, as on a server: a pool of 4096 slots in which some thousand records start and end; from
 * time to time one reaping pass frees all that expired. The shortest time-to-live is one second, so
 * each round fills a few pools, waits (not timed), and reaps them; all rounds use the same pools.
 * The Go program does the same: as many lives, then one pass over its map.
 *
 * Evicted: the pool is full and nobody reaps, so that each start has to make room.
 */
#include "floor_life.h"
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 4096, LIVES = 4000, PARTS = 16, POOLS = 4, GO_SLICE_NS = 1000000 };

static void life(struct headway_arena *arena)
{
	struct headway_record *record;

	bench_must(headway_start(arena, NULL, &record), "headway_start");
	for (unsigned i = 0; i < SAMPLE_KEYS; i++)
		bench_must(headway_message(record, sample_updates[i].key, sample_updates[i].value),
			   "headway_message");
	bench_must(headway_finish(record), "headway_finish");
	headway_release(record);
}

static void arena_verify(struct headway_arena *arena)
{
	struct headway_fsck_report report = {.size = sizeof report};

	bench_must(headway_fsck(arena, &report), "headway_fsck");
	if (report.leaked || report.damaged)
		bench_fail("the audit says: %s", report.first);
}

/* ---- reaped ---------------------------------------------------------------------------------- */

/* Time of each part of a round, in ns a life. Disturbed samples are used only when there are no
 * others. */
struct samples {
	double clean[POOLS * PARTS], all[POOLS * PARTS];
	unsigned clean_count, count;
};

static void sample_add(struct samples *s, double ns, bool disturbed)
{
	s->all[s->count++] = ns;
	if (!disturbed)
		s->clean[s->clean_count++] = ns;
}

static void sample_keep(const struct samples *s, struct bench_result *r, unsigned round)
{
	if (!round)
		return; /* warm-up */
	r->ns[round - 1] = s->clean_count ? bench_figure_of(s->clean, s->clean_count).median
					  : bench_figure_of(s->all, s->count).median;
	r->disturbed += s->clean_count == 0;
	r->rounds = round;
}

static int see(const struct headway_snapshot *s, void *argument)
{
	unsigned *seen = argument;

	*seen += s->status == HEADWAY_FINISHED && s->message_count == SAMPLE_KEYS &&
		 strcmp(s->messages[SAMPLE_KEYS - 1].value, sample_value(SAMPLE_KEYS - 1, 0)) == 0;
	return 0;
}

static void fill_part(struct headway_arena *arena, struct samples *samples)
{
	uint64_t begin, took;

	(void)bench_was_preempted();
	begin = bench_now_ns();
	for (unsigned i = 0; i < LIVES / PARTS; i++)
		life(arena);
	took = bench_now_ns() - begin;
	sample_add(samples, (double)took / (LIVES / PARTS), bench_was_preempted());
}

static void fill(struct headway_arena *arena, struct samples *samples)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < PARTS; i++)
		fill_part(arena, samples);
	bench_must(headway_each(arena, see, &seen), "headway_each");
	if (seen != LIVES)
		bench_fail("%u of %d records are as they should be", seen, LIVES);
}

static void reap(struct headway_arena *arena, struct samples *samples)
{
	struct headway_reap_policy policy = {.size = sizeof policy, .ttl_seconds = 1};
	struct headway_reap_report report = {.size = sizeof report};
	uint64_t begin, took;
	bool disturbed;

	(void)bench_was_preempted();
	begin = bench_now_ns();
	bench_must(headway_reap(arena, &policy, &report), "headway_reap");
	took = bench_now_ns() - begin;
	disturbed = bench_was_preempted();
	sample_add(samples, (double)took / LIVES, disturbed);
	if (report.expired != LIVES || report.live)
		bench_fail("%llu of %d records were reaped", (unsigned long long)report.expired,
			   LIVES);
	arena_verify(arena);
}

/* Each answer of the Go program is the time of one batch of LIVES, which that program has
 * verified. */
static void go_lives(struct go_program *go, const char *command, struct samples *samples)
{
	struct bench_slice slice;

	for (unsigned i = 0; go && i < POOLS; i++) {
		go_slice(go, command, GO_SLICE_NS, &slice);
		sample_add(samples, (double)slice.ns / (double)slice.ops, slice.disturbed);
	}
}

/* The floor: as many lives, and as many reaped. */
static void floor_fill(struct floor_pool *pool, struct samples *samples)
{
	for (unsigned part = 0; part < PARTS; part++) {
		uint64_t begin, took;

		(void)bench_was_preempted();
		begin = bench_now_ns();
		floor_lives(pool, LIVES / PARTS);
		took = bench_now_ns() - begin;
		sample_add(samples, (double)took / (LIVES / PARTS), bench_was_preempted());
	}
}

static void floor_reap_all(struct floor_pool *pool, struct samples *samples)
{
	uint64_t begin, took;
	unsigned count;

	(void)bench_was_preempted();
	begin = bench_now_ns();
	count = floor_reap(pool);
	took = bench_now_ns() - begin;
	sample_add(samples, (double)took / LIVES, bench_was_preempted());
	if (count != LIVES)
		bench_fail("the floor reaped %u of %d", count, LIVES);
}

struct figures {
	struct bench_result living, reaping, whole, go, go_pooled;
	struct bench_result floor_living, floor_reaping, floor_whole;
};

static void whole_keep(struct bench_result *whole, const struct bench_result *living,
		       const struct bench_result *reaping, unsigned round)
{
	if (round)
		whole->ns[round - 1] = living->ns[round - 1] + reaping->ns[round - 1];
	whole->rounds = living->rounds;
	whole->disturbed = living->disturbed + reaping->disturbed;
}

static void reaped_round(struct headway_arena *const arenas[POOLS],
			 struct floor_pool *const pools[POOLS], struct go_program *go,
			 struct figures *f, unsigned round)
{
	struct samples living = {.count = 0}, reaping = living, plain = living, pooled = living;
	struct samples floor_living = living, floor_reaping = living;

	for (unsigned i = 0; i < POOLS; i++)
		fill(arenas[i], &living);
	go_lives(go, "life", &plain);
	go_lives(go, "life-pooled", &pooled);
	for (unsigned i = 0; i < POOLS; i++)
		floor_fill(pools[i], &floor_living);
	usleep(1010000);
	for (unsigned i = 0; i < POOLS; i++)
		reap(arenas[i], &reaping);
	for (unsigned i = 0; i < POOLS; i++)
		floor_reap_all(pools[i], &floor_reaping);
	sample_keep(&living, &f->living, round);
	sample_keep(&reaping, &f->reaping, round);
	if (go) {
		sample_keep(&plain, &f->go, round);
		sample_keep(&pooled, &f->go_pooled, round);
	}
	sample_keep(&floor_living, &f->floor_living, round);
	sample_keep(&floor_reaping, &f->floor_reaping, round);
	whole_keep(&f->whole, &f->living, &f->reaping, round);
	whole_keep(&f->floor_whole, &f->floor_living, &f->floor_reaping, round);
}

static void reaped(void)
{
	static struct figures f;
	struct headway_arena *arenas[POOLS];
	struct floor_pool *pools[POOLS];
	struct go_program *go = go_program();
	unsigned rounds = bench_is_smoke() ? 1 : bench_rounds();

	for (unsigned i = 0; i < POOLS; i++) {
		char name[32];

		snprintf(name, sizeof name, "life-%u", i);
		arenas[i] = sample_arena(name, SLOTS);
		pools[i] = floor_pool_make();
	}
	for (unsigned round = bench_is_smoke(); round <= rounds; round++)
		reaped_round(arenas, pools, go, &f, round);
	bench_say_alone("9", "life,_reaped", &f.whole, VALUE_AT_MOST(400));
	bench_say_alone("9", "of_which:_start_to_finish", &f.living, NO_TARGET);
	bench_say_alone("9", "of_which:_reaping", &f.reaping, NO_TARGET);
	bench_say_pair("9", "life,_reaped", &f.whole, "the_floor:_clocks,_copies,_swaps",
		       &f.floor_whole, NO_TARGET);
	bench_say_pair("9", "of_which:_reaping", &f.reaping, "the_floor", &f.floor_reaping,
		       NO_TARGET);
	if (!go)
		return;
	bench_say_pair("9", "life,_reaped", &f.whole, "Go,_mutex_and_map", &f.go,
		       FASTER_AT_LEAST(5));
	bench_say_pair("9", "life,_reaped", &f.whole, "Go,_random_bytes_pooled", &f.go_pooled,
		       NO_TARGET);
}

/* ---- evicted --------------------------------------------------------------------------------- */

static void *evicted_join(void *argument, unsigned worker)
{
	(void)worker;
	for (unsigned i = 0; i < SLOTS; i++)
		life(argument);
	return argument;
}

static void evicted_run(void *context, uint64_t count)
{
	while (count--)
		life(context);
}

static void evicted_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct headway_info info = {.size = sizeof info};
	uint64_t lives = SLOTS + ops[0];

	bench_must(headway_info(context, &info), "headway_info");
	if (info.started != lives || info.finished != lives ||
	    info.evicted + info.expired + info.slots_used != lives || info.no_room)
		bench_fail("%llu lives, but %llu started, %llu finished, %llu evicted",
			   (unsigned long long)lives, (unsigned long long)info.started,
			   (unsigned long long)info.finished, (unsigned long long)info.evicted);
	arena_verify(context);
}

static void evicted(void)
{
	struct bench_side side = {.name = "evicted",
				  .batch = 64, /* as many as one eviction pass frees */
				  .argument = sample_arena("evicted", SLOTS),
				  .join = evicted_join,
				  .run = evicted_run,
				  .check = evicted_check};
	struct bench_result r;

	if (bench_compare("9 eviction", &side, 1, &r))
		bench_say_alone("9", "life,_evicted", &r, NO_TARGET);
}

int main(void)
{
	bench_pin(0);
	reaped();
	evicted();
	return 0;
}
