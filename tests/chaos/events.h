/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What chaos writes into records, and what it tells of it.
 *
 * Each record has a token, drawn by who starts it: it is in the record's name, its total, and in front
 * of each of its texts, so that any mixture of two records shows.  What is about to be done is told
 * through a pipe before the call, and what came of it after: a pipe keeps what the dead have said, and
 * the order in which it was said.
 */
#ifndef TESTS_EVENTS_H
#define TESTS_EVENTS_H

#include "kit/check.h"

enum { CHAOS_TEXT = 9000, BOARD = 32, PIPE_FD = 3, BOARD_FD = 4, FIRST_FREE_FD = 5 };

enum told { STARTING, STARTED, ADDING, ADDED, CHANGING, CHANGED, ENDING, ENDED, FOUND };

enum { IS_DETACHED = 1, IS_SETTER = 2 };

struct event {
	uint32_t told;
	int32_t result;
	uint64_t token, amount;
	uint32_t counter; /* of an add */
	uint32_t flags;   /* of a start */
	int32_t status;   /* of an end; 0: a removal */
	uint32_t pid;
	struct headway_id id;
};

/* What the processes share.  Ids on the board may be torn: they are then nobody's. */
struct board {
	uint64_t stop;
	int64_t driver;           /* its pid: without it nobody goes on */
	uint64_t children[BOARD]; /* pids of forked children, for the killer */
	uint64_t id[BOARD][2];
};

/* Writes into the pipe. */
void tell(const struct event *e);

/* A worker's finding: its reader prints it, and counts. */
__attribute__((format(printf, 2, 3))) void tell_finding(uint64_t token, const char *format, ...);

/* "TOKEN:seq:" and a filling of length bytes. */
const char *chaos_text(char text[CHAOS_TEXT + 64], uint64_t token, uint64_t seq, size_t length);

/* The token of the record, by its name. */
uint64_t snapshot_token(const struct headway_snapshot *s);

/* NULL, or what is wrong with a snapshot, which must be whole and of one record. */
const char *snapshot_fault(const struct headway_snapshot *s);

#endif
