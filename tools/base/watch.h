/* SPDX-License-Identifier: BSD-3-Clause */
/* The records of an arena, looked at again and again: what is new, what moved, what went away. */
#ifndef TOOLS_WATCH_H
#define TOOLS_WATCH_H

#include "base/rate.h"

#include <headway.h>

#include <stddef.h>

/* A record as it was last seen, and what was learned by watching it. */
struct watched {
	struct headway_id id, parent;
	int has_parent, status, lost;
	uint64_t version, done, total;
	int64_t started_ns, finished_ns; /* wall clock */
	char *name, *unit, *message;     /* the error, or else the last message; "" */
	struct rate rate;
	int64_t moved_ns; /* monotonic: when a counter or the version last changed */
	unsigned turn;    /* of the look that last found it */
	int is_fresh;     /* for whoever prints changes */
	int is_gone;      /* kept because it counts for its parent */

	/* What tree.c makes of it, new at every look. */
	struct watched *up, *first, *last, *next;
	int depth, is_placed, is_wanted;
	size_t children;
	double fraction;              /* below 0: unknown */
	uint64_t sum_done, sum_total; /* its own, or those of its children */
	double per_second;            /* below 0: unknown */
	const char *sum_unit;

	/* What the user did to it. */
	int is_folded, has_details;
};

enum watch_event { WATCH_NEW, WATCH_MOVED, WATCH_SAME, WATCH_GONE };

struct watch {
	struct watched **items;    /* sorted by id */
	size_t count, room, known; /* known: the sorted ones, while a look adds to them */
	unsigned turn;
	int64_t now_ns, wall_ns; /* of the last look: monotonic, wall clock */
	int64_t stall_ns;        /* what does not move for so long is stalled */
	int keep_gone;           /* keep those that their parents count */
	/* Called for each record and event; the snapshot of WATCH_GONE is NULL. */
	void (*fn)(struct watched *item, const struct headway_snapshot *snapshot,
		   enum watch_event event, void *argument);
	void *argument;
};

/* Look at all records.  Returns their number, or a negative errno. */
int watch_look(struct watch *watch, struct headway_arena *arena);

struct watched *watch_find(const struct watch *watch, const struct headway_id *id);
void watch_free(struct watch *watch);

/* Running, but without a sign of life for so long.  What never counted has no such signs. */
int watched_is_stalled(const struct watched *item, const struct watch *watch);

int64_t watch_clock_ns(void); /* monotonic */

#endif
