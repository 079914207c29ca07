/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks and extents: transitions of their states, hints, thread queues. */
#include "fixture.h"

#include <pthread.h>

TestSuite(block, .init = fixture_up, .fini = fixture_down);

enum { ME = 0 };

static struct hw__pool *blocks(void)
{
	return &fx.a->pools[HW__BLOCKS];
}

/* ---- the table ------------------------------------------------------------------------------- */

#define V 41

/* All states in which a function that was given ref (5, V) can find a chunk: this member's,
 * another's, a later version. */
#define S(kind, member, version)                                                                   \
	((uint64_t)(kind) << 62 | (uint64_t)(member) << 48 | (uint64_t)(version))
#define FREE         S(HW__KIND_FREE, 0, V)
#define OWNED        S(HW__KIND_OWNED, ME, V)
#define OWNED_OTHER  S(HW__KIND_OWNED, OTHER, V)
#define OWNED_LATER  S(HW__KIND_OWNED, ME, V + 1)
#define SHARED       S(HW__KIND_SHARED, 0, V)
#define SHARED_LATER S(HW__KIND_SHARED, 0, V + 1)
#define PRIVATE      S(HW__KIND_PRIVATE, ME, V)
#define RET_OTHER    S(HW__KIND_PRIVATE, OTHER, V)
#define RET_LATER    S(HW__KIND_PRIVATE, ME, V + 1)

static const struct {
	uint64_t state, retired, dropped, given_back, helped;
} table[] = {
	{FREE, FREE, FREE, FREE, FREE},
	{OWNED, PRIVATE, FREE, FREE, SHARED},
	{OWNED_OTHER, OWNED_OTHER, OWNED_OTHER, OWNED_OTHER, SHARED},
	{OWNED_LATER, OWNED_LATER, OWNED_LATER, OWNED_LATER, OWNED_LATER},
	{SHARED, PRIVATE, FREE, SHARED, SHARED},
	{SHARED_LATER, SHARED_LATER, SHARED_LATER, SHARED_LATER, SHARED_LATER},
	{PRIVATE, PRIVATE, PRIVATE, FREE, PRIVATE},
	{RET_OTHER, RET_OTHER, RET_OTHER, RET_OTHER, RET_OTHER},
	{RET_LATER, RET_LATER, RET_LATER, RET_LATER, RET_LATER},
};

Test(block, every_step_moves_only_the_states_it_may)
{
	uint64_t ref = hw__ref(5, V), *state = fixture_state(HW__BLOCKS, 5);

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		uint64_t found = table[i].state;

		*state = found;
		cr_expect_eq(hw__chunk_retire(blocks(), ME, ref), table[i].retired != found, "%zu",
			     i);
		cr_expect_eq(*state, table[i].retired, "retire %zu", i);
		*state = found;
		cr_expect_eq(hw__chunk_drop(blocks(), ME, ref), table[i].dropped != found, "%zu",
			     i);
		cr_expect_eq(*state, table[i].dropped, "drop %zu", i);
		*state = found;
		hw__chunk_give_back(blocks(), ME, ref);
		cr_expect_eq(*state, table[i].given_back, "give back %zu", i);
		*state = found;
		hw__chunk_help(blocks(), ref, found);
		cr_expect_eq(*state, table[i].helped, "help %zu", i);
	}
}

Test(block, help_fails_when_the_state_has_changed)
{
	uint64_t *state = fixture_state(HW__BLOCKS, 5);

	*state = hw__state(HW__KIND_PRIVATE, OTHER, V);
	hw__chunk_help(blocks(), hw__ref(5, V), hw__state(HW__KIND_OWNED, OTHER, V));
	cr_expect_eq(*state, hw__state(HW__KIND_PRIVATE, OTHER, V));
}

Test(block, is_taken_unchanged_and_owned_with_the_next_version)
{
	uint64_t ref, owned, *state;

	*fixture_state(HW__BLOCKS, 0) = hw__state(HW__KIND_FREE, 0, V);
	ref = hw__chunk_take(fx.a, HW__BLOCKS, false);
	state = fixture_state(HW__BLOCKS, hw__ref_index(ref));
	cr_expect_eq(ref, hw__ref(0, V));
	cr_expect_eq(*state, hw__state(HW__KIND_PRIVATE, ME, V));
	owned = hw__chunk_own(blocks(), ME, ref);
	cr_expect_eq(owned, hw__ref(0, V + 1));
	cr_expect_eq(*state, hw__state(HW__KIND_OWNED, ME, V + 1));
	hw__chunk_abandon(blocks(), ME, owned);
	cr_expect_eq(*state, hw__state(HW__KIND_PRIVATE, ME, V + 1), "the version never goes down");
	cr_expect_eq(hw__chunk_own(blocks(), ME, owned), hw__ref(0, V + 2));
}

