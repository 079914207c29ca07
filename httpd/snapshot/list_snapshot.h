/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list snapshot is immutable: all records of the arena at one walk, serialized. The collector
 * makes and publishes snapshots; server threads only read them. A record that did not change
 * between two snapshots is one `struct item`, shared by both.
 *
 * Each change of a record has a number, rising while the program runs, so the changes after N are
 * found by a binary search, and a slow reader skips superseded states.
 */
#ifndef HTTPD_LIST_SNAPSHOT_H
#define HTTPD_LIST_SNAPSHOT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <urcu-bp.h>
#include <urcu/ref.h>

#include <headway.h>
#include "base/text.h"

struct item {
	struct urcu_ref ref;
	struct headway_id id;
	uint64_t change;      /* the number of its last change */
	uint64_t fingerprint; /* of what may change: see fingerprint.h */
	uint64_t version, done, total;
	int64_t started_ns, updated_ns, finished_ns; /* wall clock */
	int64_t serialized_ns;                       /* monotonic: when the text was written */
	int64_t moved_ns; /* monotonic: when a change was seen, or happened before the first walk */
	int status;
	bool lost;
	bool removed;     /* the record is gone: in by_change only, text is {"id":...} */
	const char *name; /* behind text */
	/* Of a fleet's record; else NULL and 0: */
	const char *host; /* behind text */
	bool host_alive;
	const char *status_view; /* behind text: as the host's own reader shows it */
	size_t status_length;
	size_t full_length; /* of the full view without the host and "}" */
	/* Where the text tells how long the record has run; elapsed_length 0: it does not. */
	size_t elapsed_at, elapsed_length;
	int64_t elapsed_ns; /* what it told at read_ns (monotonic) */
	int64_t read_ns;
	/* Used by the collector only, during a walk: */
	struct item *successor; /* its item in the next snapshot */
	bool seen, superseded;
	/* ",\n{...}\n": an element of an array from 0, a line of its own from ITEM_LEAD on */
	size_t text_length;
	char text[];
};

enum { ITEM_LEAD = 2 };

struct list_snapshot {
	struct urcu_ref ref;
	struct rcu_head rcu;
	uint64_t change;         /* the highest change number in it */
	uint64_t pruned;         /* removals up to this change number are no longer in by_change */
	int error;               /* 0, or a negative errno: there is no arena to read */
	size_t count;            /* records */
	struct item **items;     /* by start, then id */
	size_t change_count;     /* records and removals */
	struct item **by_change; /* by change, rising */
	uint32_t *table;         /* hash of id -> index in items + 1; 0 is empty */
	size_t table_mask;
	pthread_mutex_t lock;   /* of body */
	struct text body[2][2]; /* the whole list: [lines][compressed] */
};

/* Makes an empty snapshot with one reference; NULL: out of memory. */
struct list_snapshot *list_snapshot_new(void);
bool list_snapshot_get(struct list_snapshot *); /* inside a read-side section; false: being freed */
void list_snapshot_put(struct list_snapshot *);

/* Fills the table from items. False: out of memory. */
bool list_snapshot_index(struct list_snapshot *);

/* The item of a present record, or NULL. */
struct item *list_snapshot_find(const struct list_snapshot *, const struct headway_id *);

/* Index in by_change of the first change after this one. */
size_t list_snapshot_after(const struct list_snapshot *, uint64_t change);

/* Makes an item for a snapshot, with its JSON; or for a removal. One reference; NULL: out of
 * memory. */
struct item *item_new(const struct headway_snapshot *, uint64_t fingerprint, uint64_t change);
struct item *item_removed(const struct item *, uint64_t change);

/* One of a fleet's record, from what its host wrote: the full view as one line without its newline, and
 * the status view with it.  The numbers are to be filled in. */
struct item *item_of_views(const char *full, size_t full_length, const char *status,
			   size_t status_length, const char *name, const char *host,
			   bool host_alive);
/* The same record, with another word on its host and the time that it has run by now, without a change
 * number; NULL: out of memory. */
struct item *item_copy(const struct item *, bool host_alive);
void item_get(struct item *);
void item_put(struct item *);

/* Compares by start, then id: for qsort. */
int item_compare_start(const void *, const void *);

#endif
