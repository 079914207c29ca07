/* SPDX-License-Identifier: BSD-3-Clause */
/* Every call works on the smallest stack that a thread can have. */
#include "kit/arenas.h"
#include "kit/processes.h"

#include <limits.h>
#include <pthread.h>

static const char *name;

static int count(const struct headway_snapshot *snapshot, void *argument)
{
	(void)snapshot;
	++*(int *)argument;
	return 0;
}

static void writers_calls(struct headway_arena *arena, struct headway_id *id)
{
	struct headway_record *record = start_record(arena, "on a small stack", id), *again = NULL;
	const struct headway_message two[] = {{"a", "1"}, {"b", "2"}};

	CHECK_INT(headway_message(record, "key", "value"), 0);
	CHECK_INT(headway_update(record, two, 2), 0);
	CHECK_INT(headway_results(record, "{\"n\": [1, 2, 3]}", 16), 0);
	CHECK_INT(headway_url(record, "/elsewhere"), 0);
	CHECK_INT(headway_add(record, 1), 0);
	CHECK_INT(headway_resume(arena, id, &again), 0);
	CHECK_INT(headway_error(record, "enough"), 0);
	headway_release(again);
	headway_release(record);
}

static void readers_calls(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_info info = {.size = sizeof(info)};
	struct headway_snapshot *snapshot = read_record(arena, id);
	static char text[4096];
	int records = 0;

	CHECK(headway_json_full(snapshot, text, sizeof(text)) > 0);
	headway_snapshot_free(snapshot);
	CHECK_INT(headway_wait(arena, id, 0), HEADWAY_ERROR);
	CHECK_INT(headway_each(arena, count, &records), 1);
	CHECK_INT(headway_info(arena, &info), 0);
	check_whole(arena, 0);
}

static void *all_calls(void *unused)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 16, .members = 4};
	struct headway_arena *arena = open_arena(name, &opt);
	struct headway_id id;

	(void)unused;
	writers_calls(arena, &id);
	readers_calls(arena, &id);
	for (int i = 0; i < 32; i++) { /* until old ones are evicted */
		struct headway_record *record = start_record(arena, "one of many", NULL);

		CHECK_INT(headway_finish(record), 0);
		headway_release(record);
	}
	CHECK_INT(headway_reap(arena, NULL, NULL), 0);
	headway_close(arena);
	return NULL;
}

static void the_smallest_stack_will_do(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	name = new_name();
	NEED_INT(pthread_attr_init(&attributes), 0);
	NEED_INT(pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN), 0);
	NEED_INT(pthread_create(&thread, &attributes, all_calls, NULL), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
}

int main(void)
{
	check_begin(30);
	RUN(the_smallest_stack_will_do);
	return check_end();
}
