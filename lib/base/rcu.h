/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sections and grace periods inside this process. They protect an arena handle's current
 * attachment, and an attachment's membership, from going away during calls that use them.
 *
 * A library cannot use liburcu-bp for that: its readers and fork hooks belong to the whole process.
 * A grace period would wait for sections of the application (and deadlock inside one); the fork
 * hooks must be called exactly once per fork, whoever else calls them; and it aborts if
 * membarrier() is refused.
 *
 * Each thread has a reader: a count that is odd inside a section. hw__rcu_synchronize() makes
 * earlier stores visible to all threads, then waits until each reader whose count was odd has
 * changed:
 *
 *     reader                         synchronize
 *       count odd                      generation = 0, or pointer = new
 *       (order by membarrier)          membarrier: every thread executes a full fence
 *       load generation, pointer       load count
 *
 * So either the reader sees the store, or synchronize sees its odd count and waits. The end of a
 * section (release) pairs with the load in synchronize (acquire): loads of a section are not
 * delayed beyond it.
 *
 * Readers are never freed; that of an ended thread is reused by a new one. So the list grows only
 * at its head, and a forked child finds it consistent.
 *
 * Rules: sections do not nest; the process lock is never acquired inside one; synchronize runs
 * under it.
 */
#ifndef HW_RCU_H
#define HW_RCU_H

#include "base/shm_atomic.h"

struct hw__reader {
	uint64_t count;          /* odd in a section; written by its thread, read by synchronize */
	uint64_t taken;          /* 1: a thread uses it */
	struct hw__reader *next; /* constant once it is in the list */
} __attribute__((aligned(64)));

extern __thread struct hw__reader *hw__reader_self
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Returns this thread's reader, which its first section allocates; NULL if memory is short. */
struct hw__reader *hw__reader_make(void);

/* Begins a section. False: no memory for a reader, and no section has begun. */
static inline bool hw__rcu_read_lock(void)
{
	struct hw__reader *r = hw__reader_self;

	if (__builtin_expect(!r, 0)) {
		r = hw__reader_make();
		if (!r)
			return false;
	}
	hw__store_relaxed(&r->count, r->count + 1);
	hw__fence_compiler(); /* membarrier() provides the processor's order */
	return true;
}

static inline void hw__rcu_read_unlock(void)
{
	struct hw__reader *r = hw__reader_self;

	hw__store_release(&r->count, r->count + 1);
}

/* Waits until every section that began before has ended. The caller holds the process lock. */
void hw__rcu_synchronize(void);

/* To be called in a forked child, which has only the calling thread. */
void hw__rcu_forked(void);

#endif
