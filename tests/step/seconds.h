/* SPDX-License-Identifier: BSD-3-Clause */
/* What a second thread does, whole, while another of its process stands in the middle of a call. */
#ifndef TESTS_SECONDS_H
#define TESTS_SECONDS_H

#include "calls.h"

int second_close(struct actor *a);
int second_message(struct actor *a);
int second_reap(struct actor *a);
int second_open(struct actor *a);

/* Ends the subject, frees its slot, and starts another record there, with other counters. */
int second_reuse(struct actor *a);

/* Reaps the subject, which expired, if that can be; then its place is taken. */
int second_expire(struct actor *a);

/* Another arena under the name, made by a child, since a close waits; this one is followed to it. */
int second_follow(struct actor *a);

/* So many updates that every block and extent that was current before is written again. */
int second_updates(struct actor *a);

/* The child has the handle too: it becomes a member of its own and goes on. */
int second_fork(struct actor *a);

#endif
