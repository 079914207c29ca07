/* SPDX-License-Identifier: BSD-3-Clause */
/* Packing and unpacking of words, including extreme values. */
#include "base/word.h"

#include <criterion/criterion.h>

#define LAST_VERSION ((1ull << 36) - 1)
#define LAST_INDEX   ((1u << 24) - 1)

static const uint64_t versions[] = {0, 1, 0x123456789, LAST_VERSION - 1, LAST_VERSION};
static const uint32_t indices[] = {0, 1, 0x123456, LAST_INDEX - 1, LAST_INDEX};

enum { VERSIONS = sizeof versions / sizeof *versions, INDICES = sizeof indices / sizeof *indices };

Test(word, unpacks_status_index_and_version)
{
	for (unsigned status = HW__RUNNING; status <= HW__RETIRING; status++)
		for (int i = 0; i < INDICES; i++)
			for (int v = 0; v < VERSIONS; v++) {
				uint64_t ref = hw__ref(indices[i], versions[v]);
				uint64_t word = hw__word((enum hw__status)status, ref);

				cr_assert_eq(hw__word_status(word), status);
				cr_assert_eq(hw__word_ref(word), ref);
				cr_assert_eq(hw__ref_index(ref), indices[i]);
				cr_assert_eq(hw__version(ref), versions[v]);
				cr_assert_eq(hw__version(word), versions[v]);
			}
}

Test(word, has_the_documented_bit_positions)
{
	cr_expect_eq(hw__word(HW__RETIRING, hw__ref(LAST_INDEX, 0)), 0xcffffff000000000u);
	cr_expect_eq(hw__word(HW__RUNNING, hw__ref(0, LAST_VERSION)), 0x4000000fffffffffu);
	cr_expect_eq(HW__WORD_CANCELLED, 0x1000000000000000u);
	cr_expect_eq(hw__state(HW__KIND_PRIVATE, 0x3fff, 0), 0xffff000000000000u);
	cr_expect_eq(hw__state(HW__KIND_FREE, 0, LAST_VERSION), 0x0000000fffffffffu);
	cr_expect_eq(hw__owner(HW__OWNER_PROCESS, 1, 3, 0xffffffff), 0x21000003ffffffffu);
	cr_expect_eq(hw__ref(1, 2), 1ull << 60 | 1ull << 36 | 2);
}

Test(word, a_new_status_keeps_block_and_version)
{
	uint64_t running = hw__word(HW__RUNNING, hw__ref(LAST_INDEX, LAST_VERSION));
	uint64_t lost = hw__word(HW__LOST, running), retiring = hw__word(HW__RETIRING, lost);

	cr_expect_eq(hw__word_status(retiring), HW__RETIRING);
	cr_expect_eq(hw__word_ref(retiring), hw__word_ref(running));
	cr_expect_gt(lost, running, "the status rises, so does the word");
	cr_expect_gt(retiring, lost);
}

Test(word, a_new_status_keeps_the_request_to_stop)
{
	uint64_t running = hw__word(HW__RUNNING, hw__ref(LAST_INDEX, LAST_VERSION));

	for (unsigned status = HW__RUNNING; status <= HW__RETIRING; status++) {
		uint64_t plain = hw__word_become((enum hw__status)status, running);
		uint64_t asked = hw__word_become((enum hw__status)status,
						 running | HW__WORD_CANCELLED);

		cr_expect_eq(asked ^ plain, HW__WORD_CANCELLED);
		cr_expect_eq(hw__word_status(asked), status);
		cr_expect_eq(hw__word_ref(asked), hw__word_ref(running));
	}
}

Test(word, free_and_claim_refer_to_nothing)
{
	cr_expect_eq(hw__word_ref(0), 0);
	for (uint32_t p = 0; p < HW__MEMBERS_MAX; p++) {
		uint64_t claim = hw__word_claim(p);

		cr_expect_eq(hw__word_ref(claim), 0);
		cr_expect_eq(hw__word_status(claim), HW__CLAIM);
		cr_expect_eq(hw__ref_index(claim), p);
		cr_expect_neq(claim, 0);
	}
}

Test(word, a_ref_to_the_first_block_s_first_version_is_not_none)
{
	cr_expect_neq(hw__ref(0, 0), 0);
	cr_expect_neq(hw__word_ref(hw__word(HW__RUNNING, hw__ref(0, 0))), 0);
}

Test(word, versions_wrap_around_after_36_bits)
{
	cr_expect_eq(hw__version_next(0), 1);
	cr_expect_eq(hw__version_next(LAST_VERSION - 1), LAST_VERSION);
	cr_expect_eq(hw__version_next(LAST_VERSION), 0);
	cr_expect_eq(hw__ref(7, LAST_VERSION + 1), hw__ref(7, 0));
	cr_expect_eq(hw__state(HW__KIND_OWNED, 5, LAST_VERSION + 3),
		     hw__state(HW__KIND_OWNED, 5, 2));
}

Test(word, a_state_unpacks_kind_member_and_version)
{
	static const uint32_t members[] = {0, 1, 255, 0x3fff};

	for (unsigned kind = HW__KIND_FREE; kind <= HW__KIND_PRIVATE; kind++)
		for (int m = 0; m < 4; m++)
			for (int v = 0; v < VERSIONS; v++) {
				uint64_t state = hw__state((enum hw__kind)kind, members[m],
							   versions[v]);

				cr_assert_eq(hw__state_kind(state), kind);
				cr_assert_eq(hw__state_member(state), members[m]);
				cr_assert_eq(hw__version(state), versions[v]);
				cr_assert_eq(state >> 36 & 0xfff, 0, "the bits between are zero");
			}
}

Test(word, zero_bytes_are_free_slots_and_blocks)
{
	cr_expect_eq(hw__word_status(0), HW__FREE);
	cr_expect_eq(hw__state_kind(0), HW__KIND_FREE);
	cr_expect_eq(hw__state(HW__KIND_FREE, 0, 0), 0);
}

Test(word, an_owner_unpacks_kind_flags_and_member)
{
	static const uint32_t members[] = {0, 1, 255, 0xffffff},
			      pids[] = {0, 1, 4194304, UINT32_MAX};

	for (unsigned kind = HW__OWNER_NONE; kind <= HW__OWNER_PROCESS; kind++)
		for (unsigned flags = 0; flags <= 15; flags++)
			for (int i = 0; i < 4; i++) {
				uint64_t owner = hw__owner((enum hw__owner_kind)kind, flags,
							   members[i], pids[i]);

				cr_assert_eq(hw__owner_kind(owner), kind);
				cr_assert_eq(hw__owner_flags(owner), flags);
				cr_assert_eq(hw__owner_member(owner), members[i]);
				cr_assert_eq((uint32_t)owner, pids[i]);
			}
}

Test(word, four_statuses_are_readable_and_three_are_ended)
{
	static const bool readable[16] = {
		[HW__RUNNING] = true, [HW__FINISHED] = true, [HW__ERROR] = true, [HW__LOST] = true};

	for (unsigned status = 0; status < 16; status++) {
		cr_expect_eq(hw__status_is_readable(status), readable[status], "%u", status);
		cr_expect_eq(hw__status_is_over(status), readable[status] && status != HW__RUNNING,
			     "%u", status);
	}
}
