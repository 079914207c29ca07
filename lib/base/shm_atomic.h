/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every access to a shared word, and the only file that names memory orders.
 *
 * Production builds use Concurrency Kit's ck_pr: plain moves and locked instructions on x86-64, the
 * exclusive pairs and dmb on aarch64. Under ThreadSanitizer, which does not see inline assembly,
 * the compiler's __atomic builtins stand in; gcc refuses bare fences there, so a fence is an access
 * that is ordered by itself, or nothing where only the order of relaxed accesses is at stake (that
 * is the business of tests/weak and of the model in tests/model). HW__ACCESSES names a file with
 * accesses of its own: those of tests/weak, where memory is as weakly ordered as these names allow.
 *
 * Names end in their order:
 *   _relaxed  atomic, ordered with nothing: the reader checks the value by another word
 *   _acquire  nothing after it moves before it
 *   _release  nothing before it moves after it
 *   _full     both, and store-to-load: a single order that all processes agree on
 *
 * Fences:
 *   fence_load     loads before it are done before loads after it             (R1, R2)
 *   fence_store    stores before it are seen before stores after it           (W1, C1)
 *   fence_rmw_load a locked operation before it is seen before loads after it (P1)
 */
#ifndef HW_SHM_ATOMIC_H
#define HW_SHM_ATOMIC_H

#include "base/private.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_THREAD__)
#define HW__TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HW__TSAN 1
#endif
#endif

#if defined(HW__ACCESSES)

#include HW__ACCESSES

#elif defined(HW__TSAN)

