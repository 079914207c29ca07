/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether an owner is alive: with a clock that the test sets, and counting the queries. */
#include "fixture.h"

#include "arena/process.h"

#include "base/clock.h"
#include "open/owner.h"

#include <signal.h>
#include <sys/wait.h>

static uint64_t clock_now = UINT64_C(5000000000);
static int asked;

static uint64_t test_clock(void)
{
	return clock_now;
}

static void (*before_query)(void); /* called once */

static int counted_alive(const struct hw__attachment *a, uint32_t member)
{
	void (*call)(void) = before_query;

	asked++;
	before_query = NULL;
	if (call)
		call();
	return hw__member_alive(a, member);
}

static int counted_look(uint32_t pid, uint64_t *start_ticks, char command[16])
{
	asked++;
	return hw__process_stat(pid, start_ticks, command);
}

#define hw__now_coarse_ns test_clock
#define hw__member_alive  counted_alive
#define hw__process_stat  counted_look
#include "open/owner.c"
#undef hw__now_coarse_ns
#undef hw__member_alive
#undef hw__process_stat

TestSuite(owner, .init = fixture_up, .fini = fixture_down);

#define MS UINT64_C(1000000)

static struct hw__origin origin_of_line(uint32_t member)
{
	const struct hw__member_line *line = &fx.a->members[member];

	return (struct hw__origin){.owner_pid = (uint32_t)line->pid,
				   .owner_start_ticks = line->start_ticks,
				   .owner_namespace = (uint32_t)line->pid_namespace};
}

static uint64_t member_owner(uint32_t member)
{
	return hw__owner(HW__OWNER_MEMBER, 0, member, (uint32_t)fx.a->members[member].pid);
}

static int alive(uint64_t owner, const struct hw__origin *origin)
{
	return hw__owner_alive(fx.a, owner, origin, 0);
}

/* Opens the arena as member 1, until the test ends. */
static struct headway_arena *second_open(void)
{
	struct headway_options existing = {.flags = HEADWAY_EXISTING};
	struct headway_arena *arena;

	cr_assert_eq(headway_open(fx.name, &existing, &arena), 0);
	cr_assert_eq(arena->current->member, 1);
	return arena;
}

static struct hw__origin origin_of_process(uint32_t pid)
{
	struct hw__origin origin = {.owner_pid = pid,
				    .owner_namespace = (uint32_t)fx.a->pid_namespace};

	(void)hw__process_stat(pid, &origin.owner_start_ticks, origin.command);
	return origin;
}

/* ---- members --------------------------------------------------------------------------------- */

Test(owner, a_member_is_alive_while_its_byte_is_locked)
{
	struct headway_arena *arena = second_open();
	struct hw__origin second = origin_of_line(1), dead;

	cr_expect_eq(alive(member_owner(1), &second), 1);
	headway_close(arena);
	cr_expect_eq(alive(member_owner(1), &second), 0, "the line still names it");
	fixture_bury(DEAD);
	dead = origin_of_line(DEAD);
	cr_expect_eq(alive(member_owner(DEAD), &dead), 0);
}

Test(owner, the_own_process_is_alive_without_a_query)
{
	struct hw__origin own = origin_of_line(0);

	cr_expect_eq(alive(member_owner(0), &own), 1);
	cr_expect_eq(asked, 0);
	own.owner_pid++;
	cr_expect_eq(alive(member_owner(0), &own), 0, "who had the place before is not oneself");
	own = origin_of_line(0);
	own.owner_start_ticks++;
	cr_expect_eq(alive(member_owner(0), &own), 0);
}

Test(owner, a_reused_index_does_not_make_the_former_member_alive)
{
	struct headway_arena *arena = second_open();
	struct hw__origin other = origin_of_line(1);

	other.owner_pid++;
	cr_expect_eq(alive(member_owner(1), &other), 0);
	other = origin_of_line(1);
	other.owner_start_ticks++;
	cr_expect_eq(alive(member_owner(1), &other), 0, "the same pid, used again");
	headway_close(arena);
}

