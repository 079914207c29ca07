/* SPDX-License-Identifier: BSD-3-Clause */
/* Records that were reported lost. */
#include "fixture.h"

#include "open/lost.h"

TestSuite(lost, .init = fixture_up, .fini = fixture_down);

Test(lost, is_found_by_its_slot_and_id)
{
	uint64_t dead_ns = 1;

	cr_expect_not(hw__lost_find(fx.a, 3, 0x1234, &dead_ns));
	hw__lost_add(fx.a, 3, 0x1234, 500);
	cr_assert(hw__lost_find(fx.a, 3, 0x1234, &dead_ns));
	cr_expect_eq(dead_ns, 500);
	cr_expect_not(hw__lost_find(fx.a, 2, 0x1234, &dead_ns));
	cr_expect_not(hw__lost_find(fx.a, 3, 0x1235, &dead_ns), "another record in the slot");
}

Test(lost, is_replaced_by_a_later_one_in_its_slot)
{
	uint64_t dead_ns = 1;

	hw__lost_add(fx.a, 3, 0x1234, 500);
	hw__lost_add(fx.a, 3, 0x1235, 600);
	cr_expect_not(hw__lost_find(fx.a, 3, 0x1234, &dead_ns));
	cr_assert(hw__lost_find(fx.a, 3, 0x1235, &dead_ns));
	cr_expect_eq(dead_ns, 600);
}

Test(lost, the_last_slot_has_a_place)
{
	uint32_t last = fx.a->geometry.slots - 1;
	uint64_t dead_ns = 1;

	hw__lost_add(fx.a, last, 7, 700);
	cr_assert(hw__lost_find(fx.a, last, 7, &dead_ns));
	cr_expect_eq(dead_ns, 700);
}
