/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include "kit/check.h"

#include "store/block.h"

#include <pthread.h>
#include <ucontext.h>

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

enum {
	PLACES = 1 << 15, /* words in a run; a power of two */
	STORES = 1 << 18,
	PENDING = 64,
	VIEW_WORDS = 1 << 23,
	STACK_BYTES = 256 << 10
};

/* A view: for each place the stamp of the oldest store that may still be seen. It has as many
 * entries as there were places when it was copied, and does not restrict later places. */
struct view {
	uint32_t count;
	uint32_t stamp[];
};

struct store {
	uint64_t value;
	uint32_t stamp, older; /* index of the previous store, 0: none */
	const struct view *view;
};

struct place {
	const uint64_t *at;
	uint32_t newest; /* index of the newest store */
};

struct thread {
	ucontext_t context;
	void (*run)(void *argument);
	void *argument, *stack;
	struct hw__thread *library;
	bool is_done;
	uint32_t now[PLACES];
	const struct view *released;
	const struct view *pending[PENDING];
	unsigned pending_count;
};

static struct {
	bool is_on;
	uintptr_t arena; /* address of the arena; other memory is private or protected by locks */
	size_t arena_bytes;
	uint64_t chance;
	/* probabilities in 65536: a load returns an older store; the thread is switched after an access */
	unsigned stale, preempt;
	struct thread thread[WEAK_THREADS];
	struct thread *running;
	unsigned threads;
	ucontext_t home;
	uint32_t table[PLACES * 2]; /* hash table from addresses to places, 1 + index; 0: none */
	struct place place[PLACES];
	uint32_t places;
	struct store store[STORES];
	uint32_t stores, stamp;
	uint32_t full[PLACES]; /* the view that full operations share */
	uint32_t words[VIEW_WORDS];
	uint32_t words_used;
	uint64_t accesses, looked_back;
} weak;

void weak_arena(const void *at, size_t bytes)
{
	weak.arena = (uintptr_t)at;
	weak.arena_bytes = bytes;
}

void weak_seed(uint64_t seed)
{
	weak.chance = seed;
}

void weak_counts(uint64_t *accesses, uint64_t *looked_back)
{
	*accesses = weak.accesses;
	*looked_back = weak.looked_back;
}

uint64_t weak_random(void)
{
	return check_random(&weak.chance);
}

bool weak_happens(unsigned of_65536)
{
	return (weak_random() & 0xffff) < of_65536;
}

static _Noreturn void weak_full_up(const char *what)
{
	fprintf(stderr, "weak: more %s in a run than there is room for\n", what);
	exit(1);
}

/* ---- views ----------------------------------------------------------------------------------- */

static const struct view *view_copy(const uint32_t *stamps)
{
	struct view *view = (void *)&weak.words[weak.words_used];

	weak.words_used += 1 + weak.places;
	if (weak.words_used > VIEW_WORDS)
		weak_full_up("views");
	view->count = weak.places;
	memmove(view->stamp, stamps, weak.places * sizeof *stamps);
	return view;
}

static void view_join(uint32_t *to, const uint32_t *from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		to[i] = to[i] > from[i] ? to[i] : from[i];
}

/* Either may be NULL, which stands for the empty view. */
static const struct view *view_of_both(const struct view *a, const struct view *b)
{
	uint32_t *stamps;

	if (!a || !b || a == b)
		return a ? a : b;
	stamps = &weak.words[weak.words_used + 1];
	if (weak.words_used + 1 + weak.places > VIEW_WORDS)
		weak_full_up("views");
	memset(stamps, 0, weak.places * sizeof *stamps);
	view_join(stamps, a->stamp, a->count);
	view_join(stamps, b->stamp, b->count);
	return view_copy(stamps);
}

static void pending_join(struct thread *t)
{
	for (unsigned i = 0; i < t->pending_count; i++)
		view_join(t->now, t->pending[i]->stamp, t->pending[i]->count);
	t->pending_count = 0;
}

/* The view of a loaded store takes effect at the next load fence. */
static void pending_add(struct thread *t, const struct view *view)
{
	if (!view)
		return;
	for (unsigned i = t->pending_count; i-- > 0;)
		if (t->pending[i] == view)
			return;
	if (t->pending_count == PENDING)
		weak_full_up("views to join");
	t->pending[t->pending_count++] = view;
}

