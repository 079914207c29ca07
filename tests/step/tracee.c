/* SPDX-License-Identifier: BSD-3-Clause */
#include "tracee.h"

#include "kit/processes.h"
#include "store/block.h"

#include <sys/ptrace.h>

struct lane *lane_make(void)
{
	return shared_memory(4096);
}

static void kept_note(struct lane *lane)
{
	const struct hw__thread *t = hw__thread_self;
	unsigned n = 0;

	memset(lane->kept, 0, sizeof lane->kept);
	for (const struct hw__queue *q = t ? t->queues : NULL; q; q = q->next)
		for (uint32_t i = 0; i < q->count && n < KEPT_MOST; i++)
			lane->kept[n++] = q->ref[(q->head + i) % HW__QUEUE];
}

static void tracee_body(const struct call *call, struct actor *actor)
{
	struct lane *lane = actor->lane;

	call->prepare(actor);
	kept_note(lane);
	lane->phase = READY;
	raise(SIGSTOP);
	lane->phase = CALLING;
	lane->result = call->run(actor);
	kept_note(lane);
	lane->phase = RETURNED;
	raise(SIGSTOP);
	headway_release(actor->record);
	headway_release(actor->other);
	headway_close(actor->arena);
	lane->phase = CLEANED;
	_exit(0);
}

/* Waits for the child's next stop; false: the child has ended. */
static bool tracee_wait(struct tracee *t, int *signal_number)
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

void tracee_start(struct tracee *t, const struct call *call, struct actor *actor)
{
	int number;

	memset(t, 0, sizeof *t);
	t->lane = actor->lane = lane_make();
	fflush(stdout);
	t->pid = fork();
	NEED(t->pid >= 0);
	if (t->pid == 0) {
		die_with_parent(check_owner);
		NEED(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
		tracee_body(call, actor);
	}
	NEED(tracee_wait(t, &number) && number == SIGSTOP && t->lane->phase == READY);
	NEED(ptrace(PTRACE_SETOPTIONS, t->pid, NULL, PTRACE_O_EXITKILL) == 0);
}

bool tracee_step(struct tracee *t)
{
	int number;

	do {
		NEED(ptrace(PTRACE_SINGLESTEP, t->pid, NULL, NULL) == 0);
		if (!tracee_wait(t, &number)) {
			FAIL("the stepped process ended by itself (%d)", number);
			exit(1);
		}
		if (number != SIGTRAP && number != SIGSTOP) {
			FAIL("the stepped process got signal %d", number);
			exit(1);
		}
	} while (t->lane->phase == READY);
	t->steps += t->lane->phase == CALLING;
	return t->lane->phase == CALLING;
}

void tracee_run(struct tracee *t)
{
	int number;

	for (;;) {
		NEED(ptrace(PTRACE_CONT, t->pid, NULL, NULL) == 0);
		if (!tracee_wait(t, &number) || (number != SIGSTOP && number != SIGTRAP)) {
			FAIL("a process ended or got signal %d in its call", number);
			exit(1);
		}
		if (number == SIGSTOP && t->lane->phase == RETURNED)
			return;
	}
}

void tracee_hold(struct tracee *t, const char *arena_path)
{
	NEED(ptrace(PTRACE_DETACH, t->pid, NULL, SIGSTOP) == 0);
	(void)alarm(0);
	printf("held after instruction %llu of the call:\n"
	       "    gdb -p %d\n"
	       "    headway info --arena %s\n"
	       "    headway fsck --arena %s\n"
	       "Enter ends both.\n",
	       (unsigned long long)t->steps, (int)t->pid, arena_path, arena_path);
	(void)getchar();
	(void)kill(t->pid, SIGKILL);
	exit(0);
}

void tracee_kill(struct tracee *t)
{
	int number;

	if (!t->pid)
		return;
	kill(t->pid, SIGKILL);
	while (tracee_wait(t, &number))
		;
	munmap(t->lane, 4096);
}

void tracee_end(struct tracee *t)
{
	int number;

	while (t->pid) {
		NEED(ptrace(PTRACE_CONT, t->pid, NULL, NULL) == 0);
		if (!tracee_wait(t, &number) && number != 0)
			FAIL("a process did not clean up (%d)", number);
	}
	munmap(t->lane, 4096);
}
