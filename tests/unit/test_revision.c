/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing revisions. The module is compiled into this test, with its copies redirected
 * through meddle(), so that changes by another process can happen after any chosen copy. */
#include "fixture.h"

static void meddle(void *to, const void *shared, size_t bytes);

#define hw__copy_in meddle
#include "store/revision.c"
#undef hw__copy_in

TestSuite(version, .init = fixture_up, .fini = fixture_down, .timeout = 20);

static int meddle_at;                    /* number of copies until the change; 0: none */
static void (*meddling)(void *argument); /* the change, made after that copy */
static void *meddle_argument;

static void meddle(void *to, const void *shared, size_t bytes)
{
	hw__copy_in(to, shared, bytes);
	if (meddle_at && --meddle_at == 0)
		meddling(meddle_argument);
}

enum { DATA = HW__EXTENT_DATA };

static struct hw__buffer copy, gathered;
static struct hw__revision v;

static int copied(uint64_t ref)
{
	return hw__revision_copy(fx.a, ref, &copy, true, &v);
}

static int gathers(uint64_t head)
{
	struct hw__refs refs = {&gathered, 0};

	return hw__chain_gather(fx.a, head, &refs);
}

/* Writes a block with an origin and a message that names these chains. */
static uint64_t block_put(uint64_t overflow, uint64_t results)
{
	struct hw__pool *pool = &fx.a->pools[HW__BLOCKS];
	uint64_t ref = hw__chunk_own(pool, 0, hw__chunk_take(fx.a, HW__BLOCKS, true));
	struct hw__block *b = hw__block_at(fx.a, hw__ref_index(ref));
	struct hw__origin origin = {.owner_pid = 4711, .started_ns = 99};
	unsigned char *end = b->entries;

	end = hw__entry_put(end, HW__ENTRY_ORIGIN, NULL, 0, &origin, HW__ORIGIN_BYTES);
	end = hw__entry_put(end, HW__ENTRY_MESSAGE, "key", 3, "value", 5);
	b->h.home = 6;
	b->h.used_bytes = (uint16_t)(end - b->entries);
	b->h.status = HW__RUNNING;
	b->h.rev = 12;
	memset(b->h.id, 0x1d, sizeof b->h.id);
	b->h.changed_ns = 77;
	b->h.overflow = overflow;
	b->h.results = results;
	return ref;
}

static unsigned char byte_of(size_t i)
{
	return (unsigned char)(i * 31 + i / DATA);
}

/* Writes a chain of this many bytes; its refs are stored in chain_refs. */
static struct hw__buffer chain_refs;
static struct hw__refs chain = {&chain_refs, 0};

static int chain_put(size_t bytes, uint64_t *head)
{
	unsigned char *data = malloc(bytes);
	int error;

	for (size_t i = 0; i < bytes; i++)
		data[i] = byte_of(i);
	error = hw__chain_write(fx.a, 6, data, bytes, false, &chain, head);
	free(data);
	return error;
}

static uint64_t chain_of(size_t bytes)
{
	uint64_t head = 0;

	chain.count = 0;
	cr_assert_eq(chain_put(bytes, &head), 0);
	return head;
}

static struct hw__extent *extent(size_t i)
{
	return hw__extent_at(fx.a, hw__ref_index(hw__refs_at(&chain)[i]));
}

static void must_be_data(const unsigned char *got, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		cr_assert_eq(got[i], byte_of(i), "byte %zu of %zu", i, bytes);
}

/* ---- a block --------------------------------------------------------------------------------- */

