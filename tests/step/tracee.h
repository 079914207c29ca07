/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process under ptrace that makes one call, instruction by instruction.
 *
 * The child prepares, stops, makes the call, stops, cleans up.  A page shared with the tracer says how
 * far it is, so that only instructions of the call are counted.
 */
#ifndef STEP_TRACEE_H
#define STEP_TRACEE_H

#include "headway.h"
#include "watch.h"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/types.h>

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

static inline struct lane *lane_make(void)
{
	struct lane *lane = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
				 0);

	NEED(lane != MAP_FAILED);
	return lane;
}

static inline void tracee_body(const struct call *call, struct actor *actor)
{
	struct lane *lane = actor->lane;

	call->prepare(actor);
	lane->phase = READY;
	raise(SIGSTOP);
	lane->phase = CALLING;
	lane->result = call->run(actor);
	lane->phase = RETURNED;
	raise(SIGSTOP);
	headway_release(actor->record);
	headway_release(actor->other);
	headway_close(actor->arena);
	lane->phase = CLEANED;
	_exit(0);
}

/* Waits for the child's next stop; false: it has ended. */
static inline bool tracee_wait(struct tracee *t, int *signal_number)
{
	int status;

	NEED(waitpid(t->pid, &status, __WALL) == t->pid);
	if (!WIFSTOPPED(status)) {
		*signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
		t->pid = 0;
		return false;
	}
	*signal_number = WSTOPSIG(status);
	return true;
}

/* Forks, and waits until the child is ready to make the call. */
static inline void tracee_start(struct tracee *t, const struct call *call, struct actor *actor)
{
	int number;

	memset(t, 0, sizeof *t);
	t->lane = actor->lane = lane_make();
	fflush(stdout);
	t->pid = fork();
	NEED(t->pid >= 0);
	if (t->pid == 0) {
		watch_child(watch_owner);
		NEED(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
		tracee_body(call, actor);
	}
	NEED(tracee_wait(t, &number) && number == SIGSTOP && t->lane->phase == READY);
	NEED(ptrace(PTRACE_SETOPTIONS, t->pid, NULL, PTRACE_O_EXITKILL) == 0);
}

/* One instruction.  False: the call is over. */
static inline bool tracee_step(struct tracee *t)
{
	int number;

	do {
		NEED(ptrace(PTRACE_SINGLESTEP, t->pid, NULL, NULL) == 0);
		if (!tracee_wait(t, &number)) {
			finding("the stepped process ended by itself (%d)", number);
			exit(1);
		}
		if (number != SIGTRAP && number != SIGSTOP) {
			finding("the stepped process got signal %d", number);
			exit(1);
		}
	} while (t->lane->phase == READY);
	t->steps += t->lane->phase == CALLING;
	return t->lane->phase == CALLING;
}

/* To the end of the call without stopping. */
static inline void tracee_run(struct tracee *t)
{
	int number;

	for (;;) {
		NEED(ptrace(PTRACE_CONT, t->pid, NULL, NULL) == 0);
		if (!tracee_wait(t, &number) || (number != SIGSTOP && number != SIGTRAP)) {
			finding("a process ended or got signal %d in its call", number);
			exit(1);
		}
		if (number == SIGSTOP && t->lane->phase == RETURNED)
			return;
	}
}

static inline void tracee_kill(struct tracee *t)
{
	int number;

	if (!t->pid)
		return;
	kill(t->pid, SIGKILL);
	while (tracee_wait(t, &number))
		;
	munmap(t->lane, 4096);
}

/* The call is over: let it clean up and end. */
static inline void tracee_end(struct tracee *t)
{
	int number;

	while (t->pid) {
		NEED(ptrace(PTRACE_CONT, t->pid, NULL, NULL) == 0);
		if (!tracee_wait(t, &number) && number != 0)
			finding("a process did not clean up (%d)", number);
	}
	munmap(t->lane, 4096);
}

#endif
