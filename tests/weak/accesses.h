/* SPDX-License-Identifier: BSD-3-Clause */
/* The accesses of lib/shm_atomic.h, directed to a simulated memory that is as weak as their names
 * allow (memory.h). Pointers are not shared between processes, so they are ordinary accesses. */
#ifndef WEAK_ACCESSES_H
#define WEAK_ACCESSES_H

enum weak_order { WEAK_RELAXED, WEAK_ORDERED, WEAK_FULL };

enum weak_change { WEAK_ADD, WEAK_OR, WEAK_AND };

uint64_t weak_load(const uint64_t *at, enum weak_order order);
void weak_store(uint64_t *at, uint64_t value, enum weak_order order);
bool weak_swap(uint64_t *at, uint64_t old, uint64_t value);
uint64_t weak_modify(uint64_t *at, enum weak_change change, uint64_t by, enum weak_order order);
void weak_fence_load(void);
void weak_fence_store(void);
void weak_fence_full(void);
void weak_yield(void);

static inline uint64_t hw__load_relaxed(const uint64_t *p)
{
	return weak_load(p, WEAK_RELAXED);
}

static inline uint32_t hw__load32_relaxed(const uint32_t *p)
{
	uintptr_t at = (uintptr_t)p;

	return (uint32_t)(weak_load((const uint64_t *)(at & ~(uintptr_t)7), WEAK_RELAXED) >>
			  (at & 7) * 8);
}

static inline void hw__store_relaxed(uint64_t *p, uint64_t v)
{
	weak_store(p, v, WEAK_RELAXED);
}

static inline uint64_t hw__load_acquire(const uint64_t *p)
{
	return weak_load(p, WEAK_ORDERED);
}

static inline void hw__store_release(uint64_t *p, uint64_t v)
{
	weak_store(p, v, WEAK_ORDERED);
}

static inline bool hw__cas_full(uint64_t *p, uint64_t old, uint64_t new)
{
	return weak_swap(p, old, new);
}

static inline uint64_t hw__fetch_add_relaxed(uint64_t *p, uint64_t v)
{
	return weak_modify(p, WEAK_ADD, v, WEAK_RELAXED);
}

static inline uint64_t hw__fetch_add_full(uint64_t *p, uint64_t v)
{
	return weak_modify(p, WEAK_ADD, v, WEAK_FULL);
}

static inline void hw__or_full(uint64_t *p, uint64_t v)
{
	(void)weak_modify(p, WEAK_OR, v, WEAK_FULL);
}

static inline void hw__and_full(uint64_t *p, uint64_t v)
{
	(void)weak_modify(p, WEAK_AND, v, WEAK_FULL);
}

static inline bool hw__bit_clear_full(uint64_t *p, unsigned bit)
{
	return weak_modify(p, WEAK_AND, ~(1ull << bit), WEAK_FULL) >> bit & 1;
}

static inline void *hw__load_pointer_acquire(void *const *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void *hw__exchange_pointer_full(void **p, void *v)
{
	return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}

static inline void hw__fence_load(void)
{
	weak_fence_load();
}

static inline void hw__fence_store(void)
{
	weak_fence_store();
}

static inline void hw__fence_rmw_load(void)
{
	weak_fence_full();
}

static inline void hw__relax(void)
{
	weak_yield();
}

#endif
