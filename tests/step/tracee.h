/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process under ptrace that makes one call, instruction by instruction.
 *
 * The child prepares, stops, makes the call, stops, cleans up.  A page shared with the tracer says how
 * far it is, so that only instructions of the call are counted.
 */
#ifndef TESTS_TRACEE_H
#define TESTS_TRACEE_H

#include "kit/check.h"

enum phase { PREPARING, READY, CALLING, RETURNED, CLEANED };

struct lane {
	volatile int phase;
	volatile int result;
	struct headway_id id; /* of the record that the call is about */
	int variant;
};

struct call;

/* What a call works with; lives in the child. */
struct actor {
	const char *path;
	struct lane *lane;
	const struct headway_id *subject; /* NULL: start one */
	bool owned;                       /* the record it starts is its own, else detached */
	struct headway_arena *arena;
	struct headway_record *record, *other;
};

struct call {
	const char *name;
	void (*prepare)(struct actor *actor);
	int (*run)(struct actor *actor);
	unsigned flags;
};

struct tracee {
	pid_t pid;
	struct lane *lane;
	uint64_t steps; /* instructions of the call so far */
};

/* Zeroed, and shared with later children. */
struct lane *lane_make(void);

/* Forks, and waits until the child is ready to make the call. */
void tracee_start(struct tracee *t, const struct call *call, struct actor *actor);

/* One instruction.  False: the call is over. */
bool tracee_step(struct tracee *t);

/* To the end of the call without stopping. */
void tracee_run(struct tracee *t);

/* Leaves it stopped where it stands, for a debugger; says how to attach one, and ends the program at
 * the end of a line or of standard input. */
_Noreturn void tracee_hold(struct tracee *t, const char *arena_path);

/* SIGKILL, wherever it stands. */
void tracee_kill(struct tracee *t);

/* The call is over: let it clean up and end. */
void tracee_end(struct tracee *t);

#endif
