/* SPDX-License-Identifier: BSD-3-Clause */
/* Positions of all regions: in order, without overlap, aligned, for every geometry. */
#include "fixture.h"

#include <fcntl.h>

static struct hw__geometry counts(uint32_t slots, uint32_t blocks, uint32_t extents,
				  uint32_t members, uint32_t striped)
{
	return (struct hw__geometry){.slots = slots,
				     .blocks = blocks,
				     .extents = extents,
				     .members = members,
				     .striped_slots = striped};
}

/* Each region begins at or after the end of the one before it, less than a page later. */
static void must_follow(uint64_t begin, uint64_t end_before, uint64_t aligned, const char *what)
{
	cr_expect_geq(begin, end_before, "%s overlaps", what);
	cr_expect_lt(begin, end_before + HW__PAGE_BYTES, "%s is far off", what);
	cr_expect_eq(begin % aligned, 0, "%s is not aligned", what);
}

static void must_be_laid_out(struct hw__geometry g)
{
	cr_assert_eq(hw__geometry_layout(&g), 0);
	must_follow(g.members_off, sizeof(struct hw__header), 64, "members");
	must_follow(g.totals_off, g.members_off + 64ull * g.members, 64, "totals");
	must_follow(g.watches_off, g.totals_off + 64ull * g.members, 64, "watches");
	must_follow(g.slots_off, g.watches_off + 512ull * g.members, 128, "slots");
	must_follow(g.stripes_off, g.slots_off + 128ull * g.slots, 64, "stripes");
	must_follow(g.block_hints_off, g.stripes_off + 1024ull * g.striped_slots, 8, "block hints");
	must_follow(g.extent_hints_off, g.block_hints_off + (g.blocks + 63) / 64 * 8, 8,
		    "extent hints");
	must_follow(g.blocks_off, g.extent_hints_off + (g.extents + 63) / 64 * 8, 4096, "blocks");
	must_follow(g.extents_off, g.blocks_off + 512ull * g.blocks, 4096, "extents");
	cr_expect_eq(g.bytes, g.extents_off + 4096ull * g.extents);
}

Test(layout, regions_follow_each_other_apart_and_aligned)
{
	static const uint32_t some[] = {4, 5, 63, 64, 65, 1000, 4096, HW__SLOTS_MAX};
	static const uint32_t members[] = {1, 2, 3, 255, 256};

	for (size_t s = 0; s < sizeof some / sizeof *some; s++)
		for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
			must_be_laid_out(counts(some[s], some[s], 0, members[m], 0));
			must_be_laid_out(counts(some[s], some[s] + 1, 511, members[m], 1));
			must_be_laid_out(counts(some[s], some[s] + 4095, 513, members[m], some[s]));
		}
	must_be_laid_out(counts(4096, HW__CHUNKS_MAX, HW__CHUNKS_MAX, 256, 1024));
}

Test(layout, counts_out_of_range_are_refused)
{
	struct hw__geometry bad[] = {
		counts(HW__SLOTS_MIN - 1, 100, 4, 1, 0),
		counts(HW__SLOTS_MAX + 1, HW__CHUNKS_MAX, 4, 1, 0),
		counts(8, 7, 4, 1, 0),
		counts(8, HW__CHUNKS_MAX + 1, 4, 1, 0),
		counts(8, 8, HW__CHUNKS_MAX + 1, 1, 0),
		counts(8, 8, 4, 0, 0),
		counts(8, 8, 4, HW__MEMBERS_MAX + 1, 0),
		counts(8, 8, 4, 1, 9),
		counts(UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX),
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(hw__geometry_layout(&bad[i]), -EINVAL, "%zu", i);
}

Test(layout, the_attachment_points_to_the_regions_of_the_geometry, .init = fixture_up,
     .fini = fixture_down)
{
	const struct hw__geometry *g = &fx.a->geometry;

	cr_expect_eq((void *)fx.a->slots, fx.a->base + g->slots_off);
	cr_expect_eq((void *)hw__block_at(fx.a, g->blocks - 1),
		     fx.a->base + g->blocks_off + 512 * (g->blocks - 1));
	cr_expect_eq((void *)(hw__extent_at(fx.a, g->extents - 1) + 1), fx.a->base + g->bytes);
	cr_expect_eq((void *)fx.a->pools[HW__BLOCKS].hints, fx.a->base + g->block_hints_off);
}

static void header_get(struct hw__header *header)
{
	char path[300];
	int fd;

	snprintf(path, sizeof path, "/dev/shm%s", fx.name);
	fd = open(path, O_RDONLY);
	cr_assert_geq(fd, 0);
	cr_assert_eq(pread(fd, header, sizeof *header, 0), sizeof *header);
	close(fd);
}

Test(layout, a_header_carries_the_fingerprint_and_a_checksum_over_the_rest, .init = fixture_up,
     .fini = fixture_down)
{
	struct hw__header h;
	uint64_t sum;

	header_get(&h);
	cr_expect_eq(h.fingerprint, hw__layout_fingerprint());
	cr_expect_eq(h.checksum, hw__header_checksum(&h));
	sum = h.checksum;
	h.checksum = ~sum;
	cr_expect_eq(hw__header_checksum(&h), sum, "the checksum is not part of itself");
	for (size_t i = 0; i < offsetof(struct hw__header, checksum); i++) {
		((unsigned char *)&h)[i] ^= 1;
		cr_assert_neq(hw__header_checksum(&h), sum, "byte %zu does not count", i);
		((unsigned char *)&h)[i] ^= 1;
	}
}

/* In an arena that no writer has attached, only the header and the hints are not zero. */
Test(layout, an_empty_arena_is_zero_except_header_and_hints, .fini = fixture_down)
{
	struct headway_options o = *fixture_options();
	const struct hw__geometry *g;

	o.flags |= HEADWAY_READ_ONLY;
	fixture_open(&o);
	g = &fx.a->geometry;
	for (uint64_t i = g->members_off; i < g->block_hints_off; i++)
		cr_assert_eq(fx.a->base[i], 0, "byte %llu", (unsigned long long)i);
	for (uint64_t i = g->blocks_off; i < g->bytes; i++)
		cr_assert_eq(fx.a->base[i], 0, "byte %llu", (unsigned long long)i);
	for (int which = HW__BLOCKS; which <= HW__EXTENTS; which++)
		for (uint32_t i = 0; i < (fx.a->pools[which].count + 63) / 64 * 64; i++)
			cr_expect_eq(fx.a->pools[which].hints[i / 64] >> i % 64 & 1,
				     i < fx.a->pools[which].count, "hint %u", i);
}
