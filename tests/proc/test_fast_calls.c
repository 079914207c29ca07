/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A million updates, adds and reads, separated by calls of getppid() as markers for a trace:
 * tests/cli/test_no_syscalls.sh counts the system calls between the markers.
 *
 *     test_fast_calls [COUNT [ARENA]]
 *
 * Phases: 1 messages and updates, 2 counters, 3 short results, 4 reads of a record without an
 * owner, 5 reads of the process's own record. At the end it prints "seconds PHASE N" for 4 and 5.
 */
#include "kit/arenas.h"
#include "kit/processes.h"

static const char *name;
static unsigned count;
static struct headway_arena *arena;
static struct headway_record *record, *detached;
static struct headway_id id, detached_id;
static struct headway_snapshot *snapshot;

static void marker(void)
{
	(void)getppid();
}

static void messages(void)
{
	struct headway_message pair[] = {{"Step", "3/4"}, {"file", "/var/tmp/some/file"}};

	for (unsigned i = 0; i < count / 2; i++) {
		CHECK_INT(headway_message(record, "Step", i & 1 ? "1/2" : "2/2"), 0);
		CHECK_INT(headway_update(record, pair, 2), 0);
	}
}

static void counters(void)
{
	for (unsigned i = 0; i < count; i++) {
		CHECK_INT(headway_add(record, 1), 0);
		CHECK_INT(headway_counter_add(record, 0, 1), 0);
		CHECK_INT(headway_set_total(record, count), 0);
		CHECK_INT(headway_status(record), HEADWAY_RUNNING);
	}
}

static void results(void)
{
	for (unsigned i = 0; i < count / 10; i++)
		CHECK_INT(headway_results(record, "{\"n\":12}", 8), 0);
}

static double reads(const struct headway_id *which)
{
	double start = check_seconds();

	for (unsigned i = 0; i < count; i++)
		CHECK_INT(headway_read(arena, which, &snapshot), 0);
	return check_seconds() - start;
}

int main(int argc, char **argv)
{
	static const char *const names[] = {"errors", NULL};
	struct headway_spec spec = {.size = sizeof(spec), .counters = names};
	double without_owner, owned;

	check_begin(100);
	check_running = "fast_calls";
	count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100000;
	name = argc > 2 ? argv[2] : new_name();
	arena = open_small(name);
	NEED_INT(headway_start(arena, &spec, &record), 0);
	NEED_INT(headway_get_id(record, &id), 0);
	spec.flags = HEADWAY_DETACHED;
	NEED_INT(headway_start(arena, &spec, &detached), 0);
	NEED_INT(headway_get_id(detached, &detached_id), 0);
	/* the first call fills the thread's queue */
	NEED_INT(headway_message(record, "Step", "0/2"), 0);
	NEED_INT(headway_results(record, "{}", 2), 0);
	NEED_INT(headway_read(arena, &id, &snapshot), 0);
	marker();
	messages();
	marker();
	counters();
	marker();
	results();
	marker();
	without_owner = reads(&detached_id);
	marker();
	owned = reads(&id);
	marker();
	printf("seconds 4 %.3f\nseconds 5 %.3f\n", without_owner, owned);
	CHECK_INT(snapshot->done, count);
	CHECK_INT(snapshot->counters[0], count);
	CHECK_INT(snapshot->version, 3 + count / 2 * 2 + count / 10);
	headway_snapshot_free(snapshot);
	headway_release(record);
	headway_release(detached);
	headway_close(arena);
	return check_end();
}
