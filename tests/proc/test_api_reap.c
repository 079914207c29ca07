/* SPDX-License-Identifier: BSD-3-Clause */
/* Reaping: what is freed and when, reports of dry runs, records owned by a pid or by nobody,
 * removal. */
#include "kit/arenas.h"
#include "kit/processes.h"

static const char *name;
static struct headway_arena *arena;

static void set_up(uint32_t ttl_seconds, uint32_t error_ttl_seconds)
{
	struct headway_options opt = {.size = sizeof(opt),
				      .slots = 16,
				      .members = 8,
				      .ttl_seconds = ttl_seconds,
				      .error_ttl_seconds = error_ttl_seconds};

	name = new_name();
	arena = open_arena(name, &opt);
}

static void tear_down(void)
{
	struct headway_arena *reader;

	headway_close(arena);
	reader = open_read_only(name);
	check_whole(reader, 1);
	headway_close(reader);
	CHECK_INT(headway_unlink(name), 0);
}

static struct headway_reap_report reap(uint32_t ttl, uint32_t error_ttl, unsigned flags)
{
	struct headway_reap_policy policy = {.size = sizeof(policy),
					     .ttl_seconds = ttl,
					     .error_ttl_seconds = error_ttl,
					     .flags = flags};
	struct headway_reap_report report = {.size = sizeof(report)};

	CHECK_INT(headway_reap(arena, &policy, &report), 0);
	CHECK_INT(report.evicted, 0);
	CHECK_INT(report.size, sizeof(report));
	return report;
}

/* An ended record without open handles. */
static struct headway_id ended(int status, uint32_t ttl_seconds)
{
	struct headway_spec spec = {.size = sizeof(spec), .ttl_seconds = ttl_seconds};
	struct headway_record *record = NULL;
	struct headway_id id;

	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	CHECK_INT(status == HEADWAY_FINISHED ? headway_finish(record) : headway_error(record, "e"),
		  0);
	headway_release(record);
	return id;
}

static struct headway_id running(unsigned flags, uint32_t owner_pid, uint32_t ttl_seconds)
{
	struct headway_spec spec = {.size = sizeof(spec),
				    .flags = flags,
				    .owner_pid = owner_pid,
				    .ttl_seconds = ttl_seconds};
	struct headway_record *record = NULL;
	struct headway_id id;

	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	headway_release(record);
	return id;
}

static uint32_t slots_used(void)
{
	struct headway_info info = {.size = sizeof(info)};

	CHECK_INT(headway_info(arena, &info), 0);
	return info.slots_used;
}

/* One sleep for all tests of expiry. For readers a record is gone as soon as its time-to-live (its
 * own, or the arena's) is over; its slot is free after the next reaping pass. */
static void times_to_live(void)
{
	struct headway_id finished, error, error_brief, kept, runs, open_id;
	struct headway_record *open_record;
	struct headway_reap_report report;

	set_up(1, 100);
	finished = ended(HEADWAY_FINISHED, 0);
	error = ended(HEADWAY_ERROR, 0);
	/* a record's own time-to-live has precedence over the policy */
	error_brief = ended(HEADWAY_ERROR, 1);
	kept = ended(HEADWAY_FINISHED, 100);
	runs = running(0, 0, 1);
	open_record = start_record(arena, "open", &open_id);
	CHECK_INT(headway_finish(open_record), 0);
	report = reap(0, 0, 0);
	CHECK_INT(report.expired, 0);
	CHECK_INT(report.live, 1);
	sleep_ms(1150);
	CHECK_INT(status_of(arena, &finished), -ESTALE);
	CHECK_INT(status_of(arena, &error_brief), -ESTALE);
	report = reap(0, 0, HEADWAY_DRY_RUN);
	CHECK_INT(report.expired, 2);
	CHECK_INT(slots_used(), 6);
	report = reap(0, 0, 0);
	CHECK_INT(slots_used(), 4);
	CHECK_INT(report.expired, 2);
	CHECK_INT(report.live, 1);
	CHECK_INT(report.lost, 0);
	CHECK(report.blocks_freed >= 2);
	CHECK_INT(status_of(arena, &finished), -ESTALE);
	CHECK_INT(status_of(arena, &error_brief), -ESTALE);
	CHECK_INT(status_of(arena, &error), HEADWAY_ERROR);
	CHECK_INT(status_of(arena, &kept), HEADWAY_FINISHED);
	CHECK_INT(status_of(arena, &runs), HEADWAY_RUNNING);
	CHECK_INT(status_of(arena, &open_id), -ESTALE);
	CHECK_INT(headway_status(open_record), HEADWAY_FINISHED); /* its handles still read it */
	headway_release(open_record);
	report = reap(1, 1, 0); /* a policy of the caller for this pass */
	CHECK_INT(report.expired, 2);
	CHECK_INT(status_of(arena, &error), -ESTALE);
	CHECK_INT(status_of(arena, &open_id), -ESTALE);
	CHECK_INT(status_of(arena, &kept), HEADWAY_FINISHED);
	tear_down();
}

