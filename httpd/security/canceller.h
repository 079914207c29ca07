/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process that asks owners to stop, for --allow-cancel: the only part of the program that may write an
 * arena. It is forked before the sandbox is entered, holds nothing but a socket to this process, and takes
 * no other orders than an id and a reason. For each it starts a process of its own, so that a damaged arena
 * ends only that.
 */
#ifndef HTTPD_CANCELLER_H
#define HTTPD_CANCELLER_H

#include <headway.h>

enum { CANCEL_REASON = 512 }; /* bytes of a reason, with its NUL */

/* Forks it; before any thread is started. arena: as headway_open() takes it. 0 or a negative errno. */
int canceller_start(const char *arena);

/* Asks for a record's end. 0 or as headway_cancel(); -EPIPE: the process is gone; -ETIMEDOUT. Any
 * thread; one at a time. */
int canceller_ask(const struct headway_id *, const char *reason);

/* Ends it. */
void canceller_stop(void);

#endif
