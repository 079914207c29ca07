/* SPDX-License-Identifier: BSD-3-Clause */
/* Members: attach, fork, close. */
#include "fixture.h"

#include "arena/process.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

TestSuite(member, .init = fixture_up, .fini = fixture_down, .timeout = 20);

static const struct headway_options existing = {.flags = HEADWAY_EXISTING};

/* Runs a check in a forked child and returns its result. */
static bool in_child(bool (*check)(void *), void *argument)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(!check(argument));
	cr_assert_eq(waitpid(child, &status, 0), child);
	return status == 0;
}

/* ---- places ---------------------------------------------------------------------------------- */

Test(member, each_handle_gets_the_lowest_free_index_until_none_is_left)
{
	struct headway_arena *more[3], *last = NULL;
	struct headway_options watch = {.flags = HEADWAY_READ_ONLY};

	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(headway_open(fx.name, &existing, &more[i]), 0);
		cr_expect_eq(more[i]->current->member, i + 1);
		cr_expect_eq(fx.a->members[i + 1].dirty, 1);
	}
	cr_expect_eq(headway_open(fx.name, &existing, &last), -EUSERS);
	cr_expect_null(last);
	cr_expect_eq(headway_open(fx.name, &watch, &last), 0, "watching takes no place");
	headway_close(last);
	headway_close(more[1]);
	cr_assert_eq(headway_open(fx.name, &existing, &more[1]), 0);
	cr_expect_eq(more[1]->current->member, 2);
	for (int i = 0; i < 3; i++)
		headway_close(more[i]);
}

/* An attachment that has no place yet, and what it is told when it wants one. */
static int place_wanted(void)
{
	struct hw__attachment *a;
	int fd = hw__file_open(fx.a->path, O_RDWR), error;

	cr_assert_geq(fd, 0);
	cr_assert_eq(hw__attachment_make(fd, true, false, fx.a->path, &a), 0);
	close(fd);
	error = hw__place_take(a);
	if (!error)
		hw__place_leave(a);
	hw__attachment_free(a);
	return error;
}

Test(member, a_place_that_is_being_swept_is_free_soon)
{
	struct flock swept = {.l_type = F_RDLCK, .l_start = HW__LOCK_BASE + 3, .l_len = 1};
	struct headway_arena *more[3];
	int reaper = hw__file_open(fx.a->path, O_RDWR);

	for (int i = 0; i < 2; i++)
		cr_assert_eq(headway_open(fx.name, &existing, &more[i]), 0);
	cr_assert_eq(fcntl(reaper, F_OFD_SETLK, &swept), 0);
	cr_expect_eq(place_wanted(), -EBUSY);
	close(reaper);
	cr_expect_eq(place_wanted(), 0);
	cr_assert_eq(headway_open(fx.name, &existing, &more[2]), 0);
	cr_expect_eq(place_wanted(), -EUSERS);
	for (int i = 0; i < 3; i++)
		headway_close(more[i]);
}

/* So that processes which start together do not all begin at the same slot. */
Test(member, each_member_begins_to_look_for_a_slot_elsewhere)
{
	struct headway_arena *second;

	cr_assert_eq(headway_open(fx.name, &existing, &second), 0);
	cr_expect_neq(second->current->slot_cursor, fx.a->slot_cursor);
	headway_close(second);
}

Test(member, a_command_s_name_may_look_like_the_rest_of_its_line)
{
	uint64_t before = 0, start = 0;
	char command[16];

	cr_assert_eq(hw__process_stat((uint32_t)getpid(), &before, command), 0);
	cr_assert_eq(prctl(PR_SET_NAME, "x) Z 1 (y"), 0);
	cr_expect_eq(hw__process_stat((uint32_t)getpid(), &start, command), 0);
	cr_expect_eq(start, before);
	cr_expect_str_eq(command, "x) Z 1 (y");
}

static void *stay(void *argument)
{
	(void)argument;
	for (;;)
		(void)pause();
	return NULL;
}

