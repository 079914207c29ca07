/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/rcu.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/membarrier.h>

enum { SPINS = 1000, PAUSE_NS = 100000, DRAIN_NS = 10000000 };

__thread struct hw__reader *hw__reader_self;
static uint64_t readers; /* address of the list's head */
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;

static struct hw__reader *reader_at(uint64_t address)
{
	return (struct hw__reader *)(uintptr_t)address;
}

/* ---- readers --------------------------------------------------------------------------------- */

static void thread_end(void *argument)
{
	struct hw__reader *r = argument;

	hw__reader_self = NULL;
	hw__store_release(&r->taken, 0);
}

static void key_make(void)
{
	key_made = pthread_key_create(&key, thread_end) == 0;
}

/* When the shared object is unloaded, threads that end later must not call into it. */
static __attribute__((destructor)) void key_delete(void)
{
	if (key_made)
		(void)pthread_key_delete(key);
}

/* Takes over a reader whose thread has ended. */
static struct hw__reader *reader_again(void)
{
	struct hw__reader *r = reader_at(hw__load_acquire(&readers));

	while (r && (hw__load_relaxed(&r->taken) || !hw__cas_full(&r->taken, 0, 1)))
		r = r->next;
	return r;
}

static struct hw__reader *reader_new(void)
{
	struct hw__reader *r = aligned_alloc(sizeof *r, sizeof *r);
	uint64_t head;

	if (!r)
		return NULL;
	memset(r, 0, sizeof *r);
	r->taken = 1;
	do {
		head = hw__load_acquire(&readers);
		r->next = reader_at(head);
	} while (!hw__cas_full(&readers, head, (uintptr_t)r));
	return r;
}

struct hw__reader *hw__reader_make(void)
{
	struct hw__reader *r;

	pthread_once(&key_once, key_make);
	r = reader_again();
	if (!r)
		r = reader_new();
	if (r && (!key_made || pthread_setspecific(key, r) != 0)) {
		hw__store_release(&r->taken, 0); /* no destructor would run to release it */
		return NULL;
	}
	hw__reader_self = r;
	return r;
}

void hw__rcu_forked(void)
{
	struct hw__reader *r = reader_at(hw__load_acquire(&readers));

	for (; r; r = r->next) {
		if (r == hw__reader_self)
			continue;
		hw__store_relaxed(&r->count, (r->count + 1) & ~1ull);
		hw__store_relaxed(&r->taken, 0);
	}
}

/* ---- grace periods --------------------------------------------------------------------------- */

static void pause_for(long ns)
{
	struct timespec time = {.tv_nsec = ns};

	(void)nanosleep(&time, NULL);
}

static bool membarrier_done(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
		return true;
	return errno == EPERM && /* not yet registered, or refused by a seccomp filter */
	       syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
	       syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

/* Makes every thread execute a full fence. If the kernel cannot, waiting does: no processor delays
 * a store for 10 ms, and a thread that was switched out has executed a fence. */
static void fence_everywhere(const struct hw__reader *head)
{
	bool alone = !head || (head == hw__reader_self && !head->next);

	if (!alone && !membarrier_done())
		pause_for(DRAIN_NS);
}

static void reader_await(const struct hw__reader *r)
{
	uint64_t seen = hw__load_acquire(&r->count);

	for (unsigned i = 0; seen & 1 && hw__load_acquire(&r->count) == seen; i++) {
		hw__relax();
		if (i >= SPINS)
			pause_for(PAUSE_NS);
	}
}

/* A thread that adds its first reader to the list after this load of the head sees all earlier
 * stores of this thread, since both change the head. */
void hw__rcu_synchronize(void)
{
	const struct hw__reader *head = reader_at(hw__fetch_add_full(&readers, 0));

	fence_everywhere(head);
	for (const struct hw__reader *r = head; r; r = r->next)
		if (r != hw__reader_self)
			reader_await(r);
}