Test(block, versions_wrap_around)
{
	const uint64_t last = (1ull << 36) - 1;
	uint64_t ref;

	*fixture_state(HW__BLOCKS, 0) = hw__state(HW__KIND_FREE, 0, last);
	ref = hw__chunk_take(fx.a, HW__BLOCKS, false);
	ref = hw__chunk_own(blocks(), ME, ref);
	cr_expect_eq(ref, hw__ref(0, 0));
	cr_expect_eq(*fixture_state(HW__BLOCKS, 0), hw__state(HW__KIND_OWNED, ME, 0));
	cr_expect_eq(hw__chunk_retire(blocks(), ME, ref), true);
	hw__chunk_give_back(blocks(), ME, ref);
	cr_expect_eq(*fixture_state(HW__BLOCKS, 0), 0);
}

Test(block, is_freed_once_and_found_again_by_its_hint)
{
	uint64_t ref = hw__chunk_take(fx.a, HW__BLOCKS, false);
	uint32_t index = hw__ref_index(ref);
	uint64_t state = *fixture_state(HW__BLOCKS, index);

	fixture_exhaust(HW__BLOCKS, 0);
	cr_expect(hw__chunk_free(blocks(), index, state));
	cr_expect_not(hw__chunk_free(blocks(), index, state));
	cr_expect_eq(hw__chunk_take(fx.a, HW__BLOCKS, false), ref);
}

/* ---- hints ----------------------------------------------------------------------------------- */

Test(block, all_are_taken_once_and_then_there_is_none)
{
	for (int which = HW__BLOCKS; which <= HW__EXTENTS; which++) {
		uint64_t seen = 0;

		cr_assert_leq(fx.a->pools[which].count, 64);
		for (uint32_t i = 0; i < fx.a->pools[which].count; i++) {
			uint64_t ref = hw__chunk_take(fx.a, (enum hw__pool_index)which, false);

			cr_assert_neq(ref, 0);
			cr_assert_lt(hw__ref_index(ref), fx.a->pools[which].count);
			cr_assert_not(seen >> hw__ref_index(ref) & 1);
			seen |= 1ull << hw__ref_index(ref);
		}
		cr_expect_eq(hw__chunk_take(fx.a, (enum hw__pool_index)which, false), 0);
		cr_expect_eq(hw__chunk_take(fx.a, (enum hw__pool_index)which, true), 0);
	}
}

Test(block, a_wrong_hint_only_costs_a_search_step)
{
	uint32_t count = blocks()->count;
	uint64_t ref;

	for (uint32_t i = 0; i + 1 < count; i++)
		*fixture_state(HW__BLOCKS,
			       i) = hw__state(i % 2 ? HW__KIND_SHARED : HW__KIND_PRIVATE, 0, 3);
	blocks()->hints[0] = UINT64_MAX; /* also those beyond the last block */
	ref = hw__chunk_take(fx.a, HW__BLOCKS, false);
	cr_expect_eq(ref, hw__ref(count - 1, 0));
	cr_expect_eq(hw__chunk_take(fx.a, HW__BLOCKS, false), 0);
	cr_expect_eq(hw__chunk_take(fx.a, HW__BLOCKS, true), 0);
	cr_expect_eq(fixture_count(HW__BLOCKS, HW__KIND_SHARED, 0), (count - 1) / 2,
		     "others' are untouched");
}

Test(block, a_full_search_finds_blocks_without_hints_and_repairs_the_hints)
{
	uint32_t count = blocks()->count;

	blocks()->hints[0] = 0;
	*fixture_state(HW__BLOCKS, 1) = hw__state(HW__KIND_SHARED, 0, 3);
	cr_expect_eq(hw__chunk_take(fx.a, HW__BLOCKS, false), 0);
	cr_expect_eq(hw__chunk_take(fx.a, HW__BLOCKS, true), hw__ref(0, 0));
	for (uint32_t i = 2; i < count; i++)
		cr_expect_neq(hw__chunk_take(fx.a, HW__BLOCKS, false), 0, "%u of %u", i, count);
	cr_expect_eq(hw__chunk_take(fx.a, HW__BLOCKS, true), 0);
}