static char state_of(pid_t pid)
{
	char path[40], text[256] = "", state = 0;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	cr_assert_not_null(fgets(text, sizeof text, file));
	fclose(file);
	cr_assert_eq(sscanf(strrchr(text, ')') + 1, " %c", &state), 1);
	return state;
}

/* Its state is Z until the last thread ends. */
Test(member, a_process_goes_on_without_its_main_thread)
{
	uint64_t start = 0;
	char command[16];
	pid_t child = fork();

	if (child == 0) {
		pthread_t thread;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&thread, NULL, stay, NULL) != 0)
			_exit(1);
		pthread_exit(NULL);
	}
	while (state_of(child) != 'Z')
		sched_yield();
	cr_expect_eq(hw__process_stat((uint32_t)child, &start, command), 0);
	cr_assert_eq(kill(child, SIGKILL), 0);
	cr_assert_eq(waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT), 0);
	cr_expect_eq(hw__process_stat((uint32_t)child, &start, command), -ESRCH, "a zombie");
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_expect_eq(hw__process_stat((uint32_t)child, &start, command), -ESRCH);
}

Test(member, the_member_line_identifies_the_process)
{
	const struct hw__member_line *line = &fx.a->members[0];
	uint64_t start = 0, incarnation = line->incarnation;
	char command[16];
	struct headway_arena *second;

	cr_assert_eq(hw__process_stat((uint32_t)getpid(), &start, command), 0);
	cr_expect_eq(line->dirty, 1);
	cr_expect_eq(line->pid, getpid());
	cr_expect_eq(line->start_ticks, start);
	cr_expect_str_eq((const char *)line->command, command);
	cr_expect_neq(line->pid_namespace, 0);
	headway_close(fx.arena);
	cr_assert_eq(headway_open(fx.name, &existing, &second), 0);
	fx.arena = second;
	fx.a = second->current;
	cr_expect_eq(fx.a->members[0].incarnation, incarnation + 1);
}

/* Its successor has the lock, and has not yet swept its records. */
Test(member, is_dead_from_the_moment_its_index_is_taken)
{
	struct hw__attachment next = *fx.a;
	struct hw__origin origin = {0};
	struct headway_arena *second;
	pid_t child = fork();
	uint64_t owner;

	if (child == 0)
		_exit(headway_open(fx.name, &existing, &second) != 0);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	origin.owner_pid = (uint32_t)child;
	origin.owner_start_ticks = fx.a->members[1].start_ticks;
	owner = hw__owner(HW__OWNER_MEMBER, 0, 1, (uint32_t)child);
	cr_assert_eq(fx.a->members[1].pid, child);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &origin, 0), 0);
	cr_assert_eq(hw__place_take(&next), 0);
	cr_assert_eq(next.member, 1);
	cr_expect_eq(hw__member_alive(fx.a, 1), 1);
	cr_expect_eq(hw__owner_alive(fx.a, owner, &origin, 0), 0);
	hw__place_leave(&next);
}

Test(member, is_alive_while_it_holds_its_lock)
{
	struct headway_arena *second;

	cr_expect_eq(hw__member_alive(fx.a, 0), 1);
	cr_expect_eq(hw__member_alive(fx.a, 1), 0);
	cr_assert_eq(headway_open(fx.name, &existing, &second), 0);
	cr_expect_eq(hw__member_alive(fx.a, 1), 1);
	headway_close(second);
	cr_expect_eq(hw__member_alive(fx.a, 1), 0);
}

static bool leaves_everything(void *argument)
{
	struct headway_arena **out = argument;
	struct headway_record *r;

	return headway_open(fx.name, &existing, out) == 0 && headway_start(*out, NULL, &r) == 0 &&
	       (*out)->current->member == 1;
}

/* The child is member 1 and ends without closing the arena. */
Test(member, a_process_that_exits_is_dead_at_once_and_swept_by_the_next_member)
{
	struct headway_arena *arena;
	struct hw__sweep_count count = {0, 0, 0};

	cr_assert(in_child(leaves_everything, &arena));
	cr_expect_eq(hw__member_alive(fx.a, 1), 0);
	cr_expect_eq(fx.a->members[1].dirty, 1);
	cr_assert_eq(hw__members_sweep_dead(fx.a, &count), 0);
	cr_expect_eq(count.members, 1);
	cr_expect_eq(fx.a->members[1].dirty, 0);
	FIXTURE_SOUND();
}

