/* SPDX-License-Identifier: BSD-3-Clause */
/* Ids: conversion to text and back, their fields, whose they are; texts of errors. */
#include "fixture.h"

#include <ctype.h>
#include <pthread.h>

static const char example[] = "00112233-4455-8677-8899-aabbccddeeff";

Test(id, text_round_trip)
{
	struct headway_id id;
	char text[HEADWAY_ID_TEXT];

	cr_assert_eq(headway_parse_id(example, &id), 0);
	cr_expect_eq(id.bytes[0], 0x00);
	cr_expect_eq(id.bytes[4], 0x44);
	cr_expect_eq(id.bytes[6], 0x86);
	cr_expect_eq(id.bytes[15], 0xff);
	cr_assert_eq(headway_format_id(&id, text), 0);
	cr_expect_str_eq(text, example);
}

Test(id, every_byte_is_two_digits)
{
	for (int at = 0; at < 16; at++)
		for (int value = 0; value < 256; value++) {
			struct headway_id id = {{0}}, back;
			char text[HEADWAY_ID_TEXT], two[3];
			int column = at * 2 + (at >= 4) + (at >= 6) + (at >= 8) + (at >= 10);

			id.bytes[at] = (unsigned char)value;
			cr_assert_eq(headway_format_id(&id, text), 0);
			snprintf(two, sizeof two, "%02x", value);
			cr_assert_eq(strncmp(text + column, two, 2), 0);
			cr_assert_eq(strlen(text), 36);
			cr_assert_eq(headway_parse_id(text, &back), 0);
			cr_assert_eq(memcmp(&id, &back, sizeof id), 0);
		}
}

Test(id, upper_case_is_read_as_lower)
{
	struct headway_id lower, upper;
	char text[sizeof example];

	for (size_t i = 0; i < sizeof example; i++)
		text[i] = (char)toupper((unsigned char)example[i]);
	cr_assert_eq(headway_parse_id(example, &lower), 0);
	cr_assert_eq(headway_parse_id(text, &upper), 0);
	cr_expect_eq(memcmp(&lower, &upper, sizeof lower), 0);
}

/* A heap copy of exactly this length, so that a read beyond its end is detected. */
static int parse_exact(const char *text, size_t length, struct headway_id *id)
{
	char *copy = strndup(text, length);
	int error = headway_parse_id(copy, id);

	free(copy);
	return error;
}

Test(id, anything_else_is_refused_and_the_id_is_unchanged)
{
	struct headway_id id, before;
	char text[64];

	memset(&id, 0x5a, sizeof id);
	before = id;
	for (size_t length = 0; length < 36; length++)
		cr_expect_eq(parse_exact(example, length, &id), -EINVAL, "%zu", length);
	for (size_t i = 0; i < 36; i++)
		for (int c = 1; c < 256; c++) {
			bool fine = example[i] == '-' ? c == '-' : c < 128 && isxdigit(c);

			memcpy(text, example, sizeof example);
			text[i] = (char)c;
			if (!fine)
				cr_assert_eq(parse_exact(text, 36, &id), -EINVAL, "%d at %zu", c,
					     i);
		}
	snprintf(text, sizeof text, "%s0", example);
	cr_expect_eq(headway_parse_id(text, &id), -EINVAL);
	snprintf(text, sizeof text, "%s ", example);
	cr_expect_eq(headway_parse_id(text, &id), -EINVAL);
	cr_expect_eq(headway_parse_id(NULL, &id), -EINVAL);
	cr_expect_eq(headway_parse_id(example, NULL), -EINVAL);
	cr_expect_eq(headway_format_id(NULL, text), -EINVAL);
	cr_expect_eq(headway_format_id(&id, NULL), -EINVAL);
	cr_expect_eq(memcmp(&id, &before, sizeof id), 0);
}

Test(id, contains_slot_use_count_and_uuid_version, .init = fixture_up, .fini = fixture_down)
{
	unsigned char random[HW__ID_RANDOM];
	struct headway_id id;
	uint64_t life;

	for (int fill = 0; fill < 256; fill++) {
		memset(random, fill, sizeof random);
		hw__id_make(fx.a, 7, random, &id);
		cr_assert_eq(hw__id_slot(&id), 7);
		cr_assert_eq(id.bytes[6] >> 4, 8, "version 8");
		cr_assert_eq(id.bytes[8] >> 6, 2, "variant 10");
		memcpy(&life, id.bytes + 8, sizeof life);
		cr_assert_eq(hw__id_tail(&id), life);
		cr_assert_neq(life, 0);
		cr_assert(hw__id_is_ours(fx.a, &id));
		for (int i = 4; i < 16; i++) {
			unsigned char kept = i == 6 ? 0x0f : i == 8 ? 0x3f : 0xff;

			cr_assert_eq(id.bytes[i] & kept, fill & kept, "byte %d is random", i);
		}
	}
}

Test(id, of_another_arena_is_recognized_by_its_check_byte, .init = fixture_up, .fini = fixture_down)
{
	unsigned char random[HW__ID_RANDOM] = {1, 2, 3};
	struct hw__attachment other = *fx.a;
	struct headway_id id, changed;
	int foreign = 0;

	hw__id_make(fx.a, 3, random, &id);
	for (int check = 0; check < 256; check++) {
		changed = id;
		changed.bytes[3] = (unsigned char)check;
		cr_expect_eq(hw__id_is_ours(fx.a, &changed), check == id.bytes[3]);
	}
	for (int i = 0; i < 256; i++) { /* interpret the same ids in an arena with another uuid */
		random[0] = random[5] = random[9] = (unsigned char)i;
		memset(other.uuid, i + 1, sizeof other.uuid);
		hw__id_make(&other, 3, random, &id);
		foreign += !hw__id_is_ours(fx.a, &id);
	}
	cr_expect_gt(foreign, 240, "one in 256 may pass, not %d", 256 - foreign);
	hw__id_make(fx.a, fx.a->geometry.slots, random, &id);
	cr_expect_not(hw__id_is_ours(fx.a, &id), "there is no such slot");
	hw__id_make(fx.a, 3, random, &id);
	id.bytes[6] ^= 0x10;
	cr_expect_not(hw__id_is_ours(fx.a, &id), "not a version 8");
}

