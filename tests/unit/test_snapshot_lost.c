/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshots of records that are lost, since their owner is dead, or that have expired. */
#include "snapshot_fixture.h"

TestSuite(snapshot_lost, .init = fixture_up, .fini = fixture_down);

static const char *epitaph(void)
{
	static char text[100];

	snprintf(text, sizeof text, "owner died (pid %d, %s)", (int)getpid(), fx.a->self.command);
	return text;
}

Test(snapshot_lost, a_lost_record_is_in_error_and_names_the_dead_owner)
{
	struct headway_record *r = rich();
	int64_t updated;

	must_read(r);
	updated = s->updated_ns;
	lose(r);
	fixture_slot(r)->lost_ns += 1000000000; /* as if the death had been found a second later */
	must_read(r);
	cr_expect_eq(s->status, HEADWAY_ERROR);
	cr_expect_eq(s->lost, 1);
	cr_expect_eq(s->owner_alive, 0);
	cr_expect_eq(s->version, 6, "one more than the last that was written");
	cr_expect_eq(s->message_count, 3);
	cr_expect_str_eq(s->messages[2].key, "Error");
	cr_expect_str_eq(s->messages[2].value, epitaph());
	cr_expect_eq(s->done, 42);
	cr_expect(s->finished_ns == s->updated_ns && s->finished_ns >= updated + 900000000);
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot_lost, an_error_message_of_a_lost_record_is_replaced_in_place)
{
	struct headway_record *r = fixture_start(NULL);

	cr_assert_eq(headway_message(r, "before", "1"), 0);
	cr_assert_eq(headway_message(r, "Error", "none so far"), 0);
	cr_assert_eq(headway_message(r, "error", "in lower case"), 0);
	lose(r);
	must_read(r);
	cr_assert_eq(s->message_count, 3);
	cr_expect_str_eq(s->messages[1].key, "Error");
	cr_expect_str_eq(s->messages[1].value, epitaph());
	cr_expect_str_eq(s->messages[2].value, "in lower case");
	headway_release(r);
	headway_snapshot_free(s);
}

/* The wall clock was set forward while the record ran, and back before its owner was found dead. */
Test(snapshot_lost, a_loss_is_never_earlier_than_the_last_change)
{
	struct headway_record *r = fixture_start(NULL);
	int64_t changed = INT64_C(4000000000) * 1000000000;

	fixture_block(r)->h.changed_ns = (uint64_t)changed;
	lose(r);
	must_read(r);
	cr_expect_eq(s->updated_ns, changed);
	cr_expect_eq(s->finished_ns, changed);
	headway_release(r);
	headway_snapshot_free(s);
}

/* A sweeper that was stopped for long may have stored it. */
Test(snapshot_lost, a_time_of_loss_of_an_earlier_record_expires_nothing)
{
	struct headway_record *r = fixture_start(&(struct headway_spec){.ttl_seconds = 1});

	lose(r);
	fixture_slot(r)->lost_ns = 1;
	must_read(r);
	cr_expect_eq(s->lost, 1);
	headway_release(r);
	headway_snapshot_free(s);
}

/* Nor does the end of the record that the snapshot held. */
Test(snapshot_lost, the_end_of_another_record_expires_nothing)
{
	struct headway_record *ended = fixture_start(&(struct headway_spec){.ttl_seconds = 1000});
	struct headway_record *r = fixture_start(&(struct headway_spec){.ttl_seconds = 1});

	cr_assert_eq(headway_finish(ended), 0);
	fixture_ended(fixture_block(ended), hw__boot_ns() - 100 * UINT64_C(1000000000));
	must_read(ended);
	lose(r);
	fixture_slot(r)->lost_ns = 1;
	must_read(r);
	cr_expect_eq(s->lost, 1);
	headway_release(ended);
	headway_release(r);
	headway_snapshot_free(s);
}