Test(owner, an_impossible_member_is_not_alive)
{
	struct hw__origin own = origin_of_line(0);

	cr_expect_eq(alive(hw__owner(HW__OWNER_MEMBER, 0, fx.a->geometry.members, 1), &own), 0);
	cr_expect_eq(alive(hw__owner(HW__OWNER_MEMBER, 0, 0xffffff, 1), &own), 0);
	cr_expect_eq(alive(hw__owner((enum hw__owner_kind)15, 0, 0, 1), &own), -1, "nor a kind");
}

/* Its lock cannot be queried any more, but its process can. */
Test(owner, a_member_of_an_arena_without_a_name_is_checked_by_its_process)
{
	struct headway_arena *arena = second_open();
	struct hw__origin other = origin_of_line(1);

	cr_assert_eq(headway_unlink(fx.name), 0);
	other.owner_namespace = (uint32_t)fx.a->pid_namespace;
	cr_expect_eq(alive(member_owner(1), &other), 1);
	other.owner_namespace++;
	cr_expect_eq(alive(member_owner(1), &other), -1, "a pid of another namespace");
	headway_close(arena);
}

/* ---- processes ------------------------------------------------------------------------------- */

Test(owner, a_process_is_identified_by_pid_and_start)
{
	uint64_t owner = hw__owner(HW__OWNER_PROCESS, 0, 0, (uint32_t)getpid());
	struct hw__origin own = origin_of_process((uint32_t)getpid());

	cr_expect_eq(alive(owner, &own), 1);
	own.owner_start_ticks++;
	cr_expect_eq(alive(owner, &own), 0);
}

Test(owner, an_owner_in_another_pid_namespace_is_unknown)
{
	uint64_t owner = hw__owner(HW__OWNER_PROCESS, 0, 0, (uint32_t)getpid());
	struct hw__origin own = origin_of_process((uint32_t)getpid());

	own.owner_namespace++;
	cr_expect_eq(alive(owner, &own), -1);
	own.owner_start_ticks++;
	cr_expect_eq(alive(owner, &own), -1);
	own = origin_of_process((uint32_t)getpid());
	own.owner_namespace = 0;
	fx.a->pid_namespace = 0;
	cr_expect_eq(alive(owner, &own), -1, "nor is ours known");
}

/* As a zombie, and after it was waited for. */
Test(owner, a_process_that_ended_is_dead)
{
	pid_t child = fork();
	struct hw__origin origin;
	uint64_t owner;
	siginfo_t info;

	if (child == 0) {
		pause();
		_exit(0);
	}
	owner = hw__owner(HW__OWNER_PROCESS, 0, 0, (uint32_t)child);
	origin = origin_of_process((uint32_t)child);
	cr_expect_eq(alive(owner, &origin), 1);
	kill(child, SIGKILL);
	cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	cr_expect_eq(alive(owner, &origin), 0, "a zombie");
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_expect_eq(alive(owner, &origin), 0);
}

Test(owner, a_detached_record_needs_no_query)
{
	struct hw__origin none = {.owner_pid = 0};

	cr_expect_eq(alive(hw__owner(HW__OWNER_NONE, 0, 0, 0), &none), -1);
	cr_expect_eq(alive(hw__owner(HW__OWNER_NONE, HW__FLAG_STRIPED, 0, 0), &none), -1);
	cr_expect_eq(asked, 0);
}

/* ---- memory ---------------------------------------------------------------------------------- */

Test(owner, a_result_is_cached_for_a_tenth_of_a_second)
{
	struct headway_arena *arena = second_open();
	struct hw__origin own = origin_of_line(1);
	uint64_t owner = member_owner(1);

	for (int i = 0; i < 100; i++) {
		cr_expect_eq(hw__owner_alive(fx.a, owner, &own, clock_now), 1);
		cr_expect_eq(asked, 1, "at %d ms", i);
		clock_now += MS;
	}
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, clock_now), 1);
	cr_expect_eq(asked, 2);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, 0), 1);
	cr_expect_eq(asked, 3, "who wants to know it afresh asks");
	headway_close(arena);
}

