/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Invariants of the records of chaos, checked against the events that its processes reported.
 *
 * Every call acknowledged before an inspection of the arena is contained in what the inspection
 * reads, and everything it reads was intended before the inspection ended. So the pipe is emptied
 * before and after each inspection. An add is certain only if it was acknowledged before any
 * process intended to end the record: an add that overlaps the end may or may not be counted.
 */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "events.h"

enum { RECORDS_MOST = 1 << 17, ARENAS_MOST = 32, SEEN_MOST = 64 };

struct known {
	uint64_t token; /* 0: entry not used */
	struct headway_id id;
	bool id_told, id_seen, gone, detached;
	int arena; /* number of the arena in which it was read */
	uint64_t meant[2], done[2], certain[2], changes_meant, changes_done;
	uint64_t ends_meant, removed;
	int ended; /* acknowledged status */
	uint64_t low[2], low_changes;
	int low_ended;
	/* state at the last inspection */
	int status, lost;
	uint64_t version, content;
};

/* A record as one inspection found it. */
struct observation {
	struct headway_id id;
	uint64_t token, version, content, counter[2];
	int status, lost;
};

struct oracle {
	struct known *known; /* hash table by token, open addressing */
	struct known **live; /* those that may still exist */
	uint64_t live_count;
	uint64_t count, events, sights, found;
	uint64_t adds, changes, ends;
	int pipe;
	unsigned seen;
	struct observation sight[SEEN_MOST];
};

/* The entry of a token; made if there is none. */
struct known *oracle_find(struct oracle *o, uint64_t token);

/* Reads all events that are in the pipe. */
void oracle_drain(struct oracle *o);

/* Checks the records whose id is known and that the inspection did not read: gone, or in another
 * arena? */
void judge_absent(struct oracle *o, struct headway_arena *arena, int number, bool whole);

/* Inspects an arena once. */
void oracle_look(struct oracle *o, struct headway_arena *arena, int number);

#endif