Test(snapshot_lost, errors_and_finished_records_expire_by_their_own_times)
{
	struct headway_options options = *fixture_options();
	struct headway_record *finished, *error;

	options.ttl_seconds = 1000;
	options.error_ttl_seconds = 10;
	for (int i = 0; i < 2; i++) {
		fixture_again(&options);
		finished = fixture_start(NULL);
		error = fixture_start(NULL);
		cr_assert_eq(headway_finish(finished), 0);
		cr_assert_eq(headway_error(error, NULL), 0);
		fixture_ended(fixture_block(finished), hw__boot_ns() - 100 * UINT64_C(1000000000));
		fixture_ended(fixture_block(error), hw__boot_ns() - 100 * UINT64_C(1000000000));
		cr_expect_eq(reading(finished), i ? -ESTALE : 0);
		cr_expect_eq(reading(error), i ? 0 : -ESTALE);
		headway_release(finished);
		headway_release(error);
		options.ttl_seconds = 10;
		options.error_ttl_seconds = 1000;
	}
	headway_snapshot_free(s);
}

static void owner_kill(const struct headway_record *r)
{
	fx.a->slots[r->slot].owner = hw__owner(HW__OWNER_MEMBER, 0, 3, (uint32_t)getpid());
}

Test(snapshot_lost, a_record_with_open_handles_is_lost_when_its_owner_dies)
{
	struct headway_record *r = rich();

	must_read(r);
	must_read(r);
	cr_expect_eq(s->status, HEADWAY_RUNNING);
	owner_kill(r);
	for (int i = 0; i < 2; i++) {
		must_read(r);
		cr_expect(s->status == HEADWAY_ERROR && s->lost && s->owner_alive == 0);
		cr_expect_eq(s->version, 6);
		cr_expect_eq(s->message_count, 3);
		cr_expect_str_eq(s->messages[2].value, epitaph());
	}
	headway_release(r);
	headway_snapshot_free(s);
}

/* Members of two arenas may have the same index, incarnation and pid: in two containers, for one. */
Test(snapshot_lost, the_owner_of_another_arena_s_record_may_be_dead)
{
	const struct headway_options existing = {.flags = HEADWAY_EXISTING};
	struct headway_arena *member, *arena;
	struct headway_record *here = fixture_start(NULL), *there;
	const char *name = fixture_name("other");
	struct hw__attachment *a;
	uint64_t owner;
	uint32_t index;

	cr_assert_eq(headway_open(fx.name, &existing, &member), 0);
	cr_assert_eq(headway_open(name, fixture_options(), &arena), 0);
	cr_assert_eq(headway_start(arena, NULL, &there), 0);
	index = member->current->member;
	owner = hw__owner(HW__OWNER_MEMBER, 0, index, (uint32_t)getpid());
	a = arena->current;
	a->members[index].incarnation = fx.a->members[index].incarnation;
	fixture_slot(here)->owner = a->slots[there->slot].owner = owner;
	for (int i = 0; i < 3; i++) {
		must_read(here);
		cr_expect_eq(s->owner_alive, 1);
	}
	cr_assert_eq(headway_read(arena, &there->id, &s), 0);
	cr_expect(s->lost && s->owner_alive == 0);
	headway_release(there);
	headway_close(arena);
	headway_unlink(name);
	headway_release(here);
	headway_close(member);
	headway_snapshot_free(s);
}

/* It may still publish, so the record is not lost yet. */
Test(snapshot_lost, an_owner_is_alive_as_long_as_a_writer_relies_on_it)
{
	struct headway_record *r = rich();
	uint64_t *call = &fx.a->watches[fx.a->member].calls[3];

	owner_kill(r);
	hw__store_release(call, r->slot + 1ull);
	for (int i = 0; i < 2; i++) {
		must_read(r);
		cr_expect(!s->lost && s->status == HEADWAY_RUNNING && s->owner_alive == 1);
	}
	hw__store_release(call, 0);
	must_read(r);
	cr_expect(s->lost && s->status == HEADWAY_ERROR && s->owner_alive == 0);
	headway_release(r);
	headway_snapshot_free(s);
}