Test(owner, a_reader_remembers_one_owner_for_as_long_as_the_cache)
{
	struct headway_arena *arena = second_open();
	struct hw__origin origin = origin_of_line(1);
	uint64_t owner = member_owner(1), since = clock_now;
	struct hw__owner_memo memo;

	cr_assert_eq(hw__owner_alive(fx.a, owner, &origin, clock_now), 1);
	clock_now += 50 * MS;
	cr_assert_eq(hw__owner_alive_noted(fx.a, owner, &origin, clock_now, &memo), 1);
	cr_expect_eq(memo.since_ns, since, "of the check, not of the look at the cache");
	cr_expect(hw__owner_memo_is(fx.a, &memo, owner, since + 99 * MS));
	cr_expect(!hw__owner_memo_is(fx.a, &memo, owner, since + 100 * MS));
	cr_expect(!hw__owner_memo_is(fx.a, &memo, member_owner(0), clock_now));
	fx.a->members[1].incarnation++;
	cr_expect(!hw__owner_memo_is(fx.a, &memo, owner, clock_now), "another program");
	headway_close(arena);
}

Test(owner, every_result_is_cached_unchanged)
{
	uint32_t pid = (uint32_t)getpid();
	struct hw__origin yes = origin_of_process(pid), no = yes, unknown = yes;
	uint64_t owner = hw__owner(HW__OWNER_PROCESS, 0, 0, pid);

	no.owner_start_ticks++;
	unknown.owner_namespace++;
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(hw__owner_alive(fx.a, owner, &yes, clock_now), 1);
		cr_expect_eq(hw__owner_alive(fx.a, owner, &no, clock_now), 0);
		cr_expect_eq(hw__owner_alive(fx.a, owner, &unknown, clock_now), -1);
	}
	cr_expect_eq(asked, 2, "each once; of the unknown nobody is asked");
}

Test(owner, a_cached_result_is_not_used_for_another_owner)
{
	struct headway_arena *arena = second_open();
	struct hw__origin own = origin_of_line(1), dead = {.owner_pid = 7, .owner_start_ticks = 8};

	for (uint32_t member = 0; member < 300; member++) {
		dead.owner_start_ticks += member; /* different owners */
		cr_expect_eq(hw__owner_alive(fx.a, member_owner(1), &own, clock_now), 1);
		cr_expect_eq(hw__owner_alive(fx.a, hw__owner(HW__OWNER_MEMBER, 0, member, 7), &dead,
					     clock_now),
			     0, "%u", member);
	}
	headway_close(arena);
}

/* 2^32 ms are 49 days: the cached time wraps around. */
Test(owner, a_cached_result_of_49_days_ago_is_not_used)
{
	struct headway_arena *arena = second_open();
	struct hw__origin own = origin_of_line(1);

	clock_now = ((UINT64_C(1) << 32) - 10) * MS;
	cr_expect_eq(hw__owner_alive(fx.a, member_owner(1), &own, clock_now), 1);
	clock_now += 50 * MS;
	cr_expect_eq(hw__owner_alive(fx.a, member_owner(1), &own, clock_now), 1);
	cr_expect_eq(asked, 1, "across the turn");
	clock_now += 60 * MS;
	cr_expect_eq(hw__owner_alive(fx.a, member_owner(1), &own, clock_now), 1);
	cr_expect_eq(asked, 2);
	headway_close(arena);
}

Test(owner, a_dead_owner_is_queried_once_and_died_when_it_was_first_found_dead)
{
	struct hw__origin gone = origin_of_process((uint32_t)getpid());
	uint64_t owner = hw__owner(HW__OWNER_PROCESS, 0, 0, (uint32_t)getpid());
	uint64_t found = clock_now;

	gone.owner_start_ticks++;
	fx.a->suspended_ns = 7000 * MS;
	cr_expect_eq(hw__owner_alive(fx.a, owner, &gone, clock_now), 0);
	cr_expect_eq(asked, 1);
	clock_now += 5000 * MS;
	cr_expect_eq(hw__owner_alive(fx.a, owner, &gone, clock_now), 0);
	cr_expect_eq(asked, 1);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &gone, 0), 0);
	cr_expect_eq(asked, 2);
	cr_expect_eq(hw__owner_dead_ns(fx.a, owner, &gone), found + 7000 * MS);
}

/* It has its parent's memory, place and pid in it, but is not the member. */
Test(owner, a_forked_child_is_not_the_owner_of_its_parent_s_records)
{
	struct hw__origin own = origin_of_line(0);
	uint64_t generation = *fx.a->generation_now;

	*fx.a->generation_now = 0; /* as the kernel wipes it */
	(void)alive(member_owner(0), &own);
	cr_expect_eq(asked, 1);
	*fx.a->generation_now = generation;
}

