/* SPDX-License-Identifier: BSD-3-Clause */
/* Word-wise and vector copies give the same result for every length and alignment of private
 * memory. */
#include "base/shm_atomic.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 600, ROUNDED = (MOST + 7) / 8 * 8, GUARD = 0xa5 };

static unsigned char shared[ROUNDED] __attribute__((aligned(64)));
static unsigned char private[ROUNDED + 64] __attribute__((aligned(64)));

static size_t rounded(size_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

static void fill(unsigned char *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		memory[i] = (unsigned char)(i * 7 + i / 251 + 1);
}

typedef void copy(void *to, const void *from, size_t bytes);

static void in(void *to, const void *from, size_t bytes)
{
	hw__copy_in(to, from, bytes);
}

static void out(void *to, const void *from, size_t bytes)
{
	hw__copy_out(to, from, bytes);
}

/* Copies all bytes, and writes nothing beyond the last word, for private memory at any offset. */
static void must_copy_in(copy *copy_in, size_t bytes, size_t off)
{
	memset(private, GUARD, sizeof private);
	copy_in(private + off, shared, bytes);
	cr_assert_eq(memcmp(private + off, shared, bytes), 0, "%zu at %zu", bytes, off);
	for (size_t i = 0; i < sizeof private; i++)
		if (i < off || i >= off + rounded(bytes))
			cr_assert_eq(private[i], GUARD, "%zu at %zu wrote byte %zu", bytes, off, i);
}

static void must_copy_out(copy *copy_out, size_t bytes, size_t off)
{
	memset(shared, GUARD, sizeof shared);
	copy_out(shared, private + off, bytes);
	cr_assert_eq(memcmp(shared, private + off, bytes), 0, "%zu at %zu", bytes, off);
	for (size_t i = rounded(bytes); i < sizeof shared; i++)
		cr_assert_eq(shared[i], GUARD, "%zu at %zu wrote byte %zu", bytes, off, i);
}

Test(copy, in_is_the_same_by_word_and_at_once)
{
	fill(shared, sizeof shared);
	for (size_t bytes = 0; bytes <= MOST; bytes++)
		for (size_t off = 0; off < 32; off++) {
			must_copy_in(in, bytes, off);
			must_copy_in(hw__copy_in_scalar, bytes, off);
		}
}

Test(copy, out_is_the_same_by_word_and_at_once)
{
	fill(private, sizeof private);
	for (size_t bytes = 0; bytes <= MOST; bytes++)
		for (size_t off = 0; off < 32; off++) {
			must_copy_out(out, bytes, off);
			must_copy_out(hw__copy_out_scalar, bytes, off);
		}
}

/* Both buffers end with the last word, before a guard. */
Test(copy, touches_nothing_beyond_its_last_word)
{
	for (size_t bytes = 1; bytes <= 96; bytes++) {
		unsigned char *from = malloc(rounded(bytes));
		unsigned char *to = malloc(rounded(bytes));

		cr_assert(from && to);
		memset(from, 1, rounded(bytes));
		hw__copy_in(to, from, bytes);
		hw__copy_out(from, to, bytes);
		hw__copy_in_scalar(to, from, bytes);
		hw__copy_out_scalar(from, to, bytes);
		cr_assert_eq(memcmp(to, from, bytes), 0);
		free(from);
		free(to);
	}
}
