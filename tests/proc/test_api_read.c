/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading: read-only handles, walks, waiting, reuse of snapshots, readers beside writers. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <pthread.h>

static const char *name;
static struct headway_arena *arena, *reader;

static void set_up(void)
{
	name = new_name();
	arena = open_small(name);
	reader = open_read_only(name);
}

static void tear_down(void)
{
	headway_close(arena);
	check_whole(reader, 1);
	headway_close(reader);
	CHECK_INT(headway_unlink(name), 0);
}

/* Reads a large, a small and a large record into the same snapshot, and again after a failed
 * read. */
static void a_snapshot_is_used_again(void)
{
	struct headway_snapshot *snapshot = NULL;
	struct headway_record *big, *small;
	struct headway_id big_id, small_id, never;
	char *text = malloc(65537);

	NEED(text);
	memset(text, 'x', 65536);
	text[65536] = 0;
	memset(&never, 0x77, sizeof(never));
	set_up();
	big = start_record(arena, "big", &big_id);
	small = start_record(arena, "small", &small_id);
	CHECK_INT(headway_message(big, "k", text), 0);
	CHECK_INT(headway_read(reader, &never, &snapshot), -ENOENT);
	for (unsigned i = 0; i < 50; i++) {
		NEED_INT(headway_read(reader, &small_id, &snapshot), 0);
		CHECK_TEXT(snapshot->name, "small");
		CHECK_INT(snapshot->message_count, 0);
		NEED_INT(headway_read(reader, &big_id, &snapshot), 0);
		CHECK_TEXT(value_of(snapshot, "k"), text);
		CHECK_INT(headway_read(reader, &never, &snapshot), -ENOENT);
	}
	headway_snapshot_free(snapshot);
	headway_release(big);
	headway_release(small);
	free(text);
	tear_down();
}

/* The times of start and change are the same for every reader at every moment. */
static void times_stay(void)
{
	struct headway_snapshot *first, *snapshot = NULL;
	struct headway_record *record;
	struct headway_id id;

	set_up();
	record = start_record(arena, "times", &id);
	CHECK_INT(headway_finish(record), 0);
	first = read_record(arena, &id);
	for (unsigned i = 0; i < 100; i++) {
		NEED_INT(headway_read(i & 1 ? reader : arena, &id, &snapshot), 0);
		CHECK_INT(snapshot->started_ns, first->started_ns);
		CHECK_INT(snapshot->updated_ns, first->updated_ns);
		CHECK_INT(snapshot->finished_ns, first->finished_ns);
		sleep_ms(1);
	}
	headway_snapshot_free(first);
	headway_snapshot_free(snapshot);
	headway_release(record);
	tear_down();
}

struct walk {
	unsigned seen, stop_after;
	int code;
	struct headway_id ids[32];
};

static int look(const struct headway_snapshot *snapshot, void *argument)
{
	struct walk *walk = argument;

	CHECK(walk->seen < 32);
	walk->ids[walk->seen++] = snapshot->id;
	CHECK(!strncmp(snapshot->name, "walk ", 5));
	return walk->seen == walk->stop_after ? walk->code : 0;
}

static void walks(void)
{
	struct walk walk = {.stop_after = 0};
	struct headway_id ids[5];
	char text[16];

	set_up();
	CHECK_INT(headway_each(reader, look, &walk), 0);
	for (unsigned i = 0; i < 5; i++) {
		(void)snprintf(text, sizeof(text), "walk %u", i);
		headway_release(start_record(arena, text, &ids[i]));
	}
	CHECK_INT(headway_each(reader, look, &walk), 5);
	CHECK_INT(walk.seen, 5);
	for (unsigned i = 0; i < 5; i++) {
		unsigned found = 0;

		for (unsigned j = 0; j < 5; j++)
			found += !memcmp(&walk.ids[j], &ids[i], sizeof(ids[i]));
		CHECK_INT(found, 1);
	}
	walk = (struct walk){.stop_after = 2, .code = 42};
	CHECK_INT(headway_each(reader, look, &walk), 42);
	CHECK_INT(walk.seen, 2);
	walk = (struct walk){.stop_after = 3, .code = -7};
	CHECK_INT(headway_each(arena, look, &walk), -7);
	CHECK_INT(walk.seen, 3);
	CHECK_INT(headway_each(arena, NULL, NULL), -EINVAL);
	CHECK_INT(headway_each(NULL, look, &walk), -EINVAL);
	tear_down();
}

