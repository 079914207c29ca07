/* SPDX-License-Identifier: BSD-3-Clause */
#include "floor_life.h"
#include "floors.h"
#include "sample.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
	BLOCK = 512,
	HEAD = 64,
	FIRST = 104,
	LAST = 264,
	KEPT = 4,
	RANDOM = 4080,
	ID = 12,
	HANDLE = 256
};
enum { IN_USE = 1, OVER = 2, RETIRING = 3, STATUS_BITS = 2 };

struct floor_slot {
	_Alignas(128) uint64_t word; /* block * 4 + status */
	uint64_t id[2], pins[4];
};

struct floor_block {
	_Alignas(BLOCK) uint64_t state;
	uint64_t times[2];
	char rest[HEAD - 24], entries[BLOCK - HEAD];
};

struct floor_shared {
	struct floor_slot slots[FLOOR_LIVES];
	struct floor_block blocks[FLOOR_LIVES + KEPT];
};

struct floor_pool {
	struct floor_shared *shared;
	unsigned next_slot;
	unsigned kept[KEPT], oldest; /* blocks of this thread */
	unsigned free[FLOOR_LIVES], freed, taken;
	unsigned random_left;
	char random[RANDOM];
};

struct floor_pool *floor_pool_make(void)
{
	struct floor_pool *p = calloc(1, sizeof *p);

	if (!p)
		bench_fail("out of memory");
	p->shared = floor_memory(sizeof *p->shared);
	for (unsigned i = 0; i < FLOOR_LIVES; i++)
		p->free[i] = i;
	for (unsigned i = 0; i < KEPT; i++)
		p->kept[i] = FLOOR_LIVES + i;
	p->freed = FLOOR_LIVES;
	return p;
}

static bool swap(uint64_t *at, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(at, &from, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

static void must_swap(uint64_t *at, uint64_t from, uint64_t to)
{
	if (!swap(at, from, to))
		bench_fail("a swap of the floor failed");
}

static uint64_t clock_of(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void id_draw(struct floor_pool *p, struct floor_slot *slot)
{
	if (p->random_left < ID) {
		if (getrandom(p->random, RANDOM, 0) != RANDOM)
			bench_fail("no random bytes");
		p->random_left = RANDOM;
	}
	p->random_left -= ID;
	memcpy(slot->id, p->random + p->random_left, ID);
}

/* The next revision: the bytes of the one before, a text behind them, the time, a swap. */
static void revise(struct floor_pool *p, struct floor_slot *slot, size_t used, const char *text,
		   unsigned status)
{
	struct floor_shared *s = p->shared;
	unsigned from = (unsigned)(slot->word >> STATUS_BITS), to = p->kept[p->oldest];
	struct floor_block *block = &s->blocks[to];

	__atomic_store_n(&block->state, IN_USE, __ATOMIC_RELEASE);
	bench_copy(block->rest, s->blocks[from].rest, sizeof block->rest + used);
	bench_copy(block->entries + used, text, strlen(text));
	block->times[0] = clock_of(CLOCK_REALTIME_COARSE);
	must_swap(&slot->word, (uint64_t)from << STATUS_BITS | IN_USE,
		  (uint64_t)to << STATUS_BITS | status);
	p->kept[p->oldest] = from;
	p->oldest = (p->oldest + 1) % KEPT;
}

static void begin(struct floor_pool *p, struct floor_slot *slot)
{
	unsigned first = p->free[p->taken++ % FLOOR_LIVES];
	struct floor_block *block = &p->shared->blocks[first];

	must_swap(&slot->word, 0, OVER);
	id_draw(p, slot);
	__atomic_fetch_or(&slot->pins[0], 1, __ATOMIC_SEQ_CST);
	must_swap(&block->state, 0, IN_USE);
	memset(block->entries, 'x', FIRST);
	block->times[0] = clock_of(CLOCK_REALTIME_COARSE);
	block->times[1] = clock_of(CLOCK_BOOTTIME);
	must_swap(&slot->word, OVER, (uint64_t)first << STATUS_BITS | IN_USE);
}

static void live(struct floor_pool *p, struct floor_slot *slot)
{
	void *handle = malloc(HANDLE);
	size_t used = FIRST;
	uint64_t ended;

	bench_keep(handle);
	begin(p, slot);
	for (unsigned i = 0; i < SAMPLE_KEYS; i++, used += (LAST - FIRST) / SAMPLE_KEYS)
		revise(p, slot, used, sample_updates[i].value, IN_USE);
	ended = clock_of(CLOCK_BOOTTIME);
	bench_keep(&ended);
	revise(p, slot, used, "", OVER);
	__atomic_fetch_and(&slot->pins[0], ~UINT64_C(1), __ATOMIC_SEQ_CST);
	free(handle);
}

void floor_lives(struct floor_pool *p, unsigned count)
{
	while (count--)
		live(p, &p->shared->slots[p->next_slot++ % FLOOR_LIVES]);
}

static bool is_over(const struct floor_shared *s, uint64_t word, uint64_t now)
{
	return (word & ((1 << STATUS_BITS) - 1)) == OVER &&
	       s->blocks[word >> STATUS_BITS].times[0] <= now;
}

unsigned floor_reap(struct floor_pool *p)
{
	struct floor_shared *s = p->shared;
	uint64_t now = clock_of(CLOCK_REALTIME_COARSE);
	unsigned count = 0;

	for (unsigned i = 0; i < FLOOR_LIVES; i++) {
		struct floor_slot *slot = &s->slots[i];
		uint64_t word = slot->word;
		unsigned block = (unsigned)(word >> STATUS_BITS);

		if (!is_over(s, word, now))
			continue;
		must_swap(&slot->word, word, RETIRING);
		if (slot->pins[0] | slot->pins[1] | slot->pins[2] | slot->pins[3])
			bench_fail("a slot of the floor is pinned");
		must_swap(&s->blocks[block].state, IN_USE, 0);
		must_swap(&slot->word, RETIRING, 0);
		p->free[p->freed++ % FLOOR_LIVES] = block;
		count++;
	}
	return count;
}