/* A writer that begins an update and has not yet found the owner dead. */
Test(snapshot_lost, a_record_that_was_reported_lost_stays_lost)
{
	struct headway_record *r = rich();
	int64_t finished;

	owner_kill(r);
	must_read(r);
	cr_expect(s->lost);
	finished = s->finished_ns;
	hw__store_release(&fx.a->watches[fx.a->member].calls[3], r->slot + 1ull);
	must_read(r);
	cr_expect(s->lost && s->status == HEADWAY_ERROR && s->owner_alive == 0);
	cr_expect_eq(s->finished_ns, finished);
	headway_release(r);
	headway_snapshot_free(s);
}

/* The moment at which this process found the owner dead, not the last change. */
Test(snapshot_lost, a_loss_that_was_not_swept_is_dated)
{
	struct headway_record *r = rich();
	uint64_t dead_ns = r->origin.started_boot_ns + 3600 * UINT64_C(1000000000);

	owner_kill(r);
	hw__lost_add(fx.a, r->slot, fixture_slot(r)->id_tail, dead_ns);
	for (int i = 0; i < 2; i++) {
		must_read(r);
		cr_expect(s->lost && s->owner_alive == 0);
		cr_expect_eq(s->finished_ns - s->started_ns, 3600 * INT64_C(1000000000));
		cr_expect_eq(s->updated_ns, s->finished_ns);
	}
	headway_release(r);
	headway_snapshot_free(s);
}

/* The record began a hundred seconds ago, and was not changed since. */
Test(snapshot_lost, a_loss_that_was_not_swept_is_as_late_as_it_was_found)
{
	const int64_t ago_ns = 100 * INT64_C(1000000000);
	struct headway_record *r = fixture_start(NULL);

	fixture_started(fixture_block(r), r->origin.started_boot_ns - (uint64_t)ago_ns);
	fixture_block(r)->h.changed_ns = r->origin.started_ns;
	owner_kill(r);
	must_read(r);
	cr_expect(s->lost && s->finished_ns - s->started_ns > ago_ns / 2);
	headway_release(r);
	headway_snapshot_free(s);
}

static void finish_and_die(uint32_t slot)
{
	(void)slot;
	dying = NULL;
	cr_assert_eq(headway_finish(victim), 0);
}

/* The owner is found dead after the record was copied: its last update counts. */
Test(snapshot_lost, a_record_ended_before_its_owner_died_is_not_lost)
{
	victim =
		rich(); /* not read before: a snapshot remembers for a moment that the owner is alive */
	dying = finish_and_die;
	must_read(victim);
	cr_expect_eq(s->status, HEADWAY_FINISHED);
	cr_expect_eq(s->lost, 0);
	cr_expect_eq(s->version, 6);
	headway_release(victim);
	headway_snapshot_free(s);
}

static void change_and_die(uint32_t slot)
{
	static bool changed;

	(void)slot;
	if (!changed)
		cr_assert_eq(headway_message(victim, "last", "words"), 0);
	changed = true;
}

Test(snapshot_lost, an_owner_that_changed_its_record_and_died_left_that_revision)
{
	uint64_t version;

	victim = rich();
	must_read(victim);
	version = s->version;
	headway_snapshot_free(s); /* which remembers for a moment that the owner is alive */
	s = NULL;
	dying = change_and_die;
	must_read(victim);
	cr_expect(s->status == HEADWAY_ERROR && s->lost);
	cr_expect_eq(s->version, version + 2);
	cr_expect_str_eq(fixture_value(s, "last"), "words");
	dying = NULL;
	headway_release(victim);
	headway_snapshot_free(s);
}

/* A record lost without a new version is reported as lost, not as Running. */
Test(snapshot_lost, read_again_reports_a_record_that_was_lost_meanwhile)
{
	struct headway_record *r = rich();

	must_read(r);
	must_read(r);
	lose(r);
	must_read(r);
	cr_expect(s->lost && s->status == HEADWAY_ERROR && s->version == 6);
	cr_expect_str_eq(fixture_value(s, "Error"), epitaph());
	must_read(r);
	cr_expect_eq(s->message_count, 3, "said once");
	headway_release(r);
	headway_snapshot_free(s);
}