static void full_order(struct thread *t)
{
	pending_join(t);
	view_join(t->now, weak.full, weak.places);
	memcpy(weak.full, t->now, weak.places * sizeof *weak.full);
	t->released = view_copy(t->now);
}

/* ---- words ----------------------------------------------------------------------------------- */

static uint32_t store_add(struct place *place, uint64_t value, uint32_t stamp,
			  const struct view *view)
{
	if (++weak.stores >= STORES)
		weak_full_up("stores");
	weak.store[weak.stores] = (struct store){value, stamp, place->newest, view};
	place->newest = weak.stores;
	return weak.stores;
}

static uint32_t place_of(const uint64_t *at)
{
	uint32_t hash = (uint32_t)((uintptr_t)at / 8 * 0x9e3779b97f4a7c15ull >> 40);
	uint32_t *entry;

	for (;; hash++) {
		entry = &weak.table[hash % (PLACES * 2)];
		if (!*entry)
			break;
		if (weak.place[*entry - 1].at == at)
			return *entry - 1;
	}
	if (weak.places == PLACES)
		weak_full_up("words");
	weak.place[weak.places] = (struct place){at, 0};
	(void)store_add(&weak.place[weak.places], *at, 0, NULL);
	*entry = ++weak.places;
	return weak.places - 1;
}

/* All stores to the arena go through this function. */
static uint32_t newest_of(uint32_t index)
{
	const struct place *place = &weak.place[index];

	if (weak.store[place->newest].value == *(const volatile uint64_t *)place->at)
		return place->newest;
	fprintf(stderr, "weak: the word at %#zx of the arena was stored to in another way\n",
		(size_t)((uintptr_t)place->at - weak.arena));
	exit(1);
}

static uint32_t store_new(uint32_t index, uint64_t value, const struct view *view)
{
	struct place *place = &weak.place[index];

	(void)newest_of(index);
	*(volatile uint64_t *)(uintptr_t)place->at = value;
	weak.running->now[index] = ++weak.stamp;
	return store_add(place, value, weak.stamp, view);
}

/* ---- threads --------------------------------------------------------------------------------- */

static struct thread *next_of(struct thread *now)
{
	unsigned start = (unsigned)(weak_random() % weak.threads);

	for (unsigned i = 0; i < weak.threads; i++) {
		struct thread *t = &weak.thread[(start + i) % weak.threads];

		if (!t->is_done && t != now)
			return t;
	}
	return now && !now->is_done ? now : NULL;
}

static void switch_to(struct thread *to)
{
	struct thread *from = weak.running;

	if (to == from)
		return;
	from->library = hw__thread_self;
	hw__thread_self = to->library;
	weak.running = to;
	if (swapcontext(&from->context, &to->context))
		abort();
}

void weak_yield(void)
{
	if (weak.is_on)
		switch_to(next_of(weak.running));
}

/* False: an ordinary access. */
static bool access_begin(const uint64_t *at)
{
	if (!weak.is_on)
		return false;
	weak.accesses++;
	if (weak_happens(weak.preempt))
		weak_yield();
	return (uintptr_t)at - weak.arena < weak.arena_bytes;
}

static void thread_main(void)
{
	struct thread *t = weak.running, *next;

	t->run(t->argument);
	t->is_done = true;
	t->library = hw__thread_self;
	next = next_of(t);
	hw__thread_self = next ? next->library : NULL;
	if (next)
		weak.running = next;
	setcontext(next ? &next->context : &weak.home);
	abort();
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
	while (weak.is_on) {
		if (pthread_mutex_trylock(mutex) == 0)
			return 0;
		weak_yield();
	}
	return __real_pthread_mutex_lock(mutex);
}

/* ---- accesses -------------------------------------------------------------------------------- */

uint64_t weak_load(const uint64_t *at, enum weak_order order)
{
	struct thread *t;
	const struct store *s;
	uint32_t index;

	if (!access_begin(at))
		return __atomic_load_n(at, __ATOMIC_SEQ_CST);
	t = weak.running;
	index = place_of(at);
	s = &weak.store[newest_of(index)];
	while (s->older && weak.store[s->older].stamp >= t->now[index] &&
	       weak_happens(weak.stale)) {
		s = &weak.store[s->older];
		weak.looked_back++;
	}
	t->now[index] = s->stamp > t->now[index] ? s->stamp : t->now[index];
	if (order != WEAK_RELAXED && s->view)
		view_join(t->now, s->view->stamp, s->view->count);
	else
		pending_add(t, s->view);
	return s->value;
}

