/* SPDX-License-Identifier: BSD-3-Clause */
/* Complete calls of a second thread, made while another thread of the process is stopped in the
 * middle of a call. */
#ifndef TESTS_SECONDS_H
#define TESTS_SECONDS_H

#include "calls.h"

int second_close(struct actor *a);
int second_message(struct actor *a);
int second_reap(struct actor *a);
int second_open(struct actor *a);

/* Ends the subject, frees its slot, and starts another record with other counters there. */
int second_reuse(struct actor *a);

/* Reaps the expired subject if possible; then a new record takes its slot. */
int second_expire(struct actor *a);

/* Replaces the arena, in a child, since a close waits; then follows the name to the new arena. */
int second_follow(struct actor *a);

/* Makes so many updates that every block and extent that was current before is written again. */
int second_updates(struct actor *a);

/* A forked child uses the handle: it becomes a member of its own. */
int second_fork(struct actor *a);

#endif