Test(version, a_copy_is_what_the_block_holds)
{
	uint64_t ref = block_put(0, 0);
	const unsigned char *at;
	struct hw__entry_view e;

	cr_assert_eq(copied(ref), 0);
	cr_expect(v.head.rev == 12 && v.head.changed_ns == 77 && v.head.home == 6 &&
		  v.head.status == HW__RUNNING);
	cr_expect_eq(v.head.id[15], 0x1d);
	cr_expect_eq(v.head.used_bytes, v.entries_bytes);
	cr_expect_eq(v.results_bytes, 0);
	at = copy.bytes + HW__COPY_ENTRIES;
	cr_assert(hw__entry_next(&at, at + v.entries_bytes, &e));
	cr_assert(hw__entry_next(&at, copy.bytes + HW__COPY_ENTRIES + v.entries_bytes, &e));
	cr_expect_str_eq(e.key, "key");
	cr_expect_str_eq(e.value, "value");
	cr_expect_eq(at, copy.bytes + HW__COPY_ENTRIES + v.entries_bytes);
}

Test(version, a_brief_copy_is_the_head_and_the_origin)
{
	uint64_t ref = block_put(hw__ref(1, 2), hw__ref(3, 4));
	struct hw__summary summary;

	cr_assert_eq(hw__revision_summary(fx.a, ref, &summary), 0);
	cr_expect(summary.head.rev == 12 && summary.head.changed_ns == 77 &&
		  summary.head.home == 6);
	cr_expect(summary.head.overflow == hw__ref(1, 2) && summary.head.results == hw__ref(3, 4));
	cr_expect(summary.origin.owner_pid == 4711 && summary.origin.started_ns == 99);
}

static void raise_block(void *ref)
{
	hw__chunk_own(&fx.a->pools[HW__BLOCKS], 0, *(uint64_t *)ref);
}

/* The block is written again after the word was loaded: before the copy, or after it. */
Test(version, a_block_with_a_newer_version_is_rejected)
{
	uint64_t ref = block_put(0, 0);
	struct hw__summary summary;

	raise_block(&ref);
	cr_expect_eq(copied(ref), -EAGAIN);
	cr_expect_eq(hw__revision_summary(fx.a, ref, &summary), -EAGAIN);
	meddling = raise_block;
	meddle_argument = &ref;
	ref = block_put(0, 0);
	meddle_at = 1;
	cr_expect_eq(copied(ref), -EAGAIN, "raised right after it was copied");
	ref = block_put(0, 0);
	meddle_at = 1;
	cr_expect_eq(hw__revision_summary(fx.a, ref, &summary), -EAGAIN);
}

Test(version, a_block_whose_version_wrapped_around_is_rejected)
{
	uint64_t ref = block_put(0, 0), *state = fixture_state(HW__BLOCKS, hw__ref_index(ref));
	uint64_t last = hw__ref(hw__ref_index(ref), (1ull << 36) - 1);

	*state = hw__state(HW__KIND_OWNED, 0, (1ull << 36) - 1);
	cr_expect_eq(copied(last), 0);
	cr_expect_eq(hw__version(hw__chunk_own(&fx.a->pools[HW__BLOCKS], 0, last)), 0);
	cr_expect_eq(copied(last), -EAGAIN);
	cr_expect_eq(copied(hw__ref(hw__ref_index(ref), 0)), 0);
}

Test(version, a_superseded_block_is_readable_until_it_is_written_again)
{
	uint64_t ref = block_put(0, 0);

	cr_assert(hw__chunk_retire(&fx.a->pools[HW__BLOCKS], 0, ref));
	cr_expect_eq(copied(ref), 0);
	hw__chunk_give_back(&fx.a->pools[HW__BLOCKS], 0, ref);
	cr_expect_eq(copied(ref), 0, "not before it is written again");
}

