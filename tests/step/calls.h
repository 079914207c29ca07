/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writer's calls, each with the arena it is made in: 6 slots, 5 members, few extents.
 *
 * subject  the record that the call is about; detached or owned by the caller
 * witness  a detached Running record that nobody has open
 * old      a detached Finished record, in extents, that nobody has open
 */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

#include "tracee.h"

enum { CALLS_ARENA_BYTES = 60 << 10, CALLS_LONG = 4200 };

/* What a call does to what a reader sees. */
enum {
	CHANGES_NONE = 0,
	CHANGES_ONCE = 1,
	CHANGES_TWICE = 2,
	CHANGES_SOME = 4,
	ALONE = 8,
	QUICK = 16, /* with a partner in the sample, too */
	LONG = 32,  /* not in the sample */
	HEAVY = 64  /* one in three of them in the sample */
};

/* Long texts, and JSON values as long and one more: filled by calls_texts(), called first. */
extern char calls_long[2][CALLS_LONG + 1], calls_json[2][CALLS_LONG + 2];
void calls_texts(void);

extern const struct call calls[];
extern const unsigned calls_count;

/* The call of that name, which there must be. */
const struct call *call_named(const char *name);

/* Opens the arena, or makes it. */
void calls_attach(struct actor *a);

/* ---- what is there before a call ----------------------------------------------------------------- */

void prepare_nothing(struct actor *a);
void prepare_closed(struct actor *a);
void prepare_subject(struct actor *a);
void prepare_in_extents(struct actor *a);

/* Subject: Finished ten seconds ago, in extents, and nobody has it open. */
void prepare_expired(struct actor *a);

/* ---- the calls ----------------------------------------------------------------------------------- */

int run_start(struct actor *a);
int run_message(struct actor *a);
int run_message_long(struct actor *a);
int run_url(struct actor *a);
int run_cancel(struct actor *a); /* for the reason "enough" */
int run_finish(struct actor *a);
int run_close(struct actor *a);
int run_open(struct actor *a);
int run_reap(struct actor *a);
int run_remove(struct actor *a);

#endif