static int gate[2];

static bool leaves_a_child(void *argument)
{
	struct headway_arena **out = argument;
	char c;

	if (headway_open(fx.name, &existing, out) != 0 || (*out)->current->member != 1)
		return false;
	if (fork() != 0)
		return true;
	close(gate[1]);
	_exit(read(gate[0], &c, 1) != 0);
}

/* The lock ends with its process, although a child that inherited everything lives on. */
Test(member, a_surviving_child_does_not_keep_its_parent_alive)
{
	struct headway_arena *arena;

	cr_assert_eq(pipe(gate), 0);
	cr_assert(in_child(leaves_a_child, &arena));
	cr_expect_eq(hw__member_alive(fx.a, 1), 0);
	close(gate[1]); /* so that the child ends, too */
	close(gate[0]);
}

/* ---- fork ------------------------------------------------------------------------------------ */

struct forked {
	struct headway_record *record;
	uint64_t generation;
	uint32_t member;
};

static bool child_is_nobody_until_it_writes(void *argument)
{
	struct forked *f = argument;

	if (hw__generation(fx.a) != 0 || headway_record_is_live(&f->record->prefix))
		return false;
	if (headway_add(f->record, 5) != 0 || headway_message(f->record, "from", "child") != 0)
		return false;
	return hw__generation(fx.a) != 0 && hw__generation(fx.a) != f->generation &&
	       fx.a->member != f->member && f->record->prefix.generation == hw__generation(fx.a) &&
	       fixture_slot(f->record)->pins[0] == (1ull << f->member | 1ull << fx.a->member);
}

Test(member, a_forked_child_is_its_own_member_and_the_parent_stays_the_owner)
{
	struct headway_record *r = fixture_start(NULL);
	struct forked f = {r, hw__generation(fx.a), fx.a->member};
	struct headway_snapshot *s = NULL;

	cr_assert_neq(f.generation, 0);
	cr_expect(in_child(child_is_nobody_until_it_writes, &f));
	cr_expect_eq(hw__generation(fx.a), f.generation, "the parent's is as it was");
	cr_expect_eq(hw__member_alive(fx.a, 0), 1, "the child's end took nothing from the parent");
	cr_expect_eq(headway_message(r, "from", "parent"), 0);
	cr_assert_eq(headway_read(fx.arena, &r->id, &s), 0);
	cr_expect_eq(s->status, HEADWAY_RUNNING);
	cr_expect_eq(s->owner_pid, getpid());
	cr_expect_eq(s->done, 5);
	cr_assert_eq(headway_reap(fx.arena, NULL, NULL), 0);
	cr_expect_eq(headway_status(r), HEADWAY_RUNNING);
	cr_expect_eq(fixture_slot(r)->pins[0], 1, "the child's pin went with it");
	headway_snapshot_free(s);
	headway_release(r);
}

static bool child_closes(void *argument)
{
	headway_release(argument);
	headway_close(fx.arena);
	return true;
}

Test(member, a_child_that_closes_an_unused_handle_ends_no_record)
{
	struct headway_record *r = fixture_start(NULL);

	cr_expect(in_child(child_closes, r));
	cr_expect_eq(hw__member_alive(fx.a, 0), 1);
	cr_expect_eq(headway_status(r), HEADWAY_RUNNING);
	cr_expect_eq(fixture_slot(r)->pins[0], 1);
	headway_release(r);
}

static bool child_finds_no_place(void *argument)
{
	return headway_message(argument, "k", "v") == -EUSERS &&
	       headway_add(argument, 1) == -EUSERS;
}

