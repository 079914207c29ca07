/* SPDX-License-Identifier: BSD-3-Clause */
/* A writer that is stopped at a random instruction of its update loop blocks nobody: others update
 * the same record and end others, reapers reap, and memory does not run out. When it continues, no
 * acknowledged update is lost. */
#include "kit/arenas.h"
#include "kit/processes.h"

enum { STOPS = 60, WRITERS = 2, UPDATES = 400 };

struct account {
	volatile uint64_t updates, adds;
};

static struct shared {
	struct account stopped, writers[WRITERS];
	volatile int end;
} * shared;

static const char *name;
static struct headway_id id;
static char *long_text;

/* Short and long values in turn, so that some stops happen while it holds blocks, and some while it
 * holds extents. */
static void update(struct headway_record *record, struct account *account, const char *key,
		   uint64_t limit)
{
	for (uint64_t i = 0; i < limit && !shared->end; i++) {
		const char *value = long_text + 12000 - (i % 3 ? i % 50 : i % 12000);

		NEED_INT(headway_message(record, key, value), 0);
		account->updates++;
		NEED_INT(headway_add(record, 1), 0);
		account->adds++;
	}
}

static pid_t start_writer(struct account *account, const char *key, uint64_t limit)
{
	pid_t pid = fork_child();

	if (!pid) {
		struct headway_arena *arena = open_arena(name, NULL);
		struct headway_record *record = NULL;

		NEED_INT(headway_resume(arena, &id, &record), 0);
		update(record, account, key, limit);
		headway_release(record);
		headway_close(arena);
		end_child();
	}
	return pid;
}

/* Work of the other processes while the writer is stopped. */
static void others_go_on(struct headway_arena *arena, struct headway_record *record)
{
	static uint64_t last;
	struct headway_reap_report report = {.size = sizeof(report)};
	struct headway_record *brief;
	struct headway_snapshot *snapshot;

	for (unsigned i = 0; i < UPDATES; i++) {
		CHECK_INT(headway_message(record, "main", long_text + 12000 - i), 0);
		shared->writers[0].updates++;
		CHECK_INT(headway_results(record, "[1,2,3]", 7), 0);
		shared->writers[0].updates++;
		brief = start_record(arena, "brief", NULL);
		CHECK_INT(headway_message(brief, "k", long_text + 6000), 0);
		CHECK_INT(headway_finish(brief), 0);
		headway_release(brief);
	}
	CHECK_INT(headway_reap(arena, NULL, &report), 0);
	CHECK_INT(report.lost, 0);
	CHECK_INT(report.members_swept, 0);
	snapshot = read_record(arena, &id);
	CHECK_INT(snapshot->stale, 0);
	CHECK_INT(snapshot->status, HEADWAY_RUNNING);
	CHECK(snapshot->version > last);
	last = snapshot->version;
	headway_snapshot_free(snapshot);
	check_whole(arena, 0);
}

/* With no other writer active, the record must match the logs exactly. */
static void expect_nothing_lost(struct headway_arena *arena, uint64_t before)
{
	struct headway_snapshot *snapshot = read_record(arena, &id);
	uint64_t updates = shared->stopped.updates, adds = shared->stopped.adds;

	for (unsigned i = 0; i < WRITERS; i++) {
		updates += shared->writers[i].updates;
		adds += shared->writers[i].adds;
	}
	CHECK_INT(snapshot->version, before + updates);
	CHECK_INT(snapshot->done, adds);
	CHECK(value_of(snapshot, "stopped") != NULL);
	CHECK(value_of(snapshot, "main") != NULL);
	printf("NOTE %llu updates, %llu of them by the one that was stopped %d times\n",
	       (unsigned long long)updates, (unsigned long long)shared->stopped.updates, STOPS);
	headway_snapshot_free(snapshot);
}

static void one_of_many_is_stopped(void)
{
	struct headway_options opt = {
		.size = sizeof(opt), .slots = 16, .members = 4, .bytes = 1u << 20};
	struct headway_arena *arena = open_arena(name, &opt);
	struct headway_record *record = start_record(arena, "shared", &id);
	uint64_t before = version_of(arena, &id);
	pid_t stopped = start_writer(&shared->stopped, "stopped", UINT64_MAX), other;

	for (unsigned i = 0; i < STOPS && !check_failures; i++) {
		uint64_t seen = shared->stopped.updates;

		while (shared->stopped.updates < seen + 20)
			sleep_ms(1);
		CHECK_INT(kill(stopped, SIGSTOP), 0);
		CHECK_INT(waitpid(stopped, NULL, WUNTRACED), stopped);
		other = i % 10 ? 0 : start_writer(&shared->writers[1], "other", UPDATES);
		others_go_on(arena, record);
		if (other)
			CHECK_INT(wait_child(other), 0);
		CHECK_INT(kill(stopped, SIGCONT), 0);
	}
	shared->end = 1;
	CHECK_INT(wait_child(stopped), 0);
	expect_nothing_lost(arena, before);
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	headway_close(arena);
	arena = open_read_only(name);
	check_whole(arena, 1);
	headway_close(arena);
}

/* The record is ended while its writer is stopped in a call; when the call continues, it returns an
 * error. */
static void record_ends_while_it_is_stopped(void)
{
	struct headway_arena *arena;
	struct headway_record *record;

	name = new_name();
	arena = open_small(name);
	for (unsigned i = 0; i < 20; i++) {
		uint64_t version;
		pid_t pid;

		record = start_record(arena, "ends", &id);
		pid = fork_child();
		if (!pid) {
			int code = 0;

			while (!code)
				code = headway_message(record, "k", "v");
			CHECK_INT(code, -EALREADY);
			end_child();
		}
		while (version_of(arena, &id) < 10)
			sleep_ms(1);
		CHECK_INT(kill(pid, SIGSTOP), 0);
		CHECK_INT(waitpid(pid, NULL, WUNTRACED), pid);
		CHECK_INT(headway_finish_with_results(record, "1", 1), 0);
		version = version_of(arena, &id);
		CHECK_INT(kill(pid, SIGCONT), 0);
		CHECK_INT(wait_child(pid), 0);
		CHECK_INT(version_of(arena, &id), version);
		headway_release(record);
	}
	headway_close(arena);
}

int main(void)
{
	check_begin(60);
	shared = shared_memory(sizeof(*shared));
	long_text = malloc(12001);
	NEED(long_text);
	memset(long_text, 'x', 12000);
	long_text[12000] = 0;
	name = new_name();
	RUN(one_of_many_is_stopped);
	RUN(record_ends_while_it_is_stopped);
	free(long_text);
	return check_end();
}