/* ---- who relies on a look ---------------------------------------------------------------------- */

/* The owner of slot 3's record, member 1, is alive; this member has the record open. */
static struct headway_arena *owned_begin(struct hw__origin *own, uint64_t *owner)
{
	struct headway_arena *arena = second_open();

	*own = origin_of_line(1);
	*owner = member_owner(1);
	hw__slot_pin(fx.a, 3);
	return arena;
}

static uint64_t checked; /* of the writer's handle */

/* A writer finds the owner alive, publishes, and is done. */
static void looked(uint64_t owner, const struct hw__origin *origin)
{
	uint32_t call;

	cr_assert(hw__owner_watch(fx.a, 3, owner, origin, &checked, &call));
	hw__owner_watch_end(fx.a, call);
}

static bool relied_on(uint64_t owner, const struct hw__origin *origin)
{
	return hw__owner_is_relied_on(fx.a, 3, owner, origin);
}

Test(owner, a_writer_that_is_stopped_keeps_its_record_from_being_lost)
{
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);
	uint32_t call, next;

	cr_assert(hw__owner_watch(fx.a, 3, owner, &own, &checked, &call));
	headway_close(arena);
	clock_now += 150 * MS;
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, clock_now), 0);
	cr_expect(relied_on(owner, &own), "it may publish");
	clock_now += 10000 * MS;
	cr_expect(relied_on(owner, &own), "however long it is stopped");
	hw__owner_watch_end(fx.a, call);
	cr_expect_not(relied_on(owner, &own));
	cr_expect_not(hw__owner_watch(fx.a, 3, owner, &own, &checked, &next),
		      "the next call finds the owner dead");
	cr_expect_not(relied_on(owner, &own));
}

Test(owner, a_look_counts_for_a_tenth_of_a_second)
{
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);

	for (int i = 0; i < 10; i++) {
		looked(owner, &own);
	}
	cr_expect_eq(asked, 1);
	headway_close(arena);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, 0), 0); /* another reader, say */
	hw__store_relaxed(&fx.a->alive[key_of(fx.a, owner, &own) >> 32], 0);
	cr_expect(relied_on(owner, &own));
	clock_now += 100 * MS;
	cr_expect_not(relied_on(owner, &own));
}

/* A reader's look is covered by no watch, so that a writer must not rely on it. */
Test(owner, a_writer_looks_for_itself)
{
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);

	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, clock_now), 1);
	looked(owner, &own);
	cr_expect_eq(asked, 2);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, clock_now), 1);
	cr_expect_eq(asked, 2, "and a reader may rely on a writer's");
	headway_close(arena);
}

/* A member that is kept busy by other records does not keep this one from being lost. */
Test(owner, looks_at_other_owners_count_for_a_tenth_of_a_second)
{
	struct hw__origin own, dead;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);

	dead = own;
	dead.owner_start_ticks++;
	cr_expect_eq(hw__owner_alive(fx.a, owner, &dead, clock_now), 0);
	for (int i = 0; i < 3; i++) {
		looked(owner, &own);
		cr_expect_eq(relied_on(owner, &dead), i < 2, "%d", i);
		clock_now += 60 * MS;
	}
	headway_close(arena);
}

/* A member that looks at this owner and at others for records in other slots. */
Test(owner, looks_for_other_records_keep_none_from_being_lost)
{
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);
	uint32_t call;

	for (uint32_t slot = 0; slot < 6; slot++) {
		uint64_t another = 0;

		if (slot == 3)
			continue;
		cr_assert(hw__owner_watch(fx.a, slot, owner, &own, &another, &call));
		hw__owner_watch_end(fx.a, call);
	}
	headway_close(arena);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, 0), 0);
	cr_expect_not(relied_on(owner, &own));
}

