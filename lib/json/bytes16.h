/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sixteen bytes at a time: load, compare, find the first match.
 *
 * The compiler's vector types compare on every machine; only finding the first match needs a
 * machine-specific instruction. On machines without one, or if HEADWAY_SCALAR is defined (the tests
 * build this variant too), the callers process byte by byte.
 */
#ifndef HEADWAY_BYTES16_H
#define HEADWAY_BYTES16_H

#include "base/private.h"

#include <stddef.h>
#include <stdint.h>

#if !defined(__SSE2__) && !(defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__))
#undef HEADWAY_SCALAR
#define HEADWAY_SCALAR
#endif

enum { HW__WIDTH = 16 };

#ifndef HEADWAY_SCALAR

#ifdef __aarch64__
#include <arm_neon.h>
#endif

typedef signed char hw__bytes16 __attribute__((vector_size(16)));
typedef signed char hw__loose16 __attribute__((vector_size(16), aligned(1), may_alias));

/* Loads sixteen bytes from any address. If the string ends before them, the caller has checked that
 * they lie in one page (hw__same_page16), so that the load cannot fault; bytes beyond the end are
 * ignored. The sanitizers would report such a load. */
__attribute__((no_sanitize("address", "thread"))) static inline hw__bytes16
hw__load16(const void *from)
{
	return *(const hw__loose16 *)from;
}

static inline void hw__store16(void *to, hw__bytes16 bytes)
{
	*(hw__loose16 *)to = bytes;
}

/* True if sixteen bytes lie in one page. Pages have 4096 bytes or a multiple. */
static inline int hw__same_page16(const void *from)
{
	return ((uintptr_t)from & 4095) <= 4096 - HW__WIDTH;
}

/* The result of a comparison as an integer; 0 if nothing matched. */
static inline uint64_t hw__hits16(hw__bytes16 compared)
{
#ifdef __aarch64__
	uint16x8_t pairs = vreinterpretq_u16_s8((int8x16_t)compared);

	return vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(pairs, 4)), 0);
#else
	typedef char plain16 __attribute__((vector_size(16)));

	return (unsigned)__builtin_ia32_pmovmskb128((plain16)compared);
#endif
}

/* Index of the first match; there must be one. */
static inline unsigned hw__first16(uint64_t hits)
{
#ifdef __aarch64__
	return (unsigned)__builtin_ctzll(hits) / 4;
#else
	return (unsigned)__builtin_ctz((unsigned)hits);
#endif
}

#endif /* HEADWAY_SCALAR */
#endif