/* ---- what a thread keeps --------------------------------------------------------------------- */

Test(block, a_queue_returns_the_oldest_and_holds_four)
{
	struct hw__queue *q = hw__queue_get(fx.a);
	uint64_t ref[HW__QUEUE + 1];

	cr_assert_eq(hw__queue_get(fx.a), q);
	for (int i = 0; i <= HW__QUEUE; i++)
		ref[i] = hw__chunk_take(fx.a, HW__BLOCKS, false);
	for (int i = 0; i <= HW__QUEUE; i++)
		hw__queue_push(fx.a, q, ref[i]);
	cr_expect_eq(q->count, HW__QUEUE);
	cr_expect_eq(fixture_count(HW__BLOCKS, HW__KIND_PRIVATE, ME), HW__QUEUE,
		     "the fifth went back");
	cr_expect_eq(*fixture_state(HW__BLOCKS, hw__ref_index(ref[4])), 0);
	fixture_exhaust(HW__BLOCKS, 0);
	for (int i = 0; i < HW__QUEUE; i++)
		cr_expect_eq(hw__queue_pop(fx.a, q, false), ref[i]);
	cr_expect_eq(hw__queue_pop(fx.a, q, false), 0);
	cr_expect_eq(hw__queue_pop(fx.a, q, true), 0);
}

/* A superseded block is reused only after three others were superseded, so that readers have time
 * to finish. */
Test(block, a_queue_that_is_not_full_takes_from_the_pool_first)
{
	struct hw__queue *q = hw__queue_get(fx.a);
	uint64_t kept = hw__chunk_take(fx.a, HW__BLOCKS, false);

	hw__queue_push(fx.a, q, kept);
	for (int i = 1; i < HW__QUEUE; i++) {
		uint64_t ref = hw__queue_pop(fx.a, q, false);

		cr_expect_neq(ref, kept);
		hw__queue_push(fx.a, q, ref);
	}
	cr_expect_eq(hw__queue_pop(fx.a, q, false), kept);
}

Test(block, an_empty_pool_is_searched_again_later)
{
	struct hw__queue *q = hw__queue_get(fx.a);
	uint64_t ref = hw__chunk_take(fx.a, HW__BLOCKS, false),
		 other = hw__chunk_take(fx.a, HW__BLOCKS, false);

	fixture_exhaust(HW__BLOCKS, 0);
	cr_expect_eq(hw__queue_pop(fx.a, q, true), 0);
	hw__queue_push(fx.a, q, ref);
	hw__chunk_give_back(blocks(), ME, other);
	for (int i = 0; i < 1000; i++) {
		uint64_t got = hw__queue_pop(fx.a, q, false);

		if (got == other)
			return;
		cr_assert_eq(got, ref);
		hw__queue_push(fx.a, q, got);
	}
	cr_assert_fail("a block that was given back is never used again");
}

Test(block, a_thread_keeps_a_bounded_number_of_blocks)
{
	struct headway_record *r = fixture_start(NULL);
	uint32_t free_before = fixture_free(HW__BLOCKS);

	for (int i = 0; i < 200; i++) {
		cr_assert_eq(headway_message(r, "n", i % 2 ? "odd" : "even"), 0);
		cr_assert_leq(fixture_kept(ME), HW__QUEUE);
	}
	cr_expect_eq(fixture_kept(ME), HW__QUEUE);
	cr_expect_eq(fixture_free(HW__BLOCKS), free_before - HW__QUEUE);
	headway_release(r);
}

/* Runs in a thread of its own: gets a queue and its limit, and waits until it may end. */
static pthread_barrier_t queue_made, may_end;

static void *get_queue(void *most)
{
	struct hw__queue *q = hw__queue_get(fx.a);

	*(uint32_t *)most = q ? q->capacity : 99;
	pthread_barrier_wait(&queue_made);
	pthread_barrier_wait(&may_end);
	return NULL;
}