static inline uint64_t hw__load_relaxed(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline uint32_t hw__load32_relaxed(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline void hw__store_relaxed(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
}

static inline uint64_t hw__load_acquire(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void hw__store_release(uint64_t *p, uint64_t v)
{
	__atomic_store_n(p, v, __ATOMIC_RELEASE);
}

static inline bool hw__cas_full(uint64_t *p, uint64_t old, uint64_t new)
{
	return __atomic_compare_exchange_n(p, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}

static inline uint64_t hw__fetch_add_relaxed(uint64_t *p, uint64_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_RELAXED);
}

static inline uint64_t hw__fetch_add_full(uint64_t *p, uint64_t v)
{
	return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
}

static inline void hw__or_full(uint64_t *p, uint64_t v)
{
	(void)__atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);
}

static inline void hw__and_full(uint64_t *p, uint64_t v)
{
	(void)__atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);
}

static inline bool hw__bit_clear_full(uint64_t *p, unsigned bit)
{
	return __atomic_fetch_and(p, ~(1ull << bit), __ATOMIC_SEQ_CST) >> bit & 1;
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
}

static inline void hw__fence_store(void)
{
}

static inline void hw__fence_rmw_load(void)
{
}

static inline void hw__relax(void)
{
}

#else /* production: Concurrency Kit */

#include <ck_pr.h>

#if defined(CK_MD_TSO) && !defined(__x86_64__) && !defined(__i386__)
#error "ck_md.h is of a machine with total store order, and this is another: its fences would be empty"
#endif

static inline uint64_t hw__load_relaxed(const uint64_t *p)
{
	return ck_pr_load_64(p);
}

static inline uint32_t hw__load32_relaxed(const uint32_t *p)
{
	return ck_pr_load_32(p);
}

static inline void hw__store_relaxed(uint64_t *p, uint64_t v)
{
	ck_pr_store_64(p, v);
}

static inline uint64_t hw__load_acquire(const uint64_t *p)
{
	uint64_t v = ck_pr_load_64(p);

	ck_pr_fence_acquire();
	return v;
}

static inline void hw__store_release(uint64_t *p, uint64_t v)
{
	ck_pr_fence_release();
	ck_pr_store_64(p, v);
}

/* ck's compare-and-swap orders nothing by itself where the machine does not: hence the fences.
 * They are compiler barriers on x86-64. */
static inline bool hw__cas_full(uint64_t *p, uint64_t old, uint64_t new)
{
	bool done;

	ck_pr_fence_release();
	ck_pr_fence_store_atomic();
	done = ck_pr_cas_64(p, old, new);
	ck_pr_fence_atomic_load();
	ck_pr_fence_atomic_store();
	return done;
}

static inline uint64_t hw__fetch_add_relaxed(uint64_t *p, uint64_t v)
{
	return ck_pr_faa_64(p, v);
}

static inline uint64_t hw__fetch_add_full(uint64_t *p, uint64_t v)
{
	uint64_t old;

	ck_pr_fence_release();
	old = ck_pr_faa_64(p, v);
	ck_pr_fence_atomic_load();
	return old;
}

static inline void hw__or_full(uint64_t *p, uint64_t v)
{
	ck_pr_fence_release();
	ck_pr_or_64(p, v);
	ck_pr_fence_atomic_load();
}

static inline void hw__and_full(uint64_t *p, uint64_t v)
{
	ck_pr_fence_release();
	ck_pr_and_64(p, v);
	ck_pr_fence_atomic_load();
}

static inline bool hw__bit_clear_full(uint64_t *p, unsigned bit)
{
	bool was;

	ck_pr_fence_release();
	was = ck_pr_btr_64(p, bit);
	ck_pr_fence_atomic_load();
	return was;
}

static inline void *hw__load_pointer_acquire(void *const *p)
{
	void *v = ck_pr_load_ptr(p);

	ck_pr_fence_acquire();
	return v;
}

static inline void *hw__exchange_pointer_full(void **p, void *v)
{
	void *old;

	ck_pr_fence_release();
	old = ck_pr_fas_ptr(p, v);
	ck_pr_fence_atomic_load();
	return old;
}

static inline void hw__fence_load(void)
{
	ck_pr_fence_load();
}

static inline void hw__fence_store(void)
{
	ck_pr_fence_store();
}

static inline void hw__fence_rmw_load(void)
{
	ck_pr_fence_atomic_load();
}

static inline void hw__relax(void)
{
	ck_pr_stall();
}

#endif

/* Pause after a failed compare-and-swap, doubled after each failure, so that several writers of one
 * word do not block each other. It lasts about a microsecond at first, a few at most, so that the other
 * writer makes some updates before the line is taken from it, and uses the processor's pause
 * instruction. */
enum { HW__PAUSES_FIRST = 32, HW__PAUSES_MAX = 128 };

static inline void hw__back_off(unsigned *pauses)
{
	for (unsigned i = 0; i < *pauses; i++)
		hw__relax();
	if (*pauses < HW__PAUSES_MAX)
		*pauses *= 2;
}

/* Compiler barrier only: the processor may still reorder. */
static inline void hw__fence_compiler(void)
{
	__asm__ volatile("" : : : "memory");
}

/* Copies between a chunk and private memory. Relaxed: after copying in, the chunk's version is
 * compared before a byte of the copy is used; when copying out, the chunk belongs to this member
 * alone. A byte may be loaded twice, since only the copy is checked and used. ThreadSanitizer
 * builds use the scalar form, which is defined in C; others use the C library's copy, which is the
 * fastest. The scalar form rounds bytes up to a multiple of 8, and both sides are large enough for
 * that. */
static inline void hw__copy_in_scalar(void *to, const void *shared, size_t bytes)
{
	const uint64_t *from = shared;

	for (size_t i = 0; i < (bytes + 7) / 8; i++) {
		uint64_t word = hw__load_relaxed(from + i);

		__builtin_memcpy((unsigned char *)to + i * 8, &word, 8);
	}
}

static inline void hw__copy_out_scalar(void *shared, const void *from, size_t bytes)
{
	uint64_t *to = shared;

	for (size_t i = 0; i < (bytes + 7) / 8; i++) {
		uint64_t word;

		__builtin_memcpy(&word, (const unsigned char *)from + i * 8, 8);
		hw__store_relaxed(to + i, word);
	}
}

/* The C library's copy. If a compiler knows a bound of bytes, it emits string instructions instead,
 * whose start-up takes longer than copying a block. */
static inline void hw__copy(void *to, const void *from, size_t bytes)
{
	if (!__builtin_constant_p(bytes))
		__asm__("" : "+r"(bytes));
	__builtin_memcpy(to, from, bytes);
}

/* Access in place. hw__read_in_place() returns a pointer for reading shared bytes;
 * hw__load_unaligned() loads eight of them from any address, once. hw__write_in_place_begin()
 * returns a pointer for writing until hw__write_in_place_end(). The scalar forms use private memory
 * of HW__STAND_IN_BYTES(bytes) instead, and copy. */
static inline const unsigned char *hw__read_in_place_scalar(const void *shared, size_t bytes,
							    unsigned char *private)
{
	hw__copy_in_scalar(private, shared, bytes);
	return private;
}

static inline uint64_t hw__load_unaligned(const unsigned char *p)
{
	uint64_t word;

	__builtin_memcpy(&word, p, sizeof word);
	__asm__ volatile("" : "+r"(word)); /* the compiler must not load it again */
	return word;
}

#if defined(HW__TSAN) || defined(HW__ACCESSES)
#define hw__copy_in              hw__copy_in_scalar
#define hw__copy_out             hw__copy_out_scalar
#define hw__read_in_place        hw__read_in_place_scalar
#define HW__STAND_IN_BYTES(most) (((most) + 7) / 8 * 8)

static inline unsigned char *hw__write_in_place_begin(unsigned char *shared, unsigned char *private)
{
	(void)shared;
	return private;
}

static inline void hw__write_in_place_end(unsigned char *shared, const unsigned char *private,
					  size_t bytes)
{
	hw__copy_out_scalar(shared, private, bytes);
}
#else
#define HW__STAND_IN_BYTES(most) 1

static inline const unsigned char *hw__read_in_place(const void *shared, size_t bytes,
						     unsigned char *private)
{
	(void)bytes, (void)private;
	return shared;
}

static inline unsigned char *hw__write_in_place_begin(unsigned char *shared, unsigned char *private)
{
	(void)private;
	return shared;
}

static inline void hw__write_in_place_end(unsigned char *shared, const unsigned char *private,
					  size_t bytes)
{
	(void)shared, (void)private, (void)bytes;
	ck_pr_barrier();
}

static inline void hw__copy_in(void *to, const void *shared, size_t bytes)
{
	hw__copy(to, shared, bytes);
	ck_pr_barrier(); /* the compiler must not load the copied bytes again */
}

static inline void hw__copy_out(void *shared, const void *from, size_t bytes)
{
	hw__copy(shared, from, bytes);
	ck_pr_barrier();
}
#endif

#endif
