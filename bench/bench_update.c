/* SPDX-License-Identifier: BSD-3-Clause */
/* The cost of changing one message of five, compared with the alternatives. */
#include "harness.h"
#include "peers.h"
#include "report.h"
#include "sample.h"

#include <string.h>
#include <time.h>

/* The floor of any scheme that never overwrites what others may read: a copy into a block that was
 * not written recently, the clock, and a compare-and-swap of the word that names the current
 * block. */
enum { BLOCK = 512, USED = 64 + 264, BLOCKS = 5 };

struct floor {
	_Alignas(64) uint64_t word;
	_Alignas(64) char blocks[BLOCKS][BLOCK];
	struct timespec now;
};

static void floor_run(void *context, uint64_t count)
{
	struct floor *f = context;

	while (count--) {
		uint64_t word = __atomic_load_n(&f->word, __ATOMIC_ACQUIRE);

		bench_copy(f->blocks[(word + 1) % BLOCKS], f->blocks[word % BLOCKS], USED);
		clock_gettime(CLOCK_MONOTONIC_COARSE, &f->now);
		bench_keep(f);
		__atomic_compare_exchange_n(&f->word, &word, word + 1, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_ACQUIRE);
	}
}

static void floor_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	struct floor *f = context;

	if (f->word != ops[0] || memcmp(f->blocks[f->word % BLOCKS], f->blocks[0], USED) != 0)
		bench_fail("the floor made %llu swaps, not %llu", (unsigned long long)f->word,
			   (unsigned long long)ops[0]);
}

static bool floor_make(struct bench_side *side)
{
	static struct floor floor;

	memset(floor.blocks[0], 'x', USED);
	*side = (struct bench_side){.name = "the_floor:_copy,_clock,_swap",
				    .argument = &floor,
				    .run = floor_run,
				    .check = floor_check};
	return true;
}

struct opponent {
	bool (*make)(struct bench_side *side);
	struct bench_target target;
};

int main(void)
{
	const struct opponent opponents[] = {
		{floor_make, NO_TARGET},
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
	return 0;
}