/* However many calls a member is in, stopped or not, on records of other owners. */
Test(owner, calls_on_other_records_keep_none_from_being_lost)
{
	uint32_t calls[HW__WATCH_CALLS], last;
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);

	for (uint32_t i = 0; i < HW__WATCH_CALLS - 1; i++)
		cr_assert(hw__owner_watch(fx.a, i % 3, owner, &own, &checked, &calls[i]));
	cr_assert(hw__owner_watch(fx.a, 3, owner, &own, &checked, &last));
	headway_close(arena);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, 0), 0);
	clock_now += 150 * MS;
	cr_expect(relied_on(owner, &own));
	hw__owner_watch_end(fx.a, last);
	cr_expect_not(relied_on(owner, &own));
	for (uint32_t i = 0; i < HW__WATCH_CALLS - 1; i++)
		hw__owner_watch_end(fx.a, calls[i]);
	cr_expect_not(relied_on(owner, &own));
}

/* A call that finds no entry counts as one on any record. */
Test(owner, a_call_without_an_entry_may_be_on_this_record)
{
	uint32_t calls[HW__WATCH_CALLS], last[2];
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);

	for (uint32_t i = 0; i < HW__WATCH_CALLS; i++)
		cr_assert(hw__owner_watch(fx.a, 2, owner, &own, &checked, &calls[i]));
	for (int i = 0; i < 2; i++)
		cr_assert(hw__owner_watch(fx.a, 3, owner, &own, &checked, &last[i]));
	headway_close(arena);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, 0), 0);
	clock_now += 150 * MS;
	hw__owner_watch_end(fx.a, calls[0]);
	cr_expect(relied_on(owner, &own));
	hw__owner_watch_end(fx.a, last[0]);
	cr_expect(relied_on(owner, &own));
	hw__owner_watch_end(fx.a, last[1]);
	cr_expect_not(relied_on(owner, &own));
	for (uint32_t i = 1; i < HW__WATCH_CALLS; i++)
		hw__owner_watch_end(fx.a, calls[i]);
}

Test(owner, without_a_pin_nobody_can_publish)
{
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);
	uint32_t call;

	cr_assert(hw__owner_watch(fx.a, 3, owner, &own, &checked, &call));
	headway_close(arena);
	cr_expect(relied_on(owner, &own));
	hw__slot_unpin(fx.a, 3, hw__generation(fx.a));
	cr_expect_not(relied_on(owner, &own));
	hw__owner_watch_end(fx.a, call);
}

/* A reader that reported the record lost may not have seen this member's pin, which is older than every check
 * of the handle. */
Test(owner, a_check_of_another_handle_does_not_count)
{
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);
	uint64_t another = 0;
	uint32_t call;

	looked(owner, &own);
	headway_close(arena);
	cr_expect(hw__owner_watch(fx.a, 3, owner, &own, &checked, &call));
	hw__owner_watch_end(fx.a, call);
	cr_expect_not(hw__owner_watch(fx.a, 3, owner, &own, &another, &call));
}

static struct headway_arena *owners;
static struct hw__origin owners_origin;
static uint64_t the_owner;

static void time_passes_a_writer_looks_and_the_owner_dies(void)
{
	clock_now += 290 * MS;
	looked(the_owner, &owners_origin);
	headway_close(owners);
}

/* A reader that is stopped between its clock and its query: the writer's look is the newer one. */
Test(owner, a_dead_owner_counts_as_dead_from_the_end_of_the_query)
{
	owners = owned_begin(&owners_origin, &the_owner);
	before_query = time_passes_a_writer_looks_and_the_owner_dies;
	cr_expect_eq(hw__owner_alive(fx.a, the_owner, &owners_origin, clock_now), 0);
	cr_expect(relied_on(the_owner, &owners_origin));
	clock_now += 99 * MS;
	cr_expect(relied_on(the_owner, &owners_origin));
	clock_now += 1 * MS;
	cr_expect_not(relied_on(the_owner, &owners_origin));
}

/* Another thread may have replaced the cached word meanwhile. */
Test(owner, a_time_of_death_after_now_is_no_long_time_ago)
{
	struct hw__origin own;
	uint64_t owner;
	struct headway_arena *arena = owned_begin(&own, &owner);

	looked(owner, &own);
	headway_close(arena);
	clock_now += 10 * MS;
	cr_expect_eq(hw__owner_alive(fx.a, owner, &own, 0), 0);
	clock_now -= 4 * MS;
	cr_expect(relied_on(owner, &own));
}