/* A child that starts a record and is killed. */
static pid_t dead_owner(struct headway_id *id)
{
	struct headway_id *told = shared_memory(sizeof(*told));
	pid_t pid = fork_child();

	if (!pid) {
		struct headway_arena *own = open_arena(name, NULL);

		start_record(own, "dies", told);
		(void)raise(SIGKILL);
	}
	CHECK_INT(wait_child(pid), 128 + SIGKILL);
	*id = *told;
	(void)munmap(told, sizeof(*told));
	return pid;
}

static void dead_members_are_swept_once(void)
{
	struct headway_reap_report report;
	struct headway_info info = {.size = sizeof(info)};
	struct headway_id id;

	set_up(0, 0);
	(void)dead_owner(&id);
	CHECK_INT(headway_info(arena, &info), 0);
	CHECK_INT(info.members_alive, 1);
	CHECK_INT(info.members_dead, 1);
	report = reap(0, 0, HEADWAY_DRY_RUN);
	CHECK_INT(report.members_swept, 1);
	CHECK_INT(report.lost, 1);
	CHECK_INT(headway_info(arena, &info), 0);
	CHECK_INT(info.members_dead, 1);
	CHECK_INT(info.lost, 0);
	report = reap(0, 0, 0);
	CHECK_INT(report.members_swept, 1);
	CHECK_INT(report.lost, 1);
	CHECK_INT(report.live, 0);
	report = reap(0, 0, 0);
	CHECK_INT(report.members_swept, 0);
	CHECK_INT(report.lost, 0);
	CHECK_INT(headway_info(arena, &info), 0);
	CHECK_INT(info.members_dead, 0);
	CHECK_INT(info.lost, 1);
	tear_down();
}

/* A new member that is given a dead member's index sweeps it. */
static void attaching_sweeps_too(void)
{
	struct headway_id id;
	struct headway_arena *others[7];

	set_up(0, 0);
	(void)dead_owner(&id);
	for (unsigned i = 0; i < 7; i++) /* one of these is given the index */
		others[i] = open_arena(name, NULL);
	CHECK_INT(status_of(arena, &id), HEADWAY_ERROR);
	CHECK_INT(reap(0, 0, 0).members_swept, 0);
	for (unsigned i = 0; i < 7; i++)
		headway_close(others[i]);
	tear_down();
}

/* Finding a record lost raises its version by one, once. */
static void lost_is_a_version(void)
{
	struct headway_id id;
	uint64_t version;

	set_up(0, 0);
	(void)dead_owner(&id);
	CHECK_INT(reap(0, 0, 0).lost, 1);
	version = version_of(arena, &id);
	CHECK_INT(version, 2);
	CHECK_INT(reap(0, 0, 0).lost, 0);
	CHECK_INT(version_of(arena, &id), 2);
	tear_down();
}

static void detached_records_have_no_owner(void)
{
	struct headway_id id;
	struct headway_snapshot *snapshot;
	struct headway_record *record = NULL;

	set_up(0, 0);
	id = running(HEADWAY_DETACHED, 0, 0);
	headway_close(arena);
	arena = open_arena(name, NULL);
	CHECK_INT(reap(0, 0, 0).live, 1);
	snapshot = read_record(arena, &id);
	CHECK_INT(snapshot->status, HEADWAY_RUNNING);
	CHECK_INT(snapshot->detached, 1);
	CHECK_INT(snapshot->owner_pid, 0);
	CHECK_INT(snapshot->owner_alive, -1);
	CHECK_TEXT(snapshot->owner_command, "");
	headway_snapshot_free(snapshot);
	NEED_INT(headway_resume(arena, &id, &record), 0);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	CHECK_INT(status_of(arena, &id), HEADWAY_FINISHED);
	tear_down();
}

/* The owner is identified by pid and start time. A reaper finds its death even if no member of the
 * arena died. */
