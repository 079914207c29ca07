/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writer's calls, each with the arena in which it is made: 6 slots, 5 members, few extents.
 *
 * subject  the record that the call changes; detached or owned by the caller
 * witness  a detached Running record without open handles
 * old      a detached Finished record with extents and without open handles
 */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include "tracee.h"

enum { CALLS_ARENA_BYTES = 60 << 10, CALLS_LONG = 4200 };

/* How a call changes what a reader sees. */
enum {
	CHANGES_NONE = 0,
	CHANGES_ONCE = 1,
	CHANGES_TWICE = 2,
	CHANGES_SOME = 4,
	ALONE = 8,
	QUICK = 16, /* tested with a partner in the sample, too */
	LONG = 32,  /* not in the sample */
	HEAVY = 64  /* one in three is in the sample */
};

/* Texts in extents, and JSON values of that length and one longer; calls_texts() fills them and is
 * called first. */
extern char calls_long[2][CALLS_LONG + 1], calls_json[2][CALLS_LONG + 2];
void calls_texts(void);

extern const struct call calls[];
extern const unsigned calls_count;

/* The call with this name; it must exist. */
const struct call *call_named(const char *name);

/* Opens the arena; makes it if there is none. */
void calls_attach(struct actor *a);

/* ---- what is there before a call ------------------------------------------------------------- */

void prepare_nothing(struct actor *a);
void prepare_closed(struct actor *a);
void prepare_subject(struct actor *a);
void prepare_in_extents(struct actor *a);

/* This thread has published the current revision, knows where its messages lie, and has a full
 * queue. */
void prepare_known(struct actor *a);

/* The subject: Finished ten seconds ago, in extents, without open handles. */
void prepare_expired(struct actor *a);

/* ---- the calls ------------------------------------------------------------------------------- */

int run_start(struct actor *a);
int run_message(struct actor *a);
int run_message_long(struct actor *a);
int run_new_message(struct actor *a);
int run_url(struct actor *a);
int run_cancel(struct actor *a); /* for the reason "enough" */
int run_finish(struct actor *a);
int run_close(struct actor *a);
int run_open(struct actor *a);
int run_reap(struct actor *a);
int run_remove(struct actor *a);

#endif
