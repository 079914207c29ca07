/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads all records of an arena, or of a server, repeatedly, and reports which are new, changed or gone. */
#ifndef TOOLS_WATCH_H
#define TOOLS_WATCH_H

#include "base/order.h"

#include <headway.h>

#include <stddef.h>

#define WATCH_SPEEDS 64

/* A record as it was last read, and what earlier reads showed. */
struct watched {
	struct headway_id id, parent;
	int has_parent, status, lost, is_cancelled;
	uint64_t version, done, total;
	int64_t started_ns, updated_ns, finished_ns; /* wall clock */
	char *name, *unit, *message; /* message: the error, else the last message, else "" */
	double own_rate, own_eta;    /* of headway_estimate(); below 0: unknown */
	int64_t changed_ns;          /* monotonic: last change of a counter or of the version */
	unsigned pass;               /* number of the last refresh that found it */
	int is_changed;              /* set and used by the plain lines of headway top */
	double eta_low, eta_high;    /* the band of its forecast; below 0: it has none */
	int is_gone;                 /* kept only because its parent's sums include it */
	float speeds[WATCH_SPEEDS];  /* a ring: done per second at each refresh */
	unsigned speed_count;        /* refreshes so far */

	/* Computed by top/tree.c at every refresh. */
	struct watched *up, *first, *last, *next;
	int depth, is_placed, is_wanted;
	int is_part;   /* it has a parent, in a flat list too */
	int is_inside; /* it belongs to what is shown: one record and its descendants, or all */
	size_t children;
	double fraction;                    /* below 0: unknown */
	uint64_t sum_done, sum_total;       /* its own counters, or the sums of its children */
	double per_second;                  /* below 0: unknown */
	double eta_seconds;                 /* below 0: unknown; not below that of a child */
	size_t failed_below, running_below; /* descendants */
	int64_t family_ns;                  /* last change of it or of a descendant */
	const char *sum_unit;
	struct order_values keys;

	/* Set by keys of the live view. */
	int is_folded;
};

enum watch_event { WATCH_NEW, WATCH_CHANGED, WATCH_SAME, WATCH_GONE };

struct watch {
	struct watched **items; /* sorted by id, except those that the current refresh added */
	size_t count, room;
	size_t known;            /* items that are sorted during a refresh */
	unsigned pass;           /* number of refreshes */
	int64_t now_ns, wall_ns; /* of the last refresh: monotonic, wall clock */
	int64_t before_ns;       /* of the refresh before: monotonic */
	int64_t took_ns;         /* the last refresh by URL */
	uint64_t refreshes;      /* those that succeeded */
	int64_t stall_ns;        /* a record without a change for this time is stalled */
	int keep_gone;           /* keep items that are gone while their parent is there */
	/* Called for each record and event; the snapshot of WATCH_GONE is NULL. */
	void (*fn)(struct watched *item, const struct headway_snapshot *snapshot,
		   enum watch_event event, void *argument);
	void *argument;
	const char *json; /* during fn, by URL: the full view as the server sent it; else NULL */
	size_t json_length;
};

/* Read all records.  Returns their number, or a negative errno. */
int watch_refresh(struct watch *watch, struct headway_arena *arena);

/* The same of a server; with ids, count > 0, only these.  Returns 0 or an error of base/remote.h:
 * then all records stay as they are. */
int watch_refresh_url(struct watch *watch, const char *url, const struct headway_id *ids,
		      int count);

/* The time from one refresh to the next: by URL, a refresh takes at most a quarter of it. */
int64_t watch_interval_ms(const struct watch *watch, int64_t wanted_ms);

struct watched *watch_find(const struct watch *watch, const struct headway_id *id);
void watch_free(struct watch *watch);

/* Running, has reported anything since its start, and neither it nor a descendant changed for
 * watch->stall_ns. */
int watched_is_stalled(const struct watched *item, const struct watch *watch);

int64_t watch_clock_ns(void); /* monotonic */

#endif
