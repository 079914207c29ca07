/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One immutable picture of the arena: every record there was, already serialized.  The collector
 * makes generations and publishes them; server threads only read.  What did not change between two
 * generations is one `struct item` shared by both.
 *
 * Every change a generation shows has a number, ever rising while the program runs, so "what is new
 * since N" is a binary search, and a slow reader who asks late simply skips what was superseded.
 */
#ifndef HTTPD_GENERATION_H
#define HTTPD_GENERATION_H

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
	uint64_t change;      /* the change that made it what it is */
	uint64_t fingerprint; /* of what may change: see etag.h */
	uint64_t version, done, total;
	int64_t started_ns, updated_ns, finished_ns; /* wall clock */
	int64_t made_ns;                             /* monotonic: when the text was written */
	int status;
	bool lost;
	bool removed;     /* the record is gone: in by_change only, text is {"id":...} */
	const char *name; /* behind text */
	/* Of the collector, while it makes the next generation: */
	struct item *successor; /* what replaces it there */
	bool seen, dropped;
	/* ",\n{...}\n": an element of an array from 0, a line of its own from ITEM_LEAD on */
	size_t text_length;
	char text[];
};

enum { ITEM_LEAD = 2 };

struct generation {
	struct urcu_ref ref;
	struct rcu_head rcu;
	uint64_t change;         /* the highest in it */
	uint64_t forgotten;      /* removals up to this change are not in by_change any more */
	int error;               /* 0, or the negative errno that says why there is no arena */
	size_t count;            /* records */
	struct item **items;     /* by start, then id */
	size_t change_count;     /* records and removals */
	struct item **by_change; /* by change, rising */
	uint32_t *table;         /* hash of id -> index in items + 1; 0 is empty */
	size_t table_mask;
	pthread_mutex_t lock;   /* of body, which body.c fills when it is first asked for */
	struct text body[2][2]; /* the whole list: [lines][packed] */
};

/* Made empty, with one reference; NULL: out of memory. */
struct generation *generation_new(void);
bool generation_get(struct generation *); /* inside a read-side section; false: too late */
void generation_put(struct generation *);

/* Fill the table from items.  false: out of memory. */
bool generation_index(struct generation *);

/* The item of a record that is there, or NULL. */
struct item *generation_find(const struct generation *, const struct headway_id *);

/* Index in by_change of the first change after this one. */
size_t generation_after(const struct generation *, uint64_t change);

/* An item of a snapshot, with its JSON; one of a removal.  One reference; NULL: out of memory. */
struct item *item_new(const struct headway_snapshot *, uint64_t fingerprint, uint64_t change);
struct item *item_removed(const struct item *, uint64_t change);
void item_get(struct item *);
void item_put(struct item *);

/* By start, then id: for qsort. */
int item_compare_start(const void *, const void *);

#endif