/* -ESTALE for a record that is gone, -ENOENT for one that never existed; for reading and for
 * writing. */
Test(id, gone_and_never_existed_are_distinguished, .init = fixture_up, .fini = fixture_down)
{
	struct headway_record *r = fixture_start(NULL), *again;
	struct headway_snapshot *s = NULL;
	struct headway_id id, foreign, unused;
	unsigned char random[HW__ID_RANDOM] = {0};

	cr_assert_eq(headway_get_id(r, &id), 0);
	foreign = id;
	foreign.bytes[3] ^= 1;
	hw__id_make(fx.a, r->slot == 5 ? 6 : 5, random, &unused);
	cr_expect_eq(headway_read(fx.arena, &id, &s), 0);
	cr_expect_eq(headway_read(fx.arena, &foreign, &s), -ENOENT);
	cr_expect_eq(headway_read(fx.arena, &unused, &s), -ENOENT, "nothing was ever there");
	cr_expect_eq(headway_resume(fx.arena, &foreign, &again), -ENOENT);
	cr_expect_eq(headway_resume(fx.arena, &unused, &again), -ENOENT);
	cr_assert_eq(headway_finish(r), 0);
	headway_release(r);
	cr_assert_eq(headway_remove(fx.arena, &id), 0);
	cr_expect_eq(headway_read(fx.arena, &id, &s), -ESTALE);
	cr_expect_eq(headway_resume(fx.arena, &id, &again), -ESTALE);
	headway_snapshot_free(s);
}

Test(id, is_unique, .init = fixture_up, .fini = fixture_down)
{
	enum { MANY = 500 };
	static struct headway_id ids[MANY];

	for (int i = 0; i < MANY; i++) {
		struct headway_record *r = fixture_start(NULL);

		ids[i] = r->id;
		headway_finish(r);
		headway_release(r);
		cr_assert_eq(headway_remove(fx.arena, &ids[i]), 0);
		for (int k = 0; k < i; k++)
			cr_assert_neq(memcmp(&ids[i], &ids[k], sizeof *ids), 0);
	}
}

/* ---- texts ----------------------------------------------------------------------------------- */

Test(id, every_documented_error_has_its_own_text)
{
	static const int promised[] = {0,      EALREADY,  ESTALE,  ENOSPC,    EAGAIN, EEXIST,
				       EUSERS, E2BIG,     EINVAL,  ENOENT,    EACCES, EPERM,
				       EPROTO, ENOTSUP,   EBADMSG, ETIMEDOUT, ENOMEM, EBUSY,
				       ESRCH,  EOVERFLOW, EFBIG,   EMFILE,    ENFILE, EIO};
	enum { COUNT = sizeof promised / sizeof *promised };

	for (int i = 0; i < COUNT; i++) {
		const char *text = headway_strerror(-promised[i]);

		cr_expect_eq(headway_strerror(promised[i]), text, "of either sign");
		cr_expect_str_neq(text, "unknown error", "%d", promised[i]);
		for (int k = 0; k < i; k++)
			cr_expect_str_neq(text, headway_strerror(promised[k]));
	}
	cr_expect_str_eq(headway_strerror(12345), "unknown error");
	cr_expect_str_eq(headway_strerror(INT32_MAX), "unknown error");
	cr_expect_str_eq(headway_strerror(INT32_MIN), "unknown error");
}

/* Whatever the check byte is. */
Test(id, of_another_version_or_variant_is_never_ours, .init = fixture_up, .fini = fixture_down)
{
	unsigned char random[HW__ID_RANDOM] = {1, 2, 3};
	struct headway_id id;

	for (unsigned bits = 0; bits < 16; bits++) {
		hw__id_make(fx.a, 3, random, &id);
		id.bytes[6] = (unsigned char)(bits << 4 | (id.bytes[6] & 0x0f));
		for (int check = 0; check < 256 && bits != 8; check++) {
			id.bytes[3] = (unsigned char)check;
			cr_assert_not(hw__id_is_ours(fx.a, &id), "version %u", bits);
		}
	}
	for (unsigned bits = 0; bits < 4; bits++) {
		hw__id_make(fx.a, 3, random, &id);
		id.bytes[8] = (unsigned char)(bits << 6 | (id.bytes[8] & 0x3f));
		for (int check = 0; check < 256 && bits != 2; check++) {
			id.bytes[3] = (unsigned char)check;
			cr_assert_not(hw__id_is_ours(fx.a, &id), "variant %u", bits);
		}
	}
}

Test(id, is_checked_over_all_of_its_bytes, .init = fixture_up, .fini = fixture_down)
{
	unsigned char random[HW__ID_RANDOM] = {1, 2, 3};

	for (int at = 4; at < 16; at++) {
		int accepted = 0;

		for (int value = 1; value < 64; value++) {
			struct headway_id id;

			hw__id_make(fx.a, 3, random, &id);
			id.bytes[at] ^= (unsigned char)(at == 6 ? value & 0x0f : value);
			accepted += at == 6 && !(value & 0x0f) ? 0 : hw__id_is_ours(fx.a, &id);
		}
		cr_expect_lt(accepted, 20, "byte %d: one change in 256 may pass, not %d in 63", at,
			     accepted);
	}
}