/* The callback of a walk may call the library. */
static int read_again(const struct headway_snapshot *snapshot, void *argument)
{
	struct headway_record *record = NULL;

	CHECK_INT(status_of(argument, &snapshot->id), HEADWAY_RUNNING);
	CHECK_INT(headway_resume(arena, &snapshot->id, &record), 0);
	CHECK_INT(headway_message(record, "walked", "1"), 0);
	headway_release(record);
	return 0;
}

static void a_walk_may_call_the_library(void)
{
	set_up();
	for (unsigned i = 0; i < 3; i++)
		headway_release(start_record(arena, "walk", NULL));
	CHECK_INT(headway_each(arena, read_again, arena), 3);
	CHECK_INT(headway_each(reader, read_again, reader), 3);
	tear_down();
}

static void *finish_soon(void *record)
{
	sleep_ms(150);
	CHECK_INT(headway_finish(record), 0);
	return NULL;
}

static void waiting(void)
{
	struct headway_record *record;
	struct headway_id id, never;
	pthread_t thread;
	double start, took;

	set_up();
	memset(&never, 0x77, sizeof(never));
	record = start_record(arena, "wait", &id);
	start = check_seconds();
	CHECK_INT(headway_wait(reader, &id, 0), -ETIMEDOUT);
	CHECK_INT(headway_wait(reader, &id, 250), -ETIMEDOUT);
	took = check_seconds() - start;
	CHECK(took >= 0.25);
	CHECK_INT(pthread_create(&thread, NULL, finish_soon, record), 0);
	CHECK_INT(headway_wait(reader, &id, -1), HEADWAY_FINISHED);
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK_INT(headway_wait(reader, &id, 0), HEADWAY_FINISHED);
	CHECK_INT(headway_wait(arena, &id, -1), HEADWAY_FINISHED);
	headway_release(record);
	record = start_record(arena, "wait", &id);
	CHECK_INT(headway_error(record, NULL), 0);
	CHECK_INT(headway_wait(reader, &id, -1), HEADWAY_ERROR);
	headway_release(record);
	CHECK_INT(headway_wait(reader, &never, 1000), -ENOENT);
	CHECK_INT(headway_remove(arena, &id), 0);
	CHECK_INT(headway_wait(reader, &id, 1000), -ESTALE);
	CHECK_INT(headway_wait(reader, &never, -2), -EINVAL);
	CHECK_INT(headway_wait(reader, NULL, 0), -EINVAL);
	CHECK_INT(headway_wait(NULL, &id, 0), -EINVAL);
	tear_down();
}

static uint64_t swept_now(void)
{
	struct headway_info info = {.size = sizeof(info)};

	CHECK_INT(headway_info(reader, &info), 0);
	return info.lost;
}

static void is_lost(const struct headway_snapshot *s, pid_t pid)
{
	char why[64];

	(void)snprintf(why, sizeof(why), "owner died (pid %d, %s)", (int)pid, s->owner_command);
	CHECK_INT(s->status, HEADWAY_ERROR);
	CHECK_INT(s->lost, 1);
	CHECK_INT(s->owner_alive, 0);
	CHECK_INT(s->version, 2);
	CHECK_INT(s->message_count, 1);
	CHECK_TEXT(s->messages[0].key, "Error");
	CHECK_TEXT(s->messages[0].value, why);
	CHECK(s->finished_ns >= s->started_ns && s->finished_ns == s->updated_ns);
}

/* Nobody sweeps here: a reader finds that the owner is dead, and writes nothing. It reports what a
 * sweep would write, and the time of the end never changes after it was first reported. */
