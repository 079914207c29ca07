/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that only opens, walks and closes an arena, linked with the archive: it must contain
 * every module that those calls reach. No other function may be called here, since the linker would
 * then add more modules. */
#include "headway.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

static int count(const struct headway_snapshot *snapshot, void *argument)
{
	(void)snapshot;
	++*(int *)argument;
	return 0;
}

Test(link, a_program_that_only_reads_links_all_it_needs)
{
	struct headway_options small = {.slots = 8, .members = 4, .bytes = 128 << 10};
	struct headway_arena *arena = NULL;
	char name[64];
	int seen = 0;

	snprintf(name, sizeof name, "/headway-unit-%d-link", (int)getpid());
	cr_assert_eq(headway_open(name, &small, &arena), 0);
	cr_expect_eq(headway_each(arena, count, &seen), 0);
	cr_expect_eq(seen, 0);
	headway_close(arena);
	cr_expect_eq(headway_unlink(name), 0);
}
