/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps of the wall clock, and suspension. A time that was reported once does not change. Expiry is
 * measured with a clock that includes suspension and cannot be set.
 *
 * The machine's clocks are not touched: this program replaces clock_gettime() and shifts its
 * results.
 */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <sys/syscall.h>
#include <time.h>

enum { HOUR = 3600 };

static int64_t stepped, suspended; /* seconds added to the wall clock, and to the boot clock */

int clock_gettime(clockid_t id, struct timespec *t)
{
	long result = syscall(SYS_clock_gettime, id, t);

	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		t->tv_sec += stepped;
	else if (id == CLOCK_BOOTTIME)
		t->tv_sec += suspended;
	return (int)result;
}

static int64_t wall_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct headway_arena *opened(void)
{
	struct headway_options options = {.size = sizeof(options),
					  .slots = 16,
					  .ttl_seconds = HOUR,
					  .error_ttl_seconds = HOUR};
	struct headway_arena *arena = NULL;

	stepped = suspended = 0;
	NEED_INT(headway_open(new_name(), &options, &arena), 0);
	return arena;
}

static uint64_t expired_now(struct headway_arena *arena)
{
	struct headway_reap_report report = {.size = sizeof(report)};

	CHECK_INT(headway_reap(arena, NULL, &report), 0);
	return report.expired;
}

static void is_near(int64_t time_ns, int64_t about_ns)
{
	CHECK(time_ns > about_ns - 60000000000 && time_ns < about_ns + 60000000000);
}

/* headway_close() ends the owner's membership, so its Running record is lost. */
static void lose(struct headway_arena *arena, struct headway_id *id)
{
	struct headway_arena *owner = NULL;
	struct headway_record *record;
	struct headway_info info = {.size = sizeof(info)};

	NEED_INT(headway_info(arena, &info), 0);
	NEED_INT(headway_open(info.path, NULL, &owner), 0);
	record = start_record(owner, "lost", id);
	headway_close(owner);
	headway_release(record);
}

static void are_the_same(struct headway_arena *arena, const struct headway_snapshot *before)
{
	struct headway_snapshot *after = read_record(arena, &before->id);

	CHECK_INT(after->started_ns, before->started_ns);
	CHECK_INT(after->updated_ns, before->updated_ns);
	CHECK_INT(after->finished_ns, before->finished_ns);
	headway_snapshot_free(after);
}

static void times_stay(void)
{
	struct headway_arena *arena = opened();
	struct headway_id running, finished, lost;
	struct headway_record *record = start_record(arena, "running", &running), *other;
	const struct headway_id *ids[] = {&running, &finished, &lost};
	const int64_t steps[] = {HOUR, -HOUR, 5 * HOUR};
	struct headway_snapshot *before[3];

	CHECK_INT(headway_message(record, "k", "v"), 0);
	other = start_record(arena, "finished", &finished);
	CHECK_INT(headway_finish(other), 0);
	lose(arena, &lost);
	for (int i = 0; i < 3; i++) {
		before[i] = read_record(arena, ids[i]);
		is_near(before[i]->started_ns, wall_ns());
		is_near(before[i]->updated_ns, wall_ns());
	}
	for (int k = 0; k < 3; k++) {
		stepped = steps[k];
		suspended = k == 2 ? HOUR / 2 : 0; /* not enough for anything to expire */
		sleep_ms(1100); /* longer than the interval of all periodic checks */
		for (int i = 0; i < 3; i++)
			are_the_same(arena, before[i]);
	}
	for (int i = 0; i < 3; i++)
		headway_snapshot_free(before[i]);
	headway_release(record);
	headway_release(other);
	headway_close(arena);
}

/* Each event has the wall-clock time at which it happened. */
static void times_are_those_of_the_moment(void)
{
	struct headway_arena *arena = opened();
	struct headway_id id;
	struct headway_record *record = start_record(arena, "r", &id);
	int64_t started = wall_ns();
	struct headway_snapshot *snapshot;

	stepped = 3 * HOUR;
	CHECK_INT(headway_message(record, "k", "v"), 0);
	snapshot = read_record(arena, &id);
	is_near(snapshot->started_ns, started);
	is_near(snapshot->updated_ns, wall_ns());
	headway_snapshot_free(snapshot);
	stepped = -2 * HOUR;
	CHECK_INT(headway_error(record, "why"), 0);
	snapshot = read_record(arena, &id);
	is_near(snapshot->started_ns, started);
	is_near(snapshot->finished_ns, wall_ns());
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
}

/* The rate of a Running record is computed from elapsed time, independent of steps of the clock. */
static void elapsed_time_takes_no_step(void)
{
	struct headway_arena *arena = opened();
	struct headway_id id;
	struct headway_record *record = start_record(arena, "r", &id);
	struct headway_snapshot *snapshot;

	stepped = 4 * HOUR;
	snapshot = read_record(arena, &id);
	is_near(snapshot->read_ns, snapshot->started_ns);
	headway_snapshot_free(snapshot);
	stepped = -4 * HOUR;
	suspended = HOUR;
	sleep_ms(1100);
	snapshot = read_record(arena, &id);
	is_near(snapshot->read_ns, snapshot->started_ns + HOUR * 1000000000LL);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_close(arena);
}

static void a_step_expires_nothing(void)
{
	struct headway_arena *arena = opened();
	struct headway_id id, lost;
	struct headway_record *record = start_record(arena, "r", &id);

	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	lose(arena, &lost);
	stepped = 1000 * HOUR;
	CHECK_INT(expired_now(arena), 0);
	stepped = -1000 * HOUR;
	suspended = HOUR + 60;
	CHECK_INT(expired_now(arena), 2);
	headway_close(arena);
}

/* Records that ended by the fast path, by the general path, or that were lost: all age during
 * suspension. */
static void suspended_time_counts(void)
{
	struct headway_arena *arena = opened();
	struct headway_id id, lost;
	struct headway_record *record;

	record = start_record(arena, "quick", &id);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	record = start_record(arena, "general", &id);
	CHECK_INT(headway_error(record, "why"), 0);
	headway_release(record);
	lose(arena, &lost);
	suspended = HOUR - 60;
	CHECK_INT(expired_now(arena), 0);
	suspended = HOUR + 60;
	CHECK_INT(expired_now(arena), 3);
	headway_close(arena);
}

int main(void)
{
	check_begin(60);
	RUN(times_stay);
	RUN(times_are_those_of_the_moment);
	RUN(elapsed_time_takes_no_step);
	RUN(a_step_expires_nothing);
	RUN(suspended_time_counts);
	return check_end();
}
