/* SPDX-License-Identifier: BSD-3-Clause */
/* A record whose owner is dead: no process that has it open can change it any more, whether or not
 * it was swept. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <pthread.h>

/* A record that another process owns and that this one has open. */
static struct its {
	const char *name;
	struct headway_arena *arena, *reader;
	struct headway_record *record;
	struct headway_id id;
	pid_t owner;
} its;

static _Noreturn void own_a_record(const char *name, int tell)
{
	struct headway_id id;

	(void)start_record(open_small(name), "its", &id);
	NEED_INT(write(tell, &id, sizeof(id)), sizeof(id));
	for (;;)
		(void)pause();
}

/* Another process starts a record in the arena and owns it. */
static void owner_begin(const char *name)
{
	int from[2];

	NEED(!pipe(from));
	its.owner = fork_child();
	if (!its.owner)
		own_a_record(name, from[1]);
	NEED_INT(read(from[0], &its.id, sizeof(its.id)), sizeof(its.id));
	NEED_INT(headway_resume(its.arena, &its.id, &its.record), 0);
	(void)close(from[0]), (void)close(from[1]);
}

static void its_begin(void)
{
	its.name = new_name();
	its.arena = open_small(its.name);
	its.reader = open_read_only(its.name);
	owner_begin(its.name);
}

static void its_end(void)
{
	headway_release(its.record);
	headway_close(its.reader);
	headway_close(its.arena);
	CHECK_INT(headway_unlink(its.name), 0);
}

static int add_message(struct headway_record *r)
{
	return headway_message(r, "after", "the owner died");
}

static int add_two(struct headway_record *r)
{
	const struct headway_message two[] = {{"after", "1"}, {"again", "2"}};

	return headway_update(r, two, 2);
}

static int end_with_error(struct headway_record *r)
{
	return headway_error(r, "after the owner died");
}

static int end_with_results(struct headway_record *r)
{
	return headway_finish_with_results(r, "[1]", 3);
}

static int (*const changes[])(struct headway_record *) = {
	add_message, add_two, headway_finish, end_with_error, end_with_results,
};

/* Once a reader has reported Error, every later read does. */
static void nothing_follows_what_a_reader_saw(void)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct headway_snapshot *seen, *later;

		its_begin();
		kill_child(its.owner);
		seen = read_record(its.reader, &its.id);
		CHECK_INT(seen->status, HEADWAY_ERROR);
		CHECK_INT(seen->lost, 1);
		CHECK_INT(changes[i](its.record), -EALREADY);
		later = read_record(its.reader, &its.id);
		CHECK_INT(later->status, HEADWAY_ERROR);
		CHECK_INT(later->lost, 1);
		CHECK_INT(later->version, seen->version);
		CHECK(!value_of(later, "after"));
		headway_snapshot_free(seen);
		headway_snapshot_free(later);
		its_end();
	}
}

/* Without any reader before: the writer that finds the owner dead marks the record lost, for
 * everybody. */
static void who_finds_out_ends_it(void)
{
	struct headway_info info = {.size = sizeof(info)};

	its_begin();
	kill_child(its.owner);
	CHECK_INT(headway_finish(its.record), -EALREADY);
	CHECK_INT(headway_status(its.record), HEADWAY_ERROR);
	NEED_INT(headway_info(its.reader, &info), 0);
	CHECK_INT(info.lost, 1);
	CHECK_INT(headway_message(its.record, "after", "its end"), -EALREADY);
	its_end();
}

/* A check of the owner is valid for a tenth of a second; after that, a writer's earlier update does
 * not allow another one. */
static void a_look_gets_too_old(void)
{
	struct headway_snapshot *s;

	its_begin();
	for (int i = 0; i < 20; i++) /* so often that the thread knows the message's place */
		CHECK_INT(headway_message(its.record, "before", "its end"), 0);
	kill_child(its.owner);
	sleep_ms(150);
	CHECK_INT(headway_message(its.record, "before", "or after"), -EALREADY);
	CHECK_INT(headway_message(its.record, "after", "its end"), -EALREADY);
	s = read_record(its.reader, &its.id);
	CHECK_INT(s->status, HEADWAY_ERROR);
	CHECK_TEXT(value_of(s, "before"), "its end");
	CHECK(!value_of(s, "after"));
	headway_snapshot_free(s);
	its_end();
}

/* A reader does not see a handle that is opened after its read; the check for another handle of the same
 * owner is no excuse. */
static void nor_does_a_handle_that_is_opened_later(void)
{
	struct headway_snapshot *seen, *later;

	its_begin();
	CHECK_INT(headway_message(its.record, "before", "its end"), 0);
	headway_release(its.record);
	kill_child(its.owner);
	seen = read_record(its.reader, &its.id);
	CHECK_INT(seen->lost, 1);
	NEED_INT(headway_resume(its.arena, &its.id, &its.record), 0);
	CHECK_INT(headway_message(its.record, "after", "its end"), -EALREADY);
	later = read_record(its.reader, &its.id);
	CHECK_INT(later->version, seen->version);
	headway_snapshot_free(seen);
	headway_snapshot_free(later);
	its_end();
}