Test(version, an_impossible_block_is_damage)
{
	uint64_t ref = block_put(0, 0);
	struct hw__block *b = hw__block_at(fx.a, hw__ref_index(ref));
	struct hw__summary summary;

	cr_expect_eq(copied(hw__ref(fx.a->geometry.blocks, 0)), -EBADMSG);
	cr_expect_eq(copied(hw__ref(0xffffff, 0)), -EBADMSG);
	cr_expect_eq(hw__revision_summary(fx.a, hw__ref(0xffffff, 0), &summary), -EBADMSG);
	for (unsigned used = HW__INLINE_BYTES + 1; used <= 65535; used += 97) {
		b->h.used_bytes = (uint16_t)used;
		cr_assert_eq(copied(ref), -EBADMSG, "%u", used);
		cr_assert_eq(hw__revision_summary(fx.a, ref, &summary), -EBADMSG, "%u", used);
	}
	b->h.used_bytes = HW__INLINE_BYTES;
	cr_expect_eq(copied(ref), 0);
	b->h.used_bytes = HW__ENTRY_OVERHEAD + HW__ORIGIN_BYTES - 1;
	cr_expect_eq(hw__revision_summary(fx.a, ref, &summary), -EBADMSG, "half an origin");
	b->h.used_bytes = 0;
	cr_expect_eq(hw__revision_summary(fx.a, ref, &summary), -EBADMSG);
	((struct hw__entry *)(void *)b->entries)->kind = HW__ENTRY_NAME;
	b->h.used_bytes = 200;
	cr_expect_eq(hw__revision_summary(fx.a, ref, &summary), -EBADMSG,
		     "the origin is not first");
}

/* ---- chains ---------------------------------------------------------------------------------- */

static void must_go_round(size_t bytes)
{
	size_t want = (bytes + DATA - 1) / DATA;
	uint32_t free_before = fixture_free(HW__EXTENTS);
	uint64_t head = chain_of(bytes), ref;
	struct hw__refs refs = {&gathered, 0};

	cr_assert_eq(chain.count, want, "%zu bytes", bytes);
	cr_assert_eq(fixture_count(HW__EXTENTS, HW__KIND_OWNED, 0), want);
	cr_assert_eq(hw__chain_gather(fx.a, head, &refs), 0);
	cr_assert_eq(refs.count, want);
	cr_assert_eq(memcmp(hw__refs_at(&refs), hw__refs_at(&chain), want * 8), 0);
	ref = block_put(0, head);
	cr_assert_eq(copied(ref), 0);
	cr_assert_eq(v.results_bytes, bytes);
	must_be_data(copy.bytes + v.results_off, bytes);
	cr_assert_eq(hw__revision_copy(fx.a, ref, &copy, false, &v), 0);
	cr_assert_eq(v.results_bytes, 0, "not asked for");
	hw__block_at(fx.a, hw__ref_index(ref))->h.overflow = head;
	hw__block_at(fx.a, hw__ref_index(ref))->h.results = 0;
	cr_assert_eq(copied(ref), 0);
	cr_assert_eq(v.entries_bytes, v.head.used_bytes + bytes);
	must_be_data(copy.bytes + HW__COPY_ENTRIES + v.head.used_bytes, bytes);
	hw__chunk_drop(&fx.a->pools[HW__BLOCKS], 0, ref);
	hw__chain_undo(fx.a, &chain, 0);
	cr_assert_eq(fixture_free(HW__EXTENTS), free_before, "undo gives everything back");
}

Test(version, chains_hold_every_length_to_the_byte)
{
	static const size_t some[] = {1, 2, 15, 16, 17, 31, 32, 33, 100, 448};

	for (size_t i = 0; i < sizeof some / sizeof *some; i++)
		must_go_round(some[i]);
	for (size_t n = 1; n <= 5; n++)
		for (size_t near = 0; near <= 2; near++)
			must_go_round(n * DATA - 1 + near);
	must_go_round((size_t)fx.a->geometry.extents * DATA - 1);
	must_go_round((size_t)fx.a->geometry.extents * DATA);
}

Test(version, overflow_and_results_are_copied_side_by_side)
{
	uint64_t overflow = chain_of(DATA + 5), results = chain_of(2 * DATA);

	cr_assert_eq(copied(block_put(overflow, results)), 0);
	cr_expect_geq(v.results_off, HW__COPY_ENTRIES + v.entries_bytes + 1,
		      "room for a NUL between");
	must_be_data(copy.bytes + HW__COPY_ENTRIES + v.head.used_bytes, DATA + 5);
	must_be_data(copy.bytes + v.results_off, 2 * DATA);
}

