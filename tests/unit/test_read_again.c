/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads into a snapshot that holds an earlier revision, or another record: what has the same shape is
 * not decoded again, and reads the same as if it were. */
#include "at_access.h"
#include "fixture.h"

TestSuite(read_again, .init = fixture_up, .fini = fixture_down);

static struct headway_snapshot *s;

static void must_read(const struct headway_record *r)
{
	fixture_read(r, &s);
}

/* Two messages of one update; texts of the same lengths leave all places as they are. */
static void pair_set(struct headway_record *r, const char *one, const char *two)
{
	cr_assert_eq(headway_update(r, (struct headway_message[]){{"one", one}, {"two", two}}, 2),
		     0);
}

/* A record with two messages, of which the snapshot knows the shape: it has decoded two revisions. */
static struct headway_record *pair_known(void)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){.name = "name"});

	pair_set(r, "00", "00");
	must_read(r);
	pair_set(r, "11", "22");
	must_read(r);
	return r;
}

static void expect_pair(const struct headway_record *r, const char *name, const char *one,
			const char *two)
{
	must_read(r);
	cr_expect_str_eq(s->name, name);
	cr_expect_str_eq(fixture_value(s, "one"), one);
	cr_expect_str_eq(fixture_value(s, "two"), two);
	cr_expect_eq(s->message_count, 2);
	cr_expect_eq(s->version, fixture_block(r)->h.rev);
	cr_expect_eq(s->status, HEADWAY_RUNNING);
}

Test(read_again, has_the_texts_of_each_revision_and_record)
{
	struct headway_record *a = fixture_start(&(struct headway_spec){.name = "aaa"});
	struct headway_record *b = fixture_start(&(struct headway_spec){.name = "bbb"});

	pair_set(a, "1", "22");
	pair_set(b, "3", "44");
	expect_pair(a, "aaa", "1", "22");
	expect_pair(b, "bbb", "3", "44"); /* as many bytes at the same places */
	pair_set(b, "5", "66");
	expect_pair(b, "bbb", "5", "66");
	pair_set(b, "6", "77");
	expect_pair(b, "bbb", "6", "77");
	expect_pair(a, "aaa", "1", "22");
	pair_set(b, "7", "88");
	expect_pair(b, "bbb", "7", "88");
	pair_set(b, "8", "99");
	expect_pair(b, "bbb", "8", "99");
	pair_set(b, fixture_text(80, 'a'), "9");
	expect_pair(b, "bbb", fixture_text(80, 'a'), "9");
	pair_set(b, "99", fixture_text(80, 'b')); /* as many bytes at other places */
	expect_pair(b, "bbb", "99", fixture_text(80, 'b'));
	pair_set(b, "99", "0");
	expect_pair(b, "bbb", "99", "0");
	cr_assert_eq(headway_message(b, "two", "longer"), 0);
	expect_pair(b, "bbb", "99", "longer");
	cr_assert_eq(headway_message(b, "two", "short"), 0);
	expect_pair(b, "bbb", "99", "short");
	expect_pair(a, "aaa", "1", "22");
	headway_release(a);
	headway_release(b);
	headway_snapshot_free(s);
}

Test(read_again, texts_end_at_their_length)
{
	static const char text[HW__FIELD_STEP] = "fills its field";
	struct headway_record *r = pair_known();
	unsigned char *at;

	pair_set(r, text, "44");
	at = fixture_entry(fixture_block(r), 2);
	cr_assert_eq(memcmp(at, text, sizeof text), 0);
	at[-1] = at[sizeof text - 1] = 'x';
	must_read(r);
	cr_expect_str_eq(s->messages[0].key, "one");
	cr_expect_str_eq(s->messages[0].value, text);
	headway_release(r);
	headway_snapshot_free(s);
}

Test(read_again, has_the_time_of_each_revision)
{
	struct headway_record *r = pair_known();

	for (uint64_t second = 4; second < 8; second++) {
		pair_set(r, "33", "44");
		fixture_block(r)->h.changed_ns = second * UINT64_C(1000000000000000000);
		must_read(r);
		cr_expect_eq(s->updated_ns, (int64_t)(second * UINT64_C(1000000000000000000)));
	}
	headway_release(r);
	headway_snapshot_free(s);
}

