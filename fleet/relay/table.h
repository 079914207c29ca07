/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the relay knows of each record: a few numbers, never its contents.  The state that is still to
 * be written is the one in the arena, read when its turn has come; so one state a record is pending at
 * most, whatever the servers do.
 *
 *	resting   written as it is in the arena, or not to be written before its period is over
 *	queued    to be written
 *	sent      written, not answered yet; a change in the meantime waits for the answer
 */
#ifndef RELAY_TABLE_H
#define RELAY_TABLE_H

#include <headway.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum entry_state { RESTING, QUEUED, SENT };

#define REVISION_UNKNOWN UINT64_MAX

struct entry {
	struct headway_id id;
	struct entry *chain;       /* of the hash */
	struct entry *next, *back; /* of the queue */
	enum entry_state state;
	bool seen;         /* in the current walk */
	bool gone;         /* not in the arena: its key is to be deleted */
	bool was_sent;     /* at least once */
	bool over;         /* in the arena it is Finished or in Error */
	bool over_there;   /* so in the bucket */
	uint64_t wanted;   /* fingerprint of the state in the arena */
	uint64_t there;    /* of the state in the bucket */
	uint64_t revision; /* the key's number in the bucket; 0: it has none */
	int64_t sent_ns;   /* monotonic: when it was sent last */
	int64_t there_ns;  /* when the bucket confirmed it */
	int64_t queued_ns;
};

struct table {
	struct entry **bucket;
	size_t mask, count;
	struct entry urgent, queue; /* heads of two rings: ended records first */
	size_t queued;
};

int table_init(struct table *);
void table_free(struct table *);

struct entry *table_find(const struct table *, const struct headway_id *);
/* NULL: out of memory. */
struct entry *table_add(struct table *, const struct headway_id *);
void table_remove(struct table *, struct entry *);

/* Call fn for each; it may remove the one that it is called for. */
void table_each(struct table *, void (*fn)(struct entry *, void *), void *argument);

void table_queue(struct table *, struct entry *, bool is_urgent, int64_t now);
/* Take the next one out of the queue, which is RESTING then; NULL: none. */
struct entry *table_next(struct table *);
/* When the one that waits longest was queued; now: none waits. */
int64_t table_oldest(const struct table *, int64_t now);

#endif