Test(version, an_extent_names_its_home_its_head_and_the_next)
{
	uint64_t head = chain_of(2 * DATA + 1);
	const uint64_t *ref = hw__refs_at(&chain);

	cr_expect_eq(head, ref[0]);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(extent((size_t)i)->h.home, 6);
		cr_expect_eq(extent((size_t)i)->h.head, head);
		cr_expect_eq(extent((size_t)i)->h.next, i < 2 ? ref[i + 1] : 0);
		cr_expect_eq(extent((size_t)i)->h.used_bytes, i < 2 ? DATA : 1);
	}
}

Test(version, never_fits_and_does_not_fit_now_are_distinguished)
{
	size_t all = (size_t)fx.a->geometry.extents * DATA;
	uint64_t head = 0;

	chain.count = 0;
	cr_expect_eq(chain_put(all + 1, &head), -E2BIG);
	cr_assert_neq(hw__chunk_take(fx.a, HW__EXTENTS, false), 0);
	cr_expect_eq(chain_put(all, &head), -ENOSPC);
	cr_expect_eq(chain.count, 0);
	cr_expect_eq(fixture_free(HW__EXTENTS), fx.a->geometry.extents - 1, "nothing is kept");
	cr_expect_eq(chain_put(all - DATA, &head), 0);
}

Test(version, undo_restores_the_previous_state)
{
	uint64_t head = chain_of(3 * DATA);

	cr_assert_eq(chain_put(5 * DATA, &head), 0);
	cr_assert_eq(chain.count, 8);
	hw__chain_undo(fx.a, &chain, 3);
	cr_expect_eq(chain.count, 3);
	cr_expect_eq(fixture_count(HW__EXTENTS, HW__KIND_OWNED, 0), 3);
	cr_expect_eq(gathers(hw__refs_at(&chain)[0]), 0);
}

static void raise_extent(void *ref)
{
	hw__chunk_own(&fx.a->pools[HW__EXTENTS], 0, *(uint64_t *)ref);
}

/* Each extent of a chain is written again before the copy, and at each point during it. */
Test(version, a_chain_with_one_extent_of_a_newer_version_is_rejected)
{
	for (size_t i = 0; i < 3; i++) {
		uint64_t head = chain_of(2 * DATA + 9), ref = block_put(0, head);

		raise_extent(&hw__refs_at(&chain)[i]);
		cr_expect_eq(copied(ref), -EAGAIN, "extent %zu", i);
		cr_expect_eq(gathers(head), -EAGAIN, "extent %zu", i);
		/* copies: the block, then head and data of each extent */
		for (int at = 1; at <= 3 + 2 * (int)i; at++) {
			chain.count = 0;
			fixture_again(fixture_options());
			head = chain_of(2 * DATA + 9);
			ref = block_put(0, head);
			meddling = raise_extent;
			meddle_argument = &hw__refs_at(&chain)[i];
			meddle_at = at;
			cr_expect_eq(copied(ref), -EAGAIN, "extent %zu after copy %d", i, at);
		}
	}
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void must_be_damaged(uint64_t head, const char *what)
{
	uint64_t ref = block_put(0, head);

	cr_expect_eq(copied(ref), -EBADMSG, "%s, as results", what);
	hw__block_at(fx.a, hw__ref_index(ref))->h.overflow = head;
	hw__block_at(fx.a, hw__ref_index(ref))->h.results = 0;
	cr_expect_eq(copied(ref), -EBADMSG, "%s, as overflow", what);
	hw__chunk_drop(&fx.a->pools[HW__BLOCKS], 0, ref);
}

Test(version, wrong_lengths_in_a_chain_are_damage)
{
	static const uint64_t totals[] = {0,
					  1,
					  DATA,
					  2 * DATA - 1,
					  2 * DATA + 8,
					  2 * DATA + 10,
					  3 * DATA + 1,
					  1ull << 32,
					  1ull << 63,
					  UINT64_MAX};
	static const uint32_t used[] = {0, 1, DATA - 1, DATA + 1, 1u << 31, UINT32_MAX};
	uint64_t head = chain_of(2 * DATA + 9);

	for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
		extent(0)->h.total_bytes = totals[i];
		must_be_damaged(head, "total");
		if (totals[i])
			cr_expect_eq(gathers(head), -EBADMSG, "total %zu", i);
	}
	extent(0)->h.total_bytes = 2 * DATA + 9;
	for (size_t e = 0; e < 3; e++)
		for (size_t i = 0; i < sizeof used / sizeof *used; i++) {
			uint32_t was = extent(e)->h.used_bytes;

			extent(e)->h.used_bytes = used[i];
			must_be_damaged(head, "used");
			cr_expect_eq(gathers(head), -EBADMSG, "used %zu of %zu", i, e);
			extent(e)->h.used_bytes = was;
		}
	cr_expect_eq(gathers(head), 0, "all is as before");
}

