/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must be true of the records of chaos, from what its processes told.
 *
 * Whatever was acknowledged before a look at the arena is in what was seen, and whatever was seen was
 * intended before the look was over.  So the pipe is emptied before and after each look.  An add is
 * certain only if it was acknowledged before anybody meant to end the record: one that overlaps the
 * end may be counted or not.
 */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "events.h"

enum { RECORDS_MOST = 1 << 17, ARENAS_MOST = 32, SEEN_MOST = 64 };

struct known {
	uint64_t token; /* 0: nobody */
	struct headway_id id;
	bool id_told, id_seen, gone, detached;
	int arena; /* where it was seen */
	uint64_t meant[2], done[2], certain[2], changes_meant, changes_done;
	uint64_t ends_meant, removed;
	int ended; /* acknowledged status */
	uint64_t low[2], low_changes;
	int low_ended;
	/* as seen last */
	int status, lost;
	uint64_t version, content;
};

/* A record as one look found it. */
struct sight {
	struct headway_id id;
	uint64_t token, version, content, counter[2];
	int status, lost;
};

struct oracle {
	struct known *known; /* by token, open addressing */
	struct known **live; /* those that may be there still */
	uint64_t live_count;
	uint64_t count, events, sights, found;
	uint64_t adds, changes, ends;
	int pipe;
	unsigned seen;
	struct sight sight[SEEN_MOST];
};

/* The entry of a token, made when it is new. */
struct known *oracle_find(struct oracle *o, uint64_t token);

/* Reads what is in the pipe. */
void oracle_drain(struct oracle *o);

/* Whoever is known by id and was not seen: gone, or not in this arena? */
void judge_absent(struct oracle *o, struct headway_arena *arena, int number, bool whole);

/* One look at an arena. */
void oracle_look(struct oracle *o, struct headway_arena *arena, int number);

#endif
