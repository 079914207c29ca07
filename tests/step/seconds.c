/* SPDX-License-Identifier: BSD-3-Clause */
#include "seconds.h"

#include "arena/arena.h"
#include "kit/processes.h"

int second_close(struct actor *a)
{
	headway_close(a->arena);
	a->arena = NULL;
	return 0;
}

int second_message(struct actor *a)
{
	return headway_message(a->record, "Step", "second");
}

int second_reap(struct actor *a)
{
	return headway_reap(a->arena, NULL, NULL);
}

int second_open(struct actor *a)
{
	struct headway_options options = {.flags = HEADWAY_EXISTING};
	struct headway_arena *arena;
	struct headway_record *record;
	int error = headway_open(a->path, &options, &arena);

	if (error)
		return error;
	error = headway_resume(arena, &a->lane->id, &record);
	if (!error) {
		error = headway_message(record, "Step", "other member");
		headway_release(record);
	}
	headway_close(arena);
	return error == -EALREADY ? 0 : error;
}

int second_reuse(struct actor *a)
{
	struct headway_spec spec = {.flags = HEADWAY_DETACHED, .name = "next", .total = 777};
	uint8_t slot = a->lane->id.bytes[2];
	struct headway_record *r[6];
	struct headway_id id = {{0}};
	int error = headway_finish(a->record), count = 0;

	headway_release(a->record);
	a->record = NULL;
	if (!error)
		error = headway_remove(a->arena, &a->lane->id);
	while (!error && count < 6 && (!count || id.bytes[2] != slot)) {
		error = headway_start(a->arena, &spec, &r[count]);
		if (!error)
			error = headway_get_id(r[count++], &id);
	}
	while (count)
		headway_release(r[--count]);
	return error;
}

int second_expire(struct actor *a)
{
	struct headway_spec spec = {.flags = HEADWAY_DETACHED, .name = "next", .total = 777};
	struct headway_record *r[6];
	int error = run_reap(a), count = 0;

	while (count < 6 && headway_start(a->arena, &spec, &r[count]) == 0)
		count++;
	while (count)
		headway_release(r[--count]);
	return error;
}

int second_follow(struct actor *a)
{
	struct headway_options options = {
		.flags = HEADWAY_EXCLUSIVE, .slots = 6, .members = 5, .bytes = CALLS_ARENA_BYTES};
	struct headway_info info = {.size = sizeof info};
	struct headway_arena *next;
	pid_t me = getpid(), pid = fork();
	int status;

	if (pid == 0) {
		die_with_parent(me);
		NEED(headway_unlink(a->path) == 0);
		NEED(headway_open(a->path, &options, &next) == 0);
		headway_close(next);
		_exit(0);
	}
	NEED(pid > 0);
	while (waitpid(pid, &status, WNOHANG) == 0)
		; /* a sleeping thread is assumed to wait for the first thread */
	if (status)
		return status;
	a->arena->current->looked_ns = 0;
	return headway_info(a->arena, &info);
}

int second_updates(struct actor *a)
{
	int error = 0;

	for (int i = 0; i < 12 && !error; i++)
		error = headway_message(a->record, "Log", calls_long[i % 2]);
	return error;
}

int second_fork(struct actor *a)
{
	pid_t me = getpid(), pid = fork();
	int status;

	if (pid == 0) {
		int error;

		die_with_parent(me);
		error = a->record ? headway_message(a->record, "Step", "child")
				  : headway_start(a->arena, NULL, &a->other);
		headway_close(a->arena);
		_exit(error && error != -EALREADY ? 1 : 0);
	}
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}
