/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A row for each record: a few numbers, not its contents.  The state to be written is read from the
 * arena when the row leaves the queue, so at most one state of a record is pending, however long the
 * servers are away.
 *
 *	RESTING   the bucket has the present state, or the record's period is not over yet
 *	QUEUED    to be written
 *	SENT      the server has not answered yet; a change in the meantime waits for the answer
 */
#ifndef RELAY_TABLE_H
#define RELAY_TABLE_H

#include <headway.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum row_state { RESTING, QUEUED, SENT };

#define SEQUENCE_UNKNOWN UINT64_MAX

struct row {
	struct headway_id id;
	struct row *chain;       /* of the hash table */
	struct row *next, *back; /* of the queue */
	enum row_state state;
	bool is_seen;          /* in the current walk */
	bool is_gone;          /* not in the arena: its key is to be deleted */
	bool was_sent;         /* at least once */
	bool has_ended;        /* the record in the arena is Finished or Error */
	bool bucket_has_ended; /* the state in the bucket is Finished or Error */
	uint64_t in_arena;     /* fingerprint of the state in the arena */
	uint64_t in_bucket;    /* fingerprint of the state in the bucket */
	uint64_t sequence;     /* of the key's value in the stream; 0: there is none */
	int64_t sent_ns;       /* monotonic: the last write */
	int64_t confirmed_ns;  /* monotonic: the last write that the bucket confirmed */
	int64_t queued_ns;
};

struct table {
	struct row **chains;
	size_t mask, count;
	struct row urgent, queue; /* heads of two rings: ended records first */
	size_t queued;
};

int table_init(struct table *);
void table_free(struct table *);

struct row *table_find(const struct table *, const struct headway_id *);
/* NULL: out of memory. */
struct row *table_add(struct table *, const struct headway_id *);
void table_remove(struct table *, struct row *);

/* Call fn for each row; it may remove that row. */
void table_each(struct table *, void (*fn)(struct row *, void *), void *argument);

void table_queue(struct table *, struct row *, bool is_urgent, int64_t now);
/* Take the next row, which becomes RESTING, out of the queue; NULL: the queue is empty. */
struct row *table_next(struct table *);
/* When the row that has waited longest was queued; now, if the queue is empty. */
int64_t table_oldest(const struct table *, int64_t now);

#endif