static void owner_by_pid(void)
{
	struct headway_id id;
	struct headway_snapshot *snapshot;
	char died[96];
	pid_t pid;

	set_up(0, 0);
	pid = fork_child();
	if (!pid)
		for (;;)
			(void)pause();
	id = running(0, (uint32_t)pid, 0);
	headway_close(arena); /* the process that started the record does not own it */
	arena = open_arena(name, NULL);
	CHECK_INT(reap(0, 0, 0).lost, 0);
	snapshot = read_record(arena, &id);
	CHECK_INT(snapshot->status, HEADWAY_RUNNING);
	CHECK_INT(snapshot->owner_pid, pid);
	CHECK_INT(snapshot->owner_alive, 1);
	CHECK_INT(snapshot->detached, 0);
	CHECK_TEXT(snapshot->owner_command, "test_api_reap");
	headway_snapshot_free(snapshot);
	CHECK_INT(kill(pid, SIGKILL), 0);
	(void)wait_child(pid);
	CHECK_INT(headway_wait(arena, &id, 3000), HEADWAY_ERROR);
	(void)reap(0, 0, 0);
	snapshot = read_record(arena, &id);
	(void)snprintf(died, sizeof(died), "owner died (pid %d, test_api_reap)", (int)pid);
	CHECK_TEXT(value_of(snapshot, "Error"), died);
	CHECK_INT(snapshot->lost, 1);
	CHECK_INT(snapshot->owner_alive, 0);
	headway_snapshot_free(snapshot);
	tear_down();
}

static void removal(void)
{
	struct headway_id finished, detached, alive, open_id, never;
	struct headway_record *record;

	set_up(0, 0);
	finished = ended(HEADWAY_FINISHED, 0);
	detached = running(HEADWAY_DETACHED, 0, 0);
	alive = running(0, 0, 0);
	record = start_record(arena, "open", &open_id);
	CHECK_INT(headway_finish(record), 0);
	memset(&never, 0x5a, sizeof(never));
	CHECK_INT(headway_remove(arena, &finished), 0);
	CHECK_INT(status_of(arena, &finished), -ESTALE);
	CHECK_INT(headway_remove(arena, &finished), -ESTALE);
	CHECK_INT(headway_remove(arena, &detached), 0);
	CHECK_INT(status_of(arena, &detached), -ESTALE);
	CHECK_INT(headway_remove(arena, &alive), -EBUSY);
	CHECK_INT(status_of(arena, &alive), HEADWAY_RUNNING);
	CHECK_INT(headway_remove(arena, &open_id), -EBUSY);
	CHECK_INT(status_of(arena, &open_id), HEADWAY_FINISHED);
	CHECK_INT(headway_remove(arena, &never), -ENOENT);
	headway_release(record);
	CHECK_INT(headway_remove(arena, &open_id), 0);
	(void)reap(0, 0, 0);
	tear_down();
}

/* The record's only handles belong to a dead owner that nobody has swept: removal is not refused as
 * busy. */
static void removal_of_what_the_dead_left(void)
{
	struct headway_id dead;

	set_up(0, 0);
	(void)dead_owner(&dead);
	CHECK_INT(headway_remove(arena, &dead), 0);
	CHECK_INT(status_of(arena, &dead), -ESTALE);
	(void)reap(0, 0, 0);
	tear_down();
}

/* A refused removal changes nothing. */
static void refused_removal_changes_nothing(void)
{
	struct headway_spec spec = {.size = sizeof(spec), .flags = HEADWAY_DETACHED};
	struct headway_record *record = NULL;
	struct headway_id id;
	uint64_t version;

	set_up(0, 0);
	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	version = version_of(arena, &id);
	CHECK_INT(headway_remove(arena, &id), -EBUSY);
	CHECK_INT(status_of(arena, &id), HEADWAY_RUNNING);
	CHECK_INT(version_of(arena, &id), version);
	CHECK_INT(headway_message(record, "k", "v"), 0);
	headway_release(record);
	tear_down();
}

static void arguments(void)
{
	struct headway_reap_policy policy = {.size = sizeof(policy), .flags = 1u << 9};
	struct headway_reap_report report;

	set_up(0, 0);
	CHECK_INT(headway_reap(arena, &policy, NULL), -EINVAL);
	policy.flags = 0;
	CHECK_INT(headway_reap(arena, &policy, NULL), 0);
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	CHECK_INT(headway_reap(NULL, NULL, NULL), -EINVAL);
	memset(&report, 0, sizeof(report)); /* size 0 means the size of this version */
	(void)running(0, 0, 0);
	CHECK_INT(headway_reap(arena, NULL, &report), 0);
	CHECK_INT(report.live, 1);
	tear_down();
}

int main(void)
{
	check_begin(60);
	RUN(times_to_live);
	RUN(dead_members_are_swept_once);
	RUN(attaching_sweeps_too);
	RUN(lost_is_a_version);
	RUN(detached_records_have_no_owner);
	RUN(owner_by_pid);
	RUN(removal);
	RUN(removal_of_what_the_dead_left);
	RUN(refused_removal_changes_nothing);
	RUN(arguments);
	return check_end();
}
