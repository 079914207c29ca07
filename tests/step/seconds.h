/* SPDX-License-Identifier: BSD-3-Clause */
/* What a second thread does, whole, while another of its process stands in the middle of a call. */
#ifndef STEP_SECONDS_H
#define STEP_SECONDS_H

#include "calls.h"

static inline int second_close(struct actor *a)
{
	headway_close(a->arena);
	a->arena = NULL;
	return 0;
}

static inline int second_message(struct actor *a)
{
	return headway_message(a->record, "Step", "second");
}

static inline int second_reap(struct actor *a)
{
	return headway_reap(a->arena, NULL, NULL);
}

static inline int second_open(struct actor *a)
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

/* Ends the subject, frees its slot, and starts another record there, with other counters. */
static inline int second_reuse(struct actor *a)
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

/* Reaps the subject, which expired, if that can be; then its place is taken. */
static inline int second_expire(struct actor *a)
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

/* Another arena under the name, made by a child, since a close waits; this one is followed to it. */
static inline int second_follow(struct actor *a)
{
	struct headway_options options = {
		.flags = HEADWAY_EXCLUSIVE, .slots = 6, .members = 5, .bytes = CALLS_ARENA_BYTES};
	struct headway_info info = {.size = sizeof info};
	struct headway_arena *next;
	pid_t me = getpid(), pid = fork();
	int status;

	if (pid == 0) {
		watch_child(me);
		NEED(headway_unlink(a->path) == 0);
		NEED(headway_open(a->path, &options, &next) == 0);
		headway_close(next);
		_exit(0);
	}
	NEED(pid > 0);
	while (waitpid(pid, &status, WNOHANG) == 0)
		; /* who sleeps is taken to wait for the first thread */
	if (status)
		return status;
	a->arena->current->looked_ns = 0;
	return headway_info(a->arena, &info);
}

/* So many updates that every block and extent that was current before is written again. */
static inline int second_updates(struct actor *a)
{
	int error = 0;

	for (int i = 0; i < 12 && !error; i++)
		error = headway_message(a->record, "Log", calls_long[i % 2]);
	return error;
}

/* The child has the handle too: it becomes a member of its own and goes on. */
static inline int second_fork(struct actor *a)
{
	pid_t me = getpid(), pid = fork();
	int status;

	if (pid == 0) {
		int error;

		watch_child(me);
		error = a->record ? headway_message(a->record, "Step", "child")
				  : headway_start(a->arena, NULL, &a->other);
		headway_close(a->arena);
		_exit(error && error != -EALREADY ? 1 : 0);
	}
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

#endif