void weak_store(uint64_t *at, uint64_t value, enum weak_order order)
{
	struct thread *t;
	uint32_t index;

	if (!access_begin(at)) {
		__atomic_store_n(at, value, __ATOMIC_SEQ_CST);
		return;
	}
	t = weak.running;
	index = place_of(at);
	(void)store_new(index, value, order == WEAK_RELAXED ? t->released : view_copy(t->now));
}

/* Reads the newest store; the new store carries the views of all before it. */
static uint64_t modify_begin(uint32_t index, enum weak_order order)
{
	struct thread *t = weak.running;
	const struct store *s;

	if (order == WEAK_FULL)
		full_order(t);
	s = &weak.store[newest_of(index)];
	if (s->view) {
		if (order == WEAK_FULL)
			view_join(t->now, s->view->stamp, s->view->count);
		else
			pending_add(t, s->view);
	}
	t->now[index] = s->stamp;
	return s->value;
}

static void modify_end(uint32_t index, uint64_t value, enum weak_order order)
{
	struct thread *t = weak.running;
	const struct view *before = weak.store[weak.place[index].newest].view;
	struct store *s;

	if (order != WEAK_FULL) {
		(void)store_new(index, value, view_of_both(before, t->released));
		return;
	}
	s = &weak.store[store_new(index, value, NULL)];
	full_order(t);
	s->view = t->released;
}

bool weak_swap(uint64_t *at, uint64_t old, uint64_t value)
{
	uint32_t index;

	if (!access_begin(at))
		return __atomic_compare_exchange_n(at, &old, value, false, __ATOMIC_SEQ_CST,
						   __ATOMIC_SEQ_CST);
	index = place_of(at);
	if (modify_begin(index, WEAK_FULL) != old) {
		full_order(weak.running);
		return false;
	}
	modify_end(index, value, WEAK_FULL);
	return true;
}

uint64_t weak_modify(uint64_t *at, enum weak_change change, uint64_t by, enum weak_order order)
{
	bool is_weak = access_begin(at);
	uint64_t old, value;
	uint32_t index = 0;

	if (is_weak) {
		index = place_of(at);
		old = modify_begin(index, order);
	} else {
		old = *at;
	}
	value = change == WEAK_ADD ? old + by : change == WEAK_OR ? old | by : old & by;
	if (is_weak)
		modify_end(index, value, order);
	else
		*at = value;
	return old;
}

void weak_fence_load(void)
{
	if (weak.is_on)
		pending_join(weak.running);
}

void weak_fence_store(void)
{
	if (weak.is_on)
		weak.running->released = view_copy(weak.running->now);
}

void weak_fence_full(void)
{
	if (weak.is_on)
		full_order(weak.running);
}

/* ---- runs ------------------------------------------------------------------------------------ */

void weak_thread(void (*run)(void *argument), void *argument)
{
	struct thread *t = &weak.thread[weak.threads++];

	if (!t->stack)
		t->stack = malloc(STACK_BYTES);
	if (!t->stack || getcontext(&t->context))
		abort();
	t->run = run;
	t->argument = argument;
	t->is_done = false;
	t->released = NULL;
	t->pending_count = 0;
	memset(t->now, 0, sizeof t->now);
	t->context.uc_stack.ss_sp = t->stack;
	t->context.uc_stack.ss_size = STACK_BYTES;
	makecontext(&t->context, thread_main, 0);
}

void weak_run(uint64_t seed)
{
	struct hw__thread *own = hw__thread_self;

	memset(weak.table, 0, sizeof weak.table);
	memset(weak.full, 0, sizeof weak.full);
	weak.places = weak.stores = weak.stamp = weak.words_used = 0;
	weak.chance = seed;
	weak.stale = (unsigned)(weak_random() % 3 * 20000);
	weak.preempt = 400u << weak_random() % 6;
	weak.running = &weak.thread[weak_random() % weak.threads];
	hw__thread_self = weak.running->library;
	weak.is_on = true;
	if (swapcontext(&weak.home, &weak.running->context))
		abort();
	weak.is_on = false;
	weak.threads = 0;
	hw__thread_self = own;
}
