/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * liburcu-bp as the library uses it: threads register themselves, no helper thread, synchronize only.
 * It protects what goes away inside this process: an arena handle's current attachment, and an
 * attachment's membership while calls on its records are under way.
 *
 * ThreadSanitizer does not see into liburcu; under it the order that a grace period gives (what was
 * done in a section happens before what follows the synchronize) is told to it.
 *
 * Rule: never take the process lock inside a section; synchronize runs under that lock.
 */
#ifndef HW_RCU_H
#define HW_RCU_H

#include "shm_atomic.h"

/* Inline the read-side sections, functions of a few lines (see urcu-bp.h); but not where sanitizers
 * would look into them: liburcu's records of readers are less aligned than their type says. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HW__ASAN 1
#endif
#endif
#if !defined(HW__TSAN) && !defined(HW__ASAN) && !defined(__SANITIZE_ADDRESS__)
#define _LGPL_SOURCE
#endif
#include <urcu/urcu-bp.h>

#ifdef HW__TSAN
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define HW__TSAN_ACQUIRE(p) __tsan_acquire(p)
#define HW__TSAN_RELEASE(p) __tsan_release(p)
#else
#define HW__TSAN_ACQUIRE(p) ((void)0)
#define HW__TSAN_RELEASE(p) ((void)0)
#endif

extern char hw__rcu_grace; /* stands for "a grace period has passed" */

static inline void hw__rcu_read_lock(void)
{
	urcu_bp_read_lock();
}

static inline void hw__rcu_read_unlock(void)
{
	HW__TSAN_RELEASE(&hw__rcu_grace);
	urcu_bp_read_unlock();
}

static inline void hw__rcu_synchronize(void)
{
	urcu_bp_synchronize_rcu();
	HW__TSAN_ACQUIRE(&hw__rcu_grace);
}

#endif