static struct headway_record *changing;

/* It has the same shape again, and its extents hold something else. */
static void *change_and_change_back(void *unused)
{
	(void)unused;
	pair_set(changing, "33", "44");
	pair_set(changing, fixture_text(5000, 'b'), "44");
	pair_set(changing, "44", "55"); /* without slack, as it was in extents */
	pair_set(changing, "55", "66");
	return NULL;
}

static void changes_back(void)
{
	fixture_in_thread(change_and_change_back);
}

/* The first try found a revision in extents and took more memory for it, but could not copy it. */
Test(read_again, has_its_texts_in_the_memory_that_it_has_by_then)
{
	struct headway_record *r = changing = pair_known();
	uint64_t last;

	pair_set(r, fixture_text(5000, 'a'), "44");
	last = hw__extent_at(fx.a, hw__ref_index(fixture_block(r)->h.overflow))->h.next;
	cr_assert_neq(last, 0);
	fixture_exhaust(HW__EXTENTS, 0); /* so that these are used again */
	at_access(hw__extent_at(fx.a, hw__ref_index(last)), changes_back);
	expect_pair(r, "name", "55", "66");
	AT_ACCESS_DONE();
	headway_release(r);
	headway_snapshot_free(s);
}

Test(read_again, tells_a_request_to_stop_and_the_end)
{
	struct headway_record *r = pair_known();

	pair_set(r, "33", "44");
	must_read(r);
	cr_expect_null(s->cancel_reason);
	cr_assert_eq(headway_cancel(fx.arena, &r->id, "enough"), 0);
	must_read(r);
	cr_expect_str_eq(s->cancel_reason, "enough");
	pair_set(r, "55", "66");
	must_read(r);
	cr_expect_str_eq(s->cancel_reason, "enough");
	cr_expect_str_eq(fixture_value(s, "one"), "55");
	cr_assert_eq(headway_finish(r), 0);
	must_read(r);
	cr_expect_eq(s->status, HEADWAY_FINISHED);
	cr_expect_str_eq(fixture_value(s, "two"), "66");
	headway_release(r);
	headway_snapshot_free(s);
}

Test(read_again, has_results_and_texts_in_extents)
{
	struct headway_record *r = pair_known();

	cr_assert_eq(headway_message(r, "one", fixture_text(5000, 'a')), 0);
	must_read(r);
	cr_expect_str_eq(fixture_value(s, "one"), fixture_text(5000, 'a'));
	cr_assert_eq(headway_message(r, "one", fixture_text(5000, 'b')), 0);
	must_read(r);
	cr_expect_str_eq(fixture_value(s, "one"), fixture_text(5000, 'b'));
	pair_set(r, "33", "44");
	expect_pair(r, "name", "33", "44");
	cr_assert_eq(headway_results(r, "[1]", 3), 0);
	must_read(r);
	cr_expect_str_eq(s->results, "[1]");
	pair_set(r, "55", "66");
	expect_pair(r, "name", "55", "66");
	cr_expect_str_eq(s->results, "[1]");
	for (char digit = '1'; digit < '6';
	     digit++) { /* in a chain: the entries stay as they are */
		cr_assert_eq(headway_results(r, fixture_text(600, digit), 600), 0);
		must_read(r);
		cr_expect_str_eq(s->results, fixture_text(600, digit));
	}
	headway_release(r);
	headway_snapshot_free(s);
}

Test(read_again, a_lost_record_is_not_running)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){.name = "name"});
	struct hw__slot *slot = fixture_slot(r);

	pair_set(r, "00", "00");
	must_read(r);
	pair_set(r, "11", "22");
	must_read(r);
	slot->word = hw__word_become(HW__LOST, slot->word);
	must_read(r);
	cr_expect_eq(s->status, HEADWAY_ERROR);
	cr_expect(s->lost);
	cr_expect(fixture_value(s, "Error") != NULL);
	headway_release(r);
	headway_snapshot_free(s);
}
