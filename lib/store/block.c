/* SPDX-License-Identifier: BSD-3-Clause */
#include "store/block.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- free chunks ----------------------------------------------------------------------------- */

static void hint_set(struct hw__pool *pool, uint32_t index)
{
	hw__or_full(&pool->hints[index / 64], 1ull << index % 64);
}

static uint64_t take_at(const struct hw__pool *pool, uint32_t member, uint32_t index)
{
	uint64_t *state = hw__chunk_state(pool, index), seen = hw__load_acquire(state);

	if (hw__state_kind(seen) != HW__KIND_FREE)
		return 0;
	if (!hw__cas_full(state, seen, hw__state(HW__KIND_PRIVATE, member, hw__version(seen))))
		return 0;
	return hw__ref(index, hw__version(seen));
}

static uint64_t take_in_word(struct hw__pool *pool, uint32_t member, uint32_t at)
{
	uint64_t bits = hw__load_relaxed(&pool->hints[at]), ref;

	while (bits) {
		unsigned bit = (unsigned)__builtin_ctzll(bits);
		uint32_t index = at * 64 + bit;

		bits &= bits - 1;
		if (index >= pool->count || !hw__bit_clear_full(&pool->hints[at], bit))
			continue;
		ref = take_at(pool, member, index);
		if (ref)
			return ref;
	}
	return 0;
}

static uint64_t take_hinted(struct hw__pool *pool, uint32_t member)
{
	uint32_t words = (pool->count + 63) / 64;
	uint32_t start = (uint32_t)hw__load_relaxed(&pool->cursor);

	for (uint32_t i = 0; i < words; i++) {
		uint32_t at = (start + i) % words;
		uint64_t ref = take_in_word(pool, member, at);

		if (!ref)
			continue;
		if (at != start) /* relaxed: only a starting point */
			hw__store_relaxed(&pool->cursor, at);
		return ref;
	}
	return 0;
}

/* Searches all states, not only hints. A hint may be wrong, since a process can be killed between
 * changing a state and changing its bit; wrong hints are corrected on the way. */
static uint64_t take_thorough(struct hw__pool *pool, uint32_t member)
{
	uint64_t taken = 0;

	for (uint32_t i = 0; i < pool->count; i++) {
		if (!taken)
			taken = take_at(pool, member, i);
		else if (hw__state_kind(hw__load_relaxed(hw__chunk_state(pool, i))) ==
				 HW__KIND_FREE &&
			 !(hw__load_relaxed(&pool->hints[i / 64]) >> i % 64 & 1))
			hint_set(pool, i);
	}
	return taken;
}

uint64_t hw__chunk_take(struct hw__attachment *a, enum hw__pool_index which, bool thorough)
{
	struct hw__pool *pool = &a->pools[which];
	uint64_t ref = pool->count ? take_hinted(pool, a->member) : 0;

	if (!ref && thorough)
		ref = take_thorough(pool, a->member);
	if (ref)
		hw__touch(pool->touched, hw__ref_index(ref));
	return ref;
}

bool hw__chunk_free(struct hw__pool *pool, uint32_t index, uint64_t state)
{
	if (!hw__cas_full(hw__chunk_state(pool, index), state,
			  hw__state(HW__KIND_FREE, 0, hw__version(state))))
		return false;
	hint_set(pool, index);
	return true;
}

void hw__chunk_give_back(struct hw__pool *pool, uint32_t member, uint64_t ref)
{
	uint32_t index = hw__ref_index(ref);
	uint64_t version = hw__version(ref);

	if (!hw__chunk_free(pool, index, hw__state(HW__KIND_OWNED, member, version)))
		(void)hw__chunk_free(pool, index, hw__state(HW__KIND_PRIVATE, member, version));
}

bool hw__chunk_drop(struct hw__pool *pool, uint32_t member, uint64_t ref)
{
	uint32_t index = hw__ref_index(ref);
	uint64_t version = hw__version(ref);

	return hw__chunk_free(pool, index, hw__state(HW__KIND_OWNED, member, version)) ||
	       hw__chunk_free(pool, index, hw__state(HW__KIND_SHARED, 0, version));
}

/* ---- what a thread keeps --------------------------------------------------------------------- */

__thread struct hw__thread *hw__thread_self;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static bool thread_key_made;

/* The attachment whose membership has this generation, or NULL. The caller holds the process
 * lock. */
static struct hw__attachment *attachment_of(uint64_t generation)
{
	struct hw__attachment *a = hw__attachments();

	while (a && !(a->writable && hw__generation(a) == generation))
		a = a->next;
	return a;
}

/* Reserves blocks for one more thread's queue, and returns how many it may keep. The member adds
 * the number to its own line first and then sums up all lines, so that concurrent reservations
 * never exceed the limit. A thread gets a full queue while blocks are plentiful, and if it is the
 * first of its member; otherwise one block, which is enough for updates without taking from the
 * pool; or none. */
static uint32_t blocks_reserve(struct hw__attachment *a)
{
	uint64_t *mine = &a->members[a->member].reserved,
		 most = hw__reservable_blocks(&a->geometry);
	uint64_t plenty = hw__load_relaxed(mine) ? most / 2 : most;

	for (uint32_t n = HW__QUEUE; n; n = n > 1 ? 1 : 0) {
		uint64_t sum = 0;

		(void)hw__fetch_add_full(mine, n);
		hw__fence_rmw_load(); /* reserve first, then sum up */
		for (uint32_t p = 0; p < a->geometry.members; p++)
			sum += hw__load_relaxed(&a->members[p].reserved);
		if (sum <= (n > 1 ? plenty : most))
			return n;
		(void)hw__fetch_add_full(mine, -(uint64_t)n);
	}
	return 0;
}