static void readers_see_that_the_owner_is_dead(void)
{
	struct headway_id *id = shared_memory(sizeof(*id));
	struct headway_snapshot *snapshot;
	int64_t finished_ns;
	pid_t pid;

	set_up();
	pid = fork_child();
	if (!pid) {
		struct headway_arena *own = open_small(name);

		start_record(own, "dies", id);
		(void)raise(SIGKILL);
	}
	CHECK_INT(wait_child(pid), 128 + SIGKILL);
	CHECK_INT(headway_wait(reader, id, 2000), HEADWAY_ERROR);
	snapshot = read_record(reader, id);
	is_lost(snapshot, pid);
	finished_ns = snapshot->finished_ns;
	sleep_ms(120); /* owners are checked ten times a second */
	CHECK_INT(headway_read(reader, id, &snapshot), 0);
	is_lost(snapshot, pid);
	/* the time is stored in milliseconds */
	CHECK(snapshot->finished_ns - finished_ns < 20000000);
	CHECK_INT(swept_now(), 0);
	headway_close(arena);
	arena = open_small(name);
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	CHECK_INT(swept_now(), 1);
	CHECK_INT(headway_read(reader, id, &snapshot), 0);
	is_lost(snapshot, pid);
	headway_snapshot_free(snapshot);
	tear_down();
}

static volatile int stop;
static struct headway_id shared_id;

/* Writes two messages and a result that must match. */
static void *write_pairs(void *record)
{
	char text[1200], json[2500];

	for (unsigned i = 1; !stop; i++) {
		struct headway_message pair[] = {{"a", text}, {"b", text}};
		size_t length = i % 7 ? i % 60 : i % 1199;

		memset(text, 'a' + (int)(i % 26), length);
		text[length] = 0;
		CHECK_INT(headway_update(record, pair, 2), 0);
		if (i % 5 == 0) {
			(void)snprintf(json, sizeof(json), "[\"%s\",\"%s\"]", text, text);
			CHECK_INT(headway_results(record, json, strlen(json)), 0);
		}
		if (check_failures)
			break;
	}
	return NULL;
}

static void expect_whole(const struct headway_snapshot *snapshot)
{
	size_t half;

	CHECK_TEXT(value_of(snapshot, "a"), value_of(snapshot, "b"));
	if (!snapshot->results)
		return;
	CHECK_INT(snapshot->results_length, strlen(snapshot->results));
	half = (snapshot->results_length - 3) / 2; /* ["x","x"] */
	CHECK(!memcmp(snapshot->results + 1, snapshot->results + 2 + half, half));
}

/* A reader sees complete versions only, and never an older one than before. */
static void readers_while_writers_write(void)
{
	struct headway_record *record;
	struct headway_snapshot *snapshot = NULL;
	unsigned good = 0, again = 0;
	uint64_t last = 0;
	pthread_t threads[2];
	double end;

	set_up();
	record = start_record(arena, "shared", &shared_id);
	for (unsigned i = 0; i < 2; i++)
		NEED_INT(pthread_create(&threads[i], NULL, write_pairs, record), 0);
	for (end = check_seconds() + 1.5; check_seconds() < end && !check_failures;) {
		int code = headway_read(reader, &shared_id, &snapshot);

		if (code == -EAGAIN) {
			again++;
			continue;
		}
		NEED_INT(code, 0);
		good++;
		CHECK(snapshot->version >= last);
		last = snapshot->version;
		if (snapshot->message_count)
			expect_whole(snapshot);
	}
	stop = 1;
	for (unsigned i = 0; i < 2; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	CHECK(good > 100);
	printf("NOTE %u reads, %u said try again\n", good, again);
	headway_snapshot_free(snapshot);
	headway_release(record);
	tear_down();
}

int main(void)
{
	check_begin(60);
	RUN(a_snapshot_is_used_again);
	RUN(times_stay);
	RUN(walks);
	RUN(a_walk_may_call_the_library);
	RUN(waiting);
	RUN(readers_see_that_the_owner_is_dead);
	RUN(readers_while_writers_write);
	return check_end();
}
