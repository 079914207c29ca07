/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read-side sections and grace periods inside this process.  They protect what goes away here: an arena
 * handle's current attachment, and an attachment's membership while calls on its records are under way.
 *
 * A library cannot use liburcu-bp for that: its readers and fork hooks belong to the whole process.  A
 * grace period would wait for sections of the application (and hang inside one), the hooks must run
 * once a fork whoever else calls them, and it aborts where membarrier() is refused.
 *
 * Each thread has a reader: a count that is odd inside a section.  synchronize() makes what was stored
 * before it visible to all threads, then waits until each reader that was odd has moved on:
 *
 *     reader                         synchronize
 *       count odd                      generation = 0, or pointer = new
 *       (order by membarrier)          membarrier: every thread passes a full fence
 *       load generation, pointer       load count
 *
 * so either the reader sees what was stored, or its odd count is seen and waited for.  The end of a
 * section (release) is seen by synchronize (acquire): what was read in it is not read later.
 *
 * Readers are never freed; one whose thread ended is given to a new thread.  So the list only grows at
 * its head, and a forked child finds it whole.
 *
 * Rules: sections do not nest; the process lock is never taken inside one; synchronize runs under it.
 */
#ifndef HW_RCU_H
#define HW_RCU_H

#include "base/shm_atomic.h"

struct hw__reader {
	uint64_t count;          /* odd in a section; by its thread, read by synchronize */
	uint64_t taken;          /* 1: a thread's */
	struct hw__reader *next; /* constant once it is listed */
} __attribute__((aligned(64)));

extern __thread struct hw__reader *hw__reader_self
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* This thread's reader, made at its first section; NULL without memory. */
struct hw__reader *hw__reader_make(void);

/* False: no memory for a reader; there is no section then. */
static inline bool hw__rcu_read_lock(void)
{
	struct hw__reader *r = hw__reader_self;

	if (__builtin_expect(!r, 0)) {
		r = hw__reader_make();
		if (!r)
			return false;
	}
	hw__store_relaxed(&r->count, r->count + 1);
	hw__fence_compiler(); /* membarrier() does the rest */
	return true;
}

static inline void hw__rcu_read_unlock(void)
{
	struct hw__reader *r = hw__reader_self;

	hw__store_release(&r->count, r->count + 1);
}

/* Wait until every section that began before has ended.  Under the process lock. */
void hw__rcu_synchronize(void);

/* In a forked child, which has no thread but this one. */
void hw__rcu_forked(void);

#endif
