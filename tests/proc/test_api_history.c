/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A record with a history: what is remembered of it, by which handle, and what later ones say of it to any
 * reader.
 */
#include "kit/arenas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEPS = 10, STEP_US = 60000 };

static struct headway_arena *arena;
static const char *name;

static struct headway_record *started(const char *history, struct headway_id *id)
{
	const struct headway_spec spec = {
		.size = sizeof spec, .name = "work", .total = STEPS, .history = history};
	struct headway_record *record = NULL;

	NEED_INT(headway_start(arena, &spec, &record), 0);
	if (id)
		CHECK_INT(headway_get_id(record, id), 0);
	return record;
}

static void do_steps(struct headway_record *record)
{
	for (int i = 0; i < STEPS; i++) {
		usleep(STEP_US);
		CHECK_INT(headway_add(record, 1), 0);
		CHECK_INT(headway_sample(record), 0);
	}
}

static int count(const struct headway_history *h, void *argument)
{
	*(struct headway_history *)argument = *h;
	CHECK_TEXT(h->name, "steps");
	return 0;
}

static void is_remembered_when_it_is_finished(void)
{
	struct headway_record *record = started("steps", NULL);
	struct headway_history h = {.size = 0};

	do_steps(record);
	CHECK_INT(headway_history_each(count, &h), 0);
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	CHECK_INT(headway_history_each(count, &h), 1);
	CHECK_INT(h.size, sizeof h);
	CHECK_INT(h.runs, 1);
	CHECK_INT(h.total, STEPS);
	CHECK(h.duration_seconds > 0.5);
	CHECK(h.last_ns > 0);
}

static double low_of(const struct headway_id *id, struct headway_arena *from)
{
	struct headway_estimate e = {.size = sizeof e};
	struct headway_snapshot *s = read_record(from, id);

	CHECK_INT(headway_estimate(s, &e), 0);
	headway_snapshot_free(s);
	return e.eta_low_seconds;
}

/* The profile is in the arena: a reader needs no files of the writer's user. */
static void is_foreseen_by_any_reader(void)
{
	struct headway_id id, other;
	struct headway_record *record = started("steps", &id), *plain = started(NULL, &other);
	struct headway_arena *reader;
	char *state = getenv("XDG_STATE_HOME"), text[4096], *low;
	struct headway_estimate e = {.size = sizeof e};
	struct headway_snapshot *s;

	state = strdup(state);
	setenv("XDG_STATE_HOME", "/dev/null/state", 1);
	reader = open_read_only(name);
	CHECK(low_of(&id, reader) >= 0);
	CHECK(low_of(&other, reader) < 0);
	s = read_record(reader, &id);
	CHECK(headway_estimate(s, &e) == 0 && e.eta_low_seconds >= 0);
	CHECK_INT(headway_read(reader, &other, &s), 0); /* into the same snapshot */
	CHECK(headway_estimate(s, &e) == 0 && e.eta_low_seconds < 0);
	CHECK_INT(headway_read(reader, &id, &s), 0);
	CHECK(headway_json_full(s, text, sizeof text) > 0);
	low = strstr(text, ",\"eta_low_seconds\":");
	CHECK(low && strchr("0123456789", low[strlen(",\"eta_low_seconds\":")]));
	headway_snapshot_free(s);
	CHECK_INT(headway_message(record, "Step", "1"), 0);
	CHECK(low_of(&id, reader) >= 0); /* in every revision */
	CHECK_INT(headway_finish(plain), 0);
	CHECK_INT(headway_error(record, "no"), 0);
	CHECK(low_of(&id, reader) < 0);
	headway_close(reader);
	headway_release(record);
	headway_release(plain);
	setenv("XDG_STATE_HOME", state, 1);
	free(state);
}