/* A writer that found the owner alive just before its death may still succeed; until then no reader
 * reports the record as lost. */
static void no_reader_is_contradicted(void)
{
	struct headway_snapshot *s = NULL;
	int changed = 0, lost = 0;

	for (int round = 0; round < 20; round++) {
		its_begin();
		CHECK_INT(headway_message(its.record, "n", "0"), 0);
		kill_child(its.owner);
		for (int i = 0; i < 60; i++, sleep_ms(1)) {
			uint64_t version;
			int error;

			NEED_INT(headway_read(its.reader, &its.id, &s), 0);
			version = s->version;
			lost = s->lost;
			error = headway_message(its.record, "n", i % 2 ? "1" : "2");
			changed += !error;
			if (error)
				CHECK_INT(error, -EALREADY);
			CHECK(!lost || error);
			NEED_INT(headway_read(its.reader, &its.id, &s), 0);
			CHECK(!lost || (s->lost && s->version == version));
		}
		its_end();
	}
	headway_snapshot_free(s);
	CHECK(changed > 0);
}

/* A child checks the owner itself, however young the check of its parent is. It becomes a member before the
 * owner dies: otherwise it would sweep the owner's index as it takes it. */
static void nor_is_the_check_of_a_parent(void)
{
	struct headway_record *own;
	int to_parent[2], to_child[2];
	char byte = 0;
	pid_t child;

	its_begin();
	own = start_record(its.arena, "own", NULL);
	NEED(!pipe(to_parent) && !pipe(to_child));
	CHECK_INT(headway_message(its.record, "n", "1"), 0);
	child = fork_child();
	if (!child) {
		CHECK_INT(headway_message(own, "n", "1"), 0);
		NEED(write(to_parent[1], &byte, 1) == 1 && read(to_child[0], &byte, 1) == 1);
		CHECK_INT(headway_message(its.record, "n", "2"), -EALREADY);
		end_child();
	}
	NEED_INT(read(to_parent[0], &byte, 1), 1);
	kill_child(its.owner);
	NEED_INT(write(to_child[1], &byte, 1), 1);
	CHECK_INT(wait_child(child), 0);
	for (int i = 0; i < 2; i++)
		(void)close(to_parent[i]), (void)close(to_child[i]);
	headway_release(own);
	its_end();
}

static uint64_t is_enough; /* atomic */

static void *change_without_pause(void *record)
{
	while (!__atomic_load_n(&is_enough, __ATOMIC_RELAXED))
		if (headway_message(record, "n", "1"))
			return NULL;
	return record;
}

/* A process that has the record open, and many threads that change one of another owner. */
static void other_calls_keep_it_from_nothing(void)
{
	struct its other;
	pthread_t threads[24];
	void *went_on;

	its_begin();
	other = its;
	owner_begin(its.name);
	CHECK_INT(headway_message(its.record, "n", "1"), 0);
	for (size_t i = 0; i < sizeof(threads) / sizeof(*threads); i++)
		NEED_INT(pthread_create(&threads[i], NULL, change_without_pause, other.record), 0);
	kill_child(its.owner);
	CHECK_INT(headway_wait(its.reader, &its.id, 30000), HEADWAY_ERROR);
	CHECK_INT(status_of(its.reader, &other.id), HEADWAY_RUNNING);
	__atomic_store_n(&is_enough, 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < sizeof(threads) / sizeof(*threads); i++) {
		NEED_INT(pthread_join(threads[i], &went_on), 0);
		CHECK(went_on == other.record);
	}
	kill_child(other.owner);
	headway_release(other.record);
	its_end();
}

/* A detached record has no owner, so the death of its creator does not end it. */
static void a_detached_record_goes_on(void)
{
	const struct headway_spec spec = {.size = sizeof(spec), .flags = HEADWAY_DETACHED};
	struct headway_arena *arena = open_small(new_name());
	struct headway_record *r;
	struct headway_id *id = shared_memory(sizeof(*id));
	pid_t pid = fork_child();

	if (!pid) {
		NEED_INT(headway_start(arena, &spec, &r), 0);
		NEED_INT(headway_get_id(r, id), 0);
		(void)kill(getpid(), SIGKILL);
	}
	CHECK_INT(wait_child(pid), 128 + SIGKILL);
	NEED_INT(headway_resume(arena, id, &r), 0);
	CHECK_INT(headway_message(r, "still", "here"), 0);
	CHECK_INT(headway_finish(r), 0);
	CHECK_INT(status_of(arena, id), HEADWAY_FINISHED);
	headway_release(r);
	headway_close(arena);
}

int main(void)
{
	check_begin(60);
	RUN(nothing_follows_what_a_reader_saw);
	RUN(who_finds_out_ends_it);
	RUN(a_look_gets_too_old);
	RUN(nor_does_a_handle_that_is_opened_later);
	RUN(nor_is_the_check_of_a_parent);
	RUN(no_reader_is_contradicted);
	RUN(other_calls_keep_it_from_nothing);
	RUN(a_detached_record_goes_on);
	return check_end();
}