Test(member, a_child_without_a_free_index_gets_an_error)
{
	struct headway_record *r;
	struct headway_options one = *fixture_options();

	one.members = 1;
	fixture_again(&one);
	r = fixture_start(NULL);
	cr_expect(in_child(child_finds_no_place, r));
	cr_expect_eq(headway_message(r, "k", "v"), 0);
	headway_release(r);
}

static bool child_finds_it_gone(void *argument)
{
	struct headway_record *r = argument;

	fixture_slot(r)->word = hw__word(HW__RETIRING, fixture_slot(r)->word);
	return headway_message(r, "k", "v") == -ESTALE && headway_add(r, 1) == -ESTALE;
}

Test(member, a_child_compares_the_id_before_it_uses_a_handle)
{
	struct headway_record *r = fixture_start(NULL);
	uint64_t word;

	cr_assert_eq(headway_finish(r), 0);
	word = fixture_slot(r)->word;
	cr_expect(in_child(child_finds_it_gone, r));
	fixture_slot(r)->word = word;
	headway_release(r);
}

/* ---- close ----------------------------------------------------------------------------------- */

Test(member, closing_ends_running_records_and_their_handles_return_errors)
{
	struct headway_options watch = {.flags = HEADWAY_READ_ONLY};
	struct headway_record *r = fixture_start(NULL), *done = fixture_start(NULL);
	struct headway_snapshot *s = NULL;
	struct headway_id id = r->id;

	cr_assert_eq(headway_finish(done), 0);
	headway_close(fx.arena);
	cr_expect_eq(headway_message(r, "k", "v"), -ESTALE);
	cr_expect_eq(headway_add(r, 1), -ESTALE);
	cr_expect_eq(headway_finish(r), -ESTALE);
	cr_expect_eq(headway_status(done), -ESTALE);
	cr_assert_eq(headway_open(fx.name, &watch, &fx.arena), 0);
	fx.a = fx.arena->current;
	cr_assert_eq(headway_read(fx.arena, &id, &s), 0);
	cr_expect(s->lost && s->status == HEADWAY_ERROR);
	cr_assert_eq(headway_read(fx.arena, &done->id, &s), 0);
	cr_expect_eq(s->status, HEADWAY_FINISHED);
	cr_expect_eq(fx.a->members[0].dirty, 0);
	headway_snapshot_free(s);
	headway_release(r);
	headway_release(done);
	FIXTURE_SOUND();
}

Test(member, generations_are_never_used_again)
{
	uint64_t first = hw__generation(fx.a);
	struct headway_arena *second;

	cr_assert_eq(headway_open(fx.name, &existing, &second), 0);
	cr_expect_neq(hw__generation(second->current), first);
	headway_close(fx.arena);
	fx.arena = second;
	fx.a = second->current;
	cr_assert_eq(headway_open(fx.name, &existing, &second), 0);
	cr_expect_neq(hw__generation(second->current), first);
	headway_close(second);
}

Test(member, no_member_of_an_arena_without_a_name_is_swept)
{
	struct hw__sweep_count count = {0, 0, 0};

	fixture_bury(DEAD);
	cr_assert_eq(headway_unlink(fx.name), 0);
	cr_expect_eq(hw__members_sweep_dead(fx.a, &count), -ESTALE);
	cr_expect_eq(fx.a->members[DEAD].dirty, 1);
	cr_expect_eq(headway_reap(fx.arena, NULL, NULL), 0, "what expired still goes");
}

/* Another arena has the name now: its locks do not tell which of this arena's members are alive. */
Test(member, no_member_of_a_replaced_arena_is_swept)
{
	struct headway_arena *usurper;
	struct hw__sweep_count count = {0, 0, 0};

	fixture_bury(DEAD);
	cr_assert_eq(headway_unlink(fx.name), 0);
	cr_assert_eq(headway_open(fx.name, fixture_options(), &usurper), 0);
	cr_expect_eq(hw__members_sweep_dead(fx.a, &count), -ESTALE);
	cr_expect_eq(hw__member_alive(fx.a, 0), -1);
	cr_expect_eq(fx.a->members[DEAD].dirty, 1);
	headway_close(usurper);
}