static void is_not_remembered_otherwise(void)
{
	struct headway_id id;
	struct headway_record *record = started("steps", &id), *resumed;
	struct headway_history h = {.size = 0};

	do_steps(record);
	CHECK_INT(headway_resume(arena, &id, &resumed), 0);
	CHECK_INT(headway_sample(resumed), 0);
	CHECK_INT(headway_finish(resumed), 0); /* not the handle that started it */
	CHECK_INT(headway_finish(record), -EALREADY);
	headway_release(resumed);
	headway_release(record);
	record = started("steps", NULL);
	CHECK_INT(headway_finish(record), 0); /* a moment */
	headway_release(record);
	CHECK_INT(headway_history_each(count, &h), 1);
	CHECK_INT(h.runs, 1);
}

/* Both took long enough. */
static void is_remembered_with_results_and_not_when_it_was_cancelled(void)
{
	struct headway_id id;
	struct headway_record *cancelled = started("steps", &id), *record = started("steps", NULL);
	struct headway_history h = {.size = 0};

	CHECK_INT(headway_add(cancelled, STEPS), 0);
	do_steps(record);
	CHECK_INT(headway_cancel(arena, &id, NULL), 0);
	CHECK_INT(headway_finish(cancelled), 0);
	CHECK_INT(headway_history_each(count, &h), 1);
	CHECK_INT(h.runs, 1);
	CHECK_INT(headway_finish_with_results(record, "1", 1), 0);
	CHECK_INT(headway_history_each(count, &h), 1);
	CHECK_INT(h.runs, 2);
	headway_release(cancelled);
	headway_release(record);
}

static int stop_at_once(const struct headway_history *h, void *unused)
{
	(void)h;
	(void)unused;
	return 7;
}

static void refuses_what_it_cannot_do(void)
{
	struct headway_spec spec = {.size = sizeof spec};
	struct headway_record *record;
	char long_name[257];

	memset(long_name, 'n', 256);
	long_name[256] = '\0';
	spec.history = long_name;
	CHECK_INT(headway_start(arena, &spec, &record), -E2BIG);
	long_name[255] = '\0';
	CHECK_INT(headway_start(arena, &spec, &record), 0);
	CHECK_INT(headway_finish(record), 0);
	headway_release(record);
	CHECK_INT(headway_sample(NULL), -EINVAL);
	CHECK_INT(headway_history_each(NULL, NULL), -EINVAL);
	CHECK_INT(headway_history_each(stop_at_once, NULL), 7);
	CHECK_INT(headway_history_forget("nothing"), 0);
	CHECK_INT(headway_history_forget("steps"), 1);
	CHECK_INT(headway_history_forget(NULL), 0);
}

static void is_of_use_after_the_arena_was_closed(void)
{
	struct headway_arena *own = open_arena(name, NULL);
	const struct headway_spec spec = {.size = sizeof spec, .history = "steps"};
	struct headway_record *record;

	NEED_INT(headway_start(own, &spec, &record), 0);
	headway_close(own);
	CHECK_INT(headway_sample(record), -ESTALE);
	CHECK_INT(headway_finish(record), -ESTALE);
	headway_release(record);
}

int main(void)
{
	char folder[] = "/tmp/headway-history-XXXXXX", path[64];

	check_begin(60);
	NEED(mkdtemp(folder));
	NEED_INT(setenv("XDG_STATE_HOME", folder, 1), 0);
	name = new_name();
	arena = open_small(name);
	RUN(is_remembered_when_it_is_finished);
	RUN(is_foreseen_by_any_reader);
	RUN(is_not_remembered_otherwise);
	RUN(is_remembered_with_results_and_not_when_it_was_cancelled);
	RUN(refuses_what_it_cannot_do);
	RUN(is_of_use_after_the_arena_was_closed);
	check_whole(arena, 0);
	headway_close(arena);
	snprintf(path, sizeof path, "%s/headway", folder);
	CHECK_INT(rmdir(path), 0); /* all was forgotten */
	CHECK_INT(rmdir(folder), 0);
	return check_end();
}
