/* SPDX-License-Identifier: BSD-3-Clause */
/* Children, and memory shared with them. */
#ifndef TESTS_PROCESSES_H
#define TESTS_PROCESSES_H

#include "check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* As fork().  The child has a time limit of a minute, no failures yet, and removes no files. */
pid_t fork_child(void);

/* The end of a child of fork_child(): exit code 1 when it had failures. */
_Noreturn void end_child(void);

/* The exit code of a child; 128 + the signal that ended it; or a negative errno. */
int wait_child(pid_t pid);

/* Kills a child that is alive, and waits. */
void kill_child(pid_t pid);

/* Runs fn in a child.  Its exit code is what fn returns, or 1 when that is 0 and there were failures;
 * 128 + the signal that ended it. */
int in_child(int (*fn)(void *), void *argument);

/* Called in a child of a thread of parent: it ends when that thread does, or has ended by now. */
void die_with_parent(pid_t parent);

void sleep_ms(unsigned ms);

/* Zeroed memory that later children share with this process. */
void *shared_memory(size_t bytes);

#endif
