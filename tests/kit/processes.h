/* SPDX-License-Identifier: BSD-3-Clause */
/* Child processes, and memory shared with them. */
#ifndef TESTS_PROCESSES_H
#define TESTS_PROCESSES_H

#include "check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* Like fork(). The child has a time limit of a minute, starts with no failures, and removes no
 * files. */
pid_t fork_child(void);

/* Ends a child of fork_child(); exit code 1 if it had failures. */
_Noreturn void end_child(void);

/* Returns the exit code of a child, 128 + signal if a signal ended it, or a negative errno. */
int wait_child(pid_t pid);

/* Kills a child if it is alive, and waits for it. */
void kill_child(pid_t pid);

/* Runs fn in a child. Returns its exit code, which is the result of fn, or 1 if that is 0 and there
 * were failures; 128 + signal if a signal ended it. */
int in_child(int (*fn)(void *), void *argument);

/* Called in a child of parent: the child is killed when the thread that forked it ends, or at once
 * if parent has ended. */
void die_with_parent(pid_t parent);

void sleep_ms(unsigned ms);

/* Zeroed memory that this process shares with its later children. */
void *shared_memory(size_t bytes);

#endif