/* A length larger than all extents together: no memory is allocated for it. */
Test(version, a_wrong_length_allocates_no_memory)
{
	uint64_t head = chain_of(100), most = (uint64_t)fx.a->geometry.extents * DATA;

	extent(0)->h.total_bytes = most;
	must_be_damaged(head, "total");
	for (uint64_t total = most + 1; total < 1ull << 40; total *= 2) {
		extent(0)->h.total_bytes = total;
		must_be_damaged(head, "total");
		cr_expect_eq(gathers(head), -EBADMSG);
	}
	cr_expect_lt(copy.capacity, most + 65536);
	cr_expect_lt(gathered.capacity, 65536);
}

Test(version, a_chain_that_is_too_short_or_too_long_is_damage)
{
	uint64_t head = chain_of(3 * DATA);

	extent(1)->h.next = 0;
	must_be_damaged(head, "ends early");
	cr_expect_eq(gathers(head), -EBADMSG);
	extent(1)->h.next = hw__refs_at(&chain)[2];
	extent(2)->h.next = hw__refs_at(&chain)[1];
	must_be_damaged(head, "goes on");
	cr_expect_eq(gathers(head), -EBADMSG);
}

Test(version, a_cyclic_chain_is_found_to_be_damage_in_bounded_time)
{
	uint64_t head = chain_of(4 * DATA), most = (uint64_t)fx.a->geometry.extents * DATA;
	const uint64_t *ref = hw__refs_at(&chain);

	for (size_t from = 0; from < 4; from++)
		for (size_t to = 0; to <= from; to++) {
			uint64_t was = extent(from)->h.next;

			extent(from)->h.next = ref[to];
			for (uint64_t total = DATA; total <= most; total += DATA) {
				extent(0)->h.total_bytes = total;
				must_be_damaged(head, "circle");
				cr_expect_eq(gathers(head), -EBADMSG);
			}
			extent(from)->h.next = was;
		}
}

Test(version, an_extent_of_another_chain_is_damage)
{
	uint64_t head = chain_of(3 * DATA), other = chain_of(3 * DATA);
	uint64_t second = hw__extent_at(fx.a, hw__ref_index(other))->h.next;

	hw__extent_at(fx.a, hw__ref_index(head))->h.next = second;
	must_be_damaged(head, "crosses over");
	cr_expect_eq(gathers(head), -EBADMSG);
	must_be_damaged(second, "begins in the middle");
}

Test(version, an_extent_out_of_range_is_damage)
{
	uint64_t head = chain_of(2 * DATA);
	uint64_t beyond[] = {hw__ref(fx.a->geometry.extents, 0), hw__ref(0xffffff, 0)};

	for (int i = 0; i < 2; i++) {
		must_be_damaged(beyond[i], "head");
		cr_expect_eq(gathers(beyond[i]), -EBADMSG);
		extent(0)->h.next = beyond[i];
		must_be_damaged(head, "next");
		cr_expect_eq(gathers(head), -EBADMSG);
	}
}
