/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries: reading returns what was written, and no stored length is trusted. */
#include "store/entry.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* A heap allocation of exactly this size, so that a read beyond its end is detected. */
static unsigned char *exact(size_t bytes)
{
	unsigned char *memory = malloc(bytes ? bytes : 1);

	cr_assert_not_null(memory);
	return memory;
}

static unsigned char *one_entry(size_t key_length, size_t value_length)
{
	unsigned char *memory = exact(hw__entry_bytes(key_length, value_length));
	char *key = malloc(key_length + 1), *value = malloc(value_length + 1);

	memset(key, 'k', key_length);
	memset(value, 'v', value_length);
	cr_assert_eq(hw__entry_put(memory, HW__ENTRY_MESSAGE, key, key_length, value, value_length),
		     memory + hw__entry_bytes(key_length, value_length));
	free(key);
	free(value);
	return memory;
}

Test(entry, is_read_as_written_at_every_length)
{
	static const size_t keys[] = {0, 1, 2, 7, 8, 255, 256, 65535};
	static const size_t values[] = {0, 1, 2, 15, 16, 17, 448, 4032, 70000};

	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
		for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
			size_t bytes = hw__entry_bytes(keys[k], values[v]);
			unsigned char *memory = one_entry(keys[k], values[v]);
			const unsigned char *at = memory;
			struct hw__entry_view e;

			cr_assert(hw__entry_next(&at, memory + bytes, &e));
			cr_assert_eq(at, memory + bytes);
			cr_assert_eq(e.kind, HW__ENTRY_MESSAGE);
			cr_assert_eq(e.bytes, bytes);
			cr_assert_eq(e.key_length, keys[k]);
			cr_assert_eq(e.value_length, values[v]);
			cr_assert_eq(strlen(e.key), keys[k]);
			cr_assert_eq(strlen(e.value), values[v]);
			cr_assert_eq(strspn(e.key, "k"), keys[k]);
			cr_assert_eq(strspn(e.value, "v"), values[v]);
			cr_assert_not(hw__entry_next(&at, memory + bytes, &e));
			free(memory);
		}
}

Test(entry, walk_visits_all_in_order)
{
	unsigned char memory[256], *end = memory;
	const unsigned char *at = memory;
	struct hw__entry_view e;

	end = hw__entry_put(end, HW__ENTRY_NAME, NULL, 0, "name", 4);
	end = hw__entry_put(end, (enum hw__entry_kind)999, "?", 1, NULL, 0);
	end = hw__entry_put(end, HW__ENTRY_MESSAGE, "a", 1, "1", 1);
	cr_assert(hw__entry_next(&at, end, &e));
	cr_expect_eq(e.kind, HW__ENTRY_NAME);
	cr_expect_str_eq(e.value, "name");
	cr_assert(hw__entry_next(&at, end, &e));
	cr_expect_eq(e.kind, 999);
	cr_assert(hw__entry_next(&at, end, &e));
	cr_expect_str_eq(e.key, "a");
	cr_expect_str_eq(e.value, "1");
	cr_expect_not(hw__entry_next(&at, end, &e));
	cr_expect_eq(at, end);
}

Test(entry, truncated_anywhere_is_refused)
{
	unsigned char *whole = one_entry(3, 5);
	size_t bytes = hw__entry_bytes(3, 5);
	struct hw__entry_view e;

	for (size_t left = 0; left < bytes; left++) {
		unsigned char *part = exact(left);
		const unsigned char *at = part;

		memcpy(part, whole, left);
		cr_expect_not(hw__entry_next(&at, part + left, &e), "%zu bytes", left);
		cr_expect_eq(at, part, "the walk stays where it is");
		free(part);
	}
	free(whole);
}

/* All pairs of lengths: those that exceed the remaining bytes are refused, the others are read
 * within them. */
Test(entry, every_length_that_is_too_long_is_refused)
{
	enum { ROOM = 20 }; /* bytes for key and value together */
	unsigned char *memory = exact(HW__ENTRY_OVERHEAD + ROOM);
	static const uint32_t far[] = {0x7fffffff,        0x80000000, 0xffffffff,
				       0xffffffff - ROOM, 0xfffffff6, 0xfffffff0};
	struct hw__entry_view e;

	memset(memory, 0, HW__ENTRY_OVERHEAD + ROOM);
	for (uint32_t k = 0; k <= 65535; k += k < 2 * ROOM ? 1 : 251)
		for (uint32_t i = 0; i < 2 * ROOM + 6; i++) {
			uint32_t v = i < 2 * ROOM ? i : far[i - 2 * ROOM];
			struct hw__entry head = {HW__ENTRY_MESSAGE, (uint16_t)k, v};
			const unsigned char *at = memory;
			bool fits = (uint64_t)k + v <= ROOM;

			memcpy(memory, &head, sizeof head);
			cr_assert_eq(hw__entry_next(&at, memory + HW__ENTRY_OVERHEAD + ROOM, &e),
				     fits, "key %u, value %u", k, v);
			cr_assert_eq(at - memory, fits ? (ptrdiff_t)hw__entry_bytes(k, v) : 0);
		}
	free(memory);
}

Test(entry, a_short_origin_is_zero_filled_and_a_long_one_truncated)
{
	struct hw__origin whole, got;
	unsigned char more[100];

	memset(&whole, 0xee, sizeof whole);
	whole.owner_pid = 4711;
	whole.ttl_seconds = 60;
	memset(whole.command, 0, sizeof whole.command);
	strcpy(whole.command, "worker");
	hw__origin_get(&got, &whole, HW__ORIGIN_BYTES + 6);
	cr_expect_eq(got.owner_pid, 4711);
	cr_expect_eq(got.ttl_seconds, 60);
	cr_expect_str_eq(got.command, "worker");
	hw__origin_get(&got, &whole, HW__ORIGIN_BYTES);
	cr_expect_str_eq(got.command, "");
	hw__origin_get(&got, &whole, 4);
	cr_expect_eq(got.owner_pid, 0);
	memset(more, 'x', sizeof more);
	hw__origin_get(&got, more, sizeof more);
	cr_expect_eq(strnlen(got.command, sizeof got.command), sizeof got.command - 1);
}
