/* SPDX-License-Identifier: BSD-3-Clause */
#include "floors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

void *floor_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	return memory;
}

/* ---- copy, clock, swap ------------------------------------------------------------------------- */

/* A head and the entries of the sample. */
enum { BLOCK = 512, USED = 64 + 264, BLOCKS = 8 };

struct swapped {
	_Alignas(128) uint64_t word; /* number of the swap * ALL + index of the block */
	_Alignas(128) char blocks[BENCH_WORKERS * BLOCKS][BLOCK];
};

enum { ALL = BENCH_WORKERS * BLOCKS };

/* One for each worker, on lines of its own. */
struct swapper {
	_Alignas(128) struct swapped *shared;
	unsigned first, next; /* of its blocks */
	char copy[BLOCK];
	struct timespec now;
};

static bool swap_once(struct swapper *s)
{
	struct swapped *all = s->shared;
	uint64_t word = __atomic_load_n(&all->word, __ATOMIC_ACQUIRE);
	unsigned to = s->first + s->next;

	bench_copy(all->blocks[to], all->blocks[word % ALL], USED);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &s->now);
	bench_keep(s);
	return __atomic_compare_exchange_n(&all->word, &word, (word / ALL + 1) * ALL + to, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

static void swap_run(void *context, uint64_t count)
{
	struct swapper *s = context;

	for (; count; count--) {
		while (!swap_once(s))
			;
		s->next = (s->next + 1) % BLOCKS;
	}
}

static void copy_run(struct swapper *s, uint64_t count)
{
	struct swapped *all = s->shared;

	while (count--) {
		uint64_t word = __atomic_load_n(&all->word, __ATOMIC_ACQUIRE);

		bench_copy(s->copy, all->blocks[word % ALL], USED);
		bench_keep(s);
	}
}

static void swap_or_copy_run(void *context, uint64_t count)
{
	struct swapper *s = context;

	if (s->first)
		copy_run(s, count);
	else
		swap_run(s, count);
}

static void swap_check(void *context, const uint64_t ops[BENCH_WORKERS])
{
	const struct swapped *all = ((struct swapper *)context)->shared;
	uint64_t swaps = all->word / ALL;

	if ((swaps != ops[0] && swaps != ops[0] + ops[1]) ||
	    memcmp(all->blocks[all->word % ALL], all->blocks[BLOCKS - 1], USED) != 0)
		bench_fail("the floor made %llu swaps, not %llu", (unsigned long long)swaps,
			   (unsigned long long)ops[0]);
}

static void *swap_join(void *argument, unsigned worker)
{
	struct swapper *s = aligned_alloc(128, sizeof *s);

	if (!s)
		bench_fail("out of memory");
	*s = (struct swapper){.shared = argument, .first = worker * BLOCKS};
	return s;
}

static struct bench_side swap_side(void (*run)(void *, uint64_t), unsigned workers)
{
	struct swapped *all = floor_memory(sizeof *all);

	all->word = BLOCKS - 1;
	memset(all->blocks[BLOCKS - 1], 'x', USED);
	return (struct bench_side){.name = "the_floor:_copy,_clock,_swap",
				   .workers = workers,
				   .argument = all,
				   .join = swap_join,
				   .run = run,
				   .check = swap_check};
}

struct bench_side floor_swap(void)
{
	return swap_side(swap_run, 1);
}

struct bench_side floor_two_swap(void)
{
	struct bench_side side = swap_side(swap_run, 2);

	side.measure = BENCH_TOTAL;
	return side;
}

struct bench_side floor_swap_beside_copy(void)
{
	return swap_side(swap_or_copy_run, 2);
}

/* ---- a line between two processors --------------------------------------------------------------- */

enum { BOUNCES = 100 };

#define LAST_ONE (UINT64_C(1) << 63)

/* Worker 0 raises the word, and worker 1 answers by raising it again. LAST_ONE: the slice is over. */
struct ball {
	_Alignas(128) uint64_t word;
};

struct player {
	struct ball *ball;
	unsigned worker;
};

static void bounce(struct ball *ball, uint64_t flag)
{
	uint64_t word = __atomic_load_n(&ball->word, __ATOMIC_RELAXED);

	__atomic_store_n(&ball->word, (word + 1) | flag, __ATOMIC_RELEASE);
	while (__atomic_load_n(&ball->word, __ATOMIC_ACQUIRE) != word + 2)
		;
}

static void answer_all(struct ball *ball)
{
	uint64_t word;

	do {
		while (!((word = __atomic_load_n(&ball->word, __ATOMIC_ACQUIRE)) & 1))
			;
		__atomic_store_n(&ball->word, (word & ~LAST_ONE) + 1, __ATOMIC_RELEASE);
	} while (!(word & LAST_ONE));
}

/* An operation is one way. */
static void line_slice(void *context, uint64_t ns, struct bench_slice *out)
{
	struct player *p = context;
	uint64_t begin = bench_now_ns();

	out->ops = 0;
	if (p->worker)
		answer_all(p->ball);
	while (!p->worker && bench_now_ns() - begin < ns) {
		for (unsigned i = 0; i < BOUNCES; i++)
			bounce(p->ball, 0);
		out->ops += 2 * BOUNCES;
	}
	out->ns = bench_now_ns() - begin;
	if (!p->worker)
		bounce(p->ball, LAST_ONE);
	out->disturbed = bench_was_preempted();
}

static void *line_join(void *argument, unsigned worker)
{
	struct player *p = malloc(sizeof *p);

	if (!p)
		bench_fail("out of memory");
	*p = (struct player){argument, worker};
	return p;
}

struct bench_side floor_line(void)
{
	return (struct bench_side){.name = "a_cache_line,_one_processor_to_the_other",
				   .workers = 2,
				   .argument = floor_memory(sizeof(struct ball)),
				   .join = line_join,
				   .slice = line_slice};
}