/* Four members may keep 16 blocks in all, and another member has 8 of them. */
Test(block, threads_together_keep_only_spare_blocks)
{
	static const uint32_t expected[] = {4, 1, 1, 1, 1, 0, 0};
	enum { COUNT = sizeof expected / sizeof *expected };
	uint64_t *kept = &fx.a->members[ME].reserved;
	uint32_t most[COUNT];
	pthread_t threads[COUNT];

	cr_assert_eq(hw__reservable_blocks(&fx.a->geometry), 16);
	fx.a->members[DEAD].reserved = 8; /* reserved by the threads of another member */
	for (int i = 0; i < COUNT; i++) {
		pthread_barrier_init(&queue_made, NULL, 2);
		if (!i)
			pthread_barrier_init(&may_end, NULL, COUNT + 1);
		cr_assert_eq(pthread_create(&threads[i], NULL, get_queue, &most[i]), 0);
		pthread_barrier_wait(&queue_made);
		cr_expect_eq(most[i], expected[i], "thread %d may keep %u", i, most[i]);
	}
	cr_expect_eq(*kept, 8);
	pthread_barrier_wait(&may_end);
	for (int i = 0; i < COUNT; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(*kept, 0, "they ended");
	fx.a->members[DEAD].reserved = 0;
	cr_expect_eq(hw__queue_get(fx.a)->capacity, HW__QUEUE);
	cr_expect_eq(*kept, HW__QUEUE);
}

Test(block, a_thread_without_a_quota_takes_and_frees_each_block)
{
	struct headway_record *r;
	uint32_t free_before;

	fx.a->members[OTHER].reserved = hw__reservable_blocks(&fx.a->geometry);
	r = fixture_start(NULL);
	free_before = fixture_free(HW__BLOCKS);
	cr_expect_eq(hw__queue_get(fx.a)->capacity, 0);
	for (int i = 0; i < 20; i++) {
		cr_assert_eq(headway_message(r, "n", i % 2 ? "odd" : "even"), 0);
		cr_expect_eq(fixture_free(HW__BLOCKS), free_before);
	}
	cr_expect_eq(headway_finish(r), 0);
	headway_release(r);
	fx.a->members[OTHER].reserved = 0;
	FIXTURE_SOUND();
}

static void *updates(void *record)
{
	for (int i = 0; i < 20; i++)
		if (headway_message(record, "n", "x") != 0)
			return record;
	return NULL;
}

Test(block, a_thread_s_blocks_are_freed_when_it_ends)
{
	struct headway_record *r = fixture_start(NULL);
	uint32_t free_before = fixture_free(HW__BLOCKS);
	pthread_t thread;
	void *failed;

	cr_assert_eq(pthread_create(&thread, NULL, updates, r), 0);
	cr_assert_eq(pthread_join(thread, &failed), 0);
	cr_expect_null(failed);
	cr_expect_eq(fixture_count(HW__BLOCKS, HW__KIND_PRIVATE, ME), 0);
	cr_expect_eq(fixture_free(HW__BLOCKS), free_before);
	headway_release(r);
}

Test(block, a_queue_of_an_ended_membership_is_discarded)
{
	struct headway_record *r = fixture_start(NULL);
	struct headway_options again = {.flags = HEADWAY_EXISTING};

	updates(r);
	headway_release(r);
	headway_close(fx.arena);
	fixture_open(&again);
	cr_expect_eq(hw__queue_get(fx.a)->count, 0);
	cr_expect_eq(fixture_count(HW__BLOCKS, HW__KIND_PRIVATE, ME), 0);
	FIXTURE_SOUND();
}

/* ---- memory ---------------------------------------------------------------------------------- */

Test(block, a_thread_keeps_no_queue_of_arenas_that_it_closed)
{
	struct headway_options existing = {.flags = HEADWAY_EXISTING};
	int queues = 0;

	for (int i = 0; i < 20; i++) {
		struct headway_arena *again;
		struct headway_record *r;

		cr_assert_eq(headway_open(fx.name, &existing, &again), 0);
		cr_assert_eq(headway_start(again, NULL, &r), 0);
		headway_release(r);
		headway_close(again);
	}
	for (struct hw__queue *q = hw__thread_self->queues; q; q = q->next)
		queues++;
	cr_expect_leq(queues, 2);
}

Test(block, a_buffer_grows_and_keeps_what_it_held)
{
	struct hw__buffer b = {NULL, 0};

	cr_assert(hw__buffer_reserve(&b, 1));
	memset(b.bytes, 'x', b.capacity);
	for (size_t bytes = 1; bytes < 100000; bytes = bytes * 3 + 1) {
		cr_assert(hw__buffer_reserve(&b, bytes));
		cr_assert_geq(b.capacity, bytes);
		b.bytes[bytes - 1] = 'x';
		cr_assert_eq(b.bytes[0], 'x');
	}
	hw__buffer_free(&b);
}
