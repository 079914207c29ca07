/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process under ptrace that makes one call, instruction by instruction.
 *
 * The child prepares, stops, makes the call, stops, cleans up. It reports its phase in a page
 * shared with the tracer, so that only instructions of the call are counted.
 */
#ifndef TESTS_TRACEE_H
#define TESTS_TRACEE_H

#include "kit/check.h"

enum { KEPT_MOST = 16 };

enum phase { PREPARING, READY, CALLING, RETURNED, CLEANED };

struct lane {
	volatile int phase;
	volatile int result;
	struct headway_id id; /* the record that the call changes */
	int variant;
	uint64_t kept
		[KEPT_MOST]; /* refs of the blocks in the queues of its thread, outside the call */
};

struct call;

/* What a call uses; in the memory of the child. */
struct actor {
	const char *path;
	struct lane *lane;
	const struct headway_id *subject; /* NULL: start one */
	/* the record that it starts is owned by it; otherwise detached */
	bool owned;
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

/* Zeroed memory, shared with later children. */
struct lane *lane_make(void);

/* Forks a child, and waits until it is ready to make the call. */
void tracee_start(struct tracee *t, const struct call *call, struct actor *actor);

/* Executes one instruction. False: the call has returned. */
bool tracee_step(struct tracee *t);

/* Lets the call run to its end. */
void tracee_run(struct tracee *t);

/* Leaves the child stopped for a debugger: prints how to attach one, waits for a line or the end of
 * standard input, and ends the program. */
_Noreturn void tracee_hold(struct tracee *t, const char *arena_path);

/* Sends SIGKILL at the present instruction. */
void tracee_kill(struct tracee *t);

/* After the call: lets the child clean up and exit. */
void tracee_end(struct tracee *t);

#endif