static void queue_end(struct hw__queue *q)
{
	struct hw__attachment *a;

	hw__process_lock(); /* so that no other thread detaches */
	a = attachment_of(q->generation);
	for (uint32_t i = 0; a && i < q->count; i++)
		hw__chunk_give_back(&a->pools[HW__BLOCKS], a->member,
				    q->ref[(q->head + i) % HW__QUEUE]);
	if (a)
		(void)hw__fetch_add_full(&a->members[a->member].reserved, -(uint64_t)q->capacity);
	hw__process_unlock();
	free(q);
}

static void thread_end(void *argument)
{
	struct hw__thread *t = argument;

	while (t->queues) {
		struct hw__queue *q = t->queues;

		t->queues = q->next;
		queue_end(q);
	}
	for (int i = 0; i < HW__SCRATCH_COUNT; i++)
		hw__buffer_free(&t->scratch[i]);
	free(t);
	hw__thread_self = NULL;
}

static void thread_set_up(void)
{
	thread_key_made = pthread_key_create(&thread_key, thread_end) == 0;
}

/* As in rcu.c: a thread that ends after the library was unloaded must not call into it. */
static __attribute__((destructor)) void thread_key_delete(void)
{
	if (thread_key_made)
		(void)pthread_key_delete(thread_key);
}

static struct hw__thread *thread_get(void)
{
	if (!hw__thread_self) {
		pthread_once(&thread_once, thread_set_up);
		if (!thread_key_made)
			return NULL;
		hw__thread_self = calloc(1, sizeof *hw__thread_self);
		if (hw__thread_self)
			pthread_setspecific(thread_key, hw__thread_self);
	}
	return hw__thread_self;
}

/* Discards the queues of ended memberships; their blocks were swept. */
static void queues_prune(struct hw__thread *t)
{
	struct hw__queue **at = &t->queues;

	while (*at) {
		struct hw__queue *q = *at;
		bool alive;

		hw__process_lock();
		alive = attachment_of(q->generation) != NULL;
		hw__process_unlock();
		if (alive) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		free(q);
	}
}

static struct hw__queue *queue_make(struct hw__thread *t, struct hw__attachment *a,
				    uint64_t generation)
{
	struct hw__queue *q = calloc(1, sizeof *q);

	if (!q)
		return NULL;
	queues_prune(t);
	q->generation = generation;
	hw__process_lock(); /* so that no other thread detaches */
	if (generation && hw__generation(a) == generation)
		q->capacity = blocks_reserve(a);
	hw__process_unlock();
	q->next = t->queues;
	t->queues = q;
	return q;
}

struct hw__queue *hw__queue_get(struct hw__attachment *a)
{
	uint64_t generation = hw__generation(a);
	struct hw__thread *t = thread_get();
	struct hw__queue **at, *q;

	if (!t)
		return NULL;
	for (at = &t->queues; (q = *at); at = &q->next) {
		if (q->generation != generation)
			continue;
		*at = q->next;
		q->next = t->queues;
		t->queues = q;
		return q;
	}
	return queue_make(t, a, generation);
}

uint64_t hw__queue_pop(struct hw__attachment *a, struct hw__queue *q, bool thorough)
{
	uint64_t ref = 0;

	if (q->count < q->capacity && !(q->pool_backoff && q->pool_backoff--)) {
		ref = hw__chunk_take(a, HW__BLOCKS, false);
		q->pool_backoff = ref ? 0 : 64;
	}
	if (!ref && q->count)
		ref = hw__queue_oldest(q);
	if (ref || (q->capacity && !thorough))
		return ref;
	return hw__chunk_take(a, HW__BLOCKS, thorough);
}

/* Maps larger memory with the buffer's content; MAP_FAILED on failure. */
static void *buffer_grow(const struct hw__buffer *buffer, size_t capacity)
{
	void *memory;

	if (buffer->capacity >= HW__BUFFER_MAPPED)
		return mremap(buffer->bytes, buffer->capacity, capacity, MREMAP_MAYMOVE);
	if (capacity < HW__BUFFER_MAPPED) {
		memory = realloc(buffer->bytes, capacity);
		return memory ? memory : MAP_FAILED;
	}
	memory = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return memory;
	if (buffer->capacity)
		memcpy(memory, buffer->bytes, buffer->capacity);
	free(buffer->bytes);
	return memory;
}

bool hw__buffer_reserve(struct hw__buffer *buffer, size_t bytes)
{
	size_t grown = (bytes + 4095) / 4096 * 4096;
	void *memory;

	if (bytes <= buffer->capacity)
		return true;
	if (grown < buffer->capacity * 2)
		grown = buffer->capacity * 2;
	memory = grown < bytes ? MAP_FAILED : buffer_grow(buffer, grown);
	if (memory == MAP_FAILED)
		return false;
	buffer->bytes = memory;
	buffer->capacity = grown;
	return true;
}

void hw__buffer_free(struct hw__buffer *buffer)
{
	if (buffer->capacity >= HW__BUFFER_MAPPED)
		(void)munmap(buffer->bytes, buffer->capacity);
	else
		free(buffer->bytes);
	buffer->bytes = NULL;
	buffer->capacity = 0;
}

void hw__scratch_done(enum hw__scratch_use use)
{
	struct hw__thread *t = hw__thread_self;

	if (t && t->scratch[use].capacity >= HW__BUFFER_MAPPED)
		hw__buffer_free(&t->scratch[use]);
}

struct hw__buffer *hw__scratch(enum hw__scratch_use use)
{
	struct hw__thread *t = thread_get();

	return t ? &t->scratch[use] : NULL;
}
