/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What chaos writes into records, and the events that its processes report.
 *
 * Each record has a random token, chosen by the process that starts it. The token is in the
 * record's name, in its total, and at the beginning of each of its texts, so that any mixture of
 * two records is detected. A process reports each call through a pipe, the intention before the
 * call and the result after it: a pipe keeps what a killed process wrote, and the order of the
 * reports.
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
	uint32_t counter; /* of an add: which counter */
	uint32_t flags;   /* of a start: its flags */
	int32_t status;   /* of an end; 0: a removal */
	uint32_t pid;
	struct headway_id id;
};

/* State that the processes share. Ids may be torn; then they are ids of no record. */
struct board {
	uint64_t stop;
	int64_t driver;           /* pid of the parent: when it ends, all end */
	uint64_t children[BOARD]; /* pids of forked children, which the parent kills at random */
	uint64_t id[BOARD][2];
};

/* Writes an event into the pipe. */
void event_send(const struct event *e);

/* Reports a fault that a worker found; the parent prints and counts it. */
__attribute__((format(printf, 2, 3))) void finding_send(uint64_t token, const char *format, ...);

/* "TOKEN:seq:" and length bytes of padding. */
const char *chaos_text(char text[CHAOS_TEXT + 64], uint64_t token, uint64_t seq, size_t length);

/* The token in the record's name. */
uint64_t snapshot_token(const struct headway_snapshot *s);

/* NULL if a snapshot is consistent and of one record, or a description of the fault. */
const char *snapshot_fault(const struct headway_snapshot *s);

#endif
