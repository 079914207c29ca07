/* SPDX-License-Identifier: BSD-3-Clause */
/* The vector copies do what the scalar ones say, at every length and wherever private memory lies. */
#include "shm_atomic.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 600, ROUNDED = (MOST + 15) / 16 * 16, GUARD = 0xa5 };

static unsigned char shared[ROUNDED] __attribute__((aligned(64)));
static unsigned char private[ROUNDED + 64] __attribute__((aligned(64)));

static size_t rounded(size_t bytes)
{
	return (bytes + 15) / 16 * 16;
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

/* All of the bytes rounded up to 16 and not one beyond, from or to private memory at any offset. */
static void must_copy_in(copy *copy_in, size_t bytes, size_t off)
{
	memset(private, GUARD, sizeof private);
	copy_in(private + off, shared, bytes);
	cr_assert_eq(memcmp(private + off, shared, rounded(bytes)), 0, "%zu at %zu", bytes, off);
	for (size_t i = 0; i < sizeof private; i++)
		if (i < off || i >= off + rounded(bytes))
			cr_assert_eq(private[i], GUARD, "%zu at %zu wrote byte %zu", bytes, off, i);
}

static void must_copy_out(copy *copy_out, size_t bytes, size_t off)
{
	memset(shared, GUARD, sizeof shared);
	copy_out(shared, private + off, bytes);
	cr_assert_eq(memcmp(shared, private + off, rounded(bytes)), 0, "%zu at %zu", bytes, off);
	for (size_t i = rounded(bytes); i < sizeof shared; i++)
		cr_assert_eq(shared[i], GUARD, "%zu at %zu wrote byte %zu", bytes, off, i);
}

Test(copy, in_is_the_same_by_vector_and_by_word)
{
	fill(shared, sizeof shared);
	for (size_t bytes = 0; bytes <= MOST; bytes++)
		for (size_t off = 0; off < 32; off++) {
			must_copy_in(in, bytes, off);
			must_copy_in(hw__copy_in_scalar, bytes, off);
		}
}

Test(copy, out_is_the_same_by_vector_and_by_word)
{
	fill(private, sizeof private);
	for (size_t bytes = 0; bytes <= MOST; bytes++)
		for (size_t off = 0; off < 32; off++) {
			must_copy_out(out, bytes, off);
			must_copy_out(hw__copy_out_scalar, bytes, off);
		}
}

/* What the arena's mapping ends with is at most read to its end. */
Test(copy, touches_nothing_beyond_the_sixteen_bytes_it_rounds_to)
{
	for (size_t bytes = 1; bytes <= 96; bytes++) {
		unsigned char *from = aligned_alloc(16, rounded(bytes));
		unsigned char *to = malloc(rounded(bytes));

		cr_assert(from && to);
		memset(from, 1, rounded(bytes));
		hw__copy_in(to, from, bytes);
		cr_assert_eq(memcmp(to, from, rounded(bytes)), 0);
		hw__copy_out(from, to, bytes);
		free(from);
		free(to);
	}
}
