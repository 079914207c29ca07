/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bucket's contents in memory: an item for each record, and the hosts.  One thread writes them, any
 * thread may read them.
 */
#ifndef READER_STORE_H
#define READER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "snapshot/list_snapshot.h"

struct scrape;

struct store_message {
	const char *subject;
	const char *data; /* length bytes and a NUL */
	size_t length;
	bool is_mark;       /* a delete marker */
	uint64_t sequence;  /* in the stream: rises from message to message */
	int64_t created_ns; /* by the clock of a server */
};

void store_configure(const char *bucket);
void store_free(void);

/* ---- for the thread that writes ------------------------------------------------------------------ */

void store_apply(const struct store_message *, int64_t now);
/* Find out which hosts are alive.  To be called several times a second. */
void store_check_hosts(int64_t now);
/* Drop all that is older than this sequence number, since the bucket dropped it. */
void store_drop_older(uint64_t sequence);
/* Between these two, the whole bucket is applied again, in order; the second drops what was not. */
void store_begin_all(void);
void store_end_all(int64_t now);
/* Keys known, also those with only a delete marker. */
uint64_t store_keys(void);
uint64_t store_last_sequence(void); /* the highest that was applied */

/* ---- for any thread ------------------------------------------------------------------------------ */

struct store_counts {
	uint64_t hosts, hosts_alive, records, messages, invalid, hidden, resyncs;
};

/* Differs whenever an item or a host may look different; running records do every second. */
uint64_t store_state(void);
/* Call fn for each record that is shown, until it returns false. */
void store_each(bool (*fn)(struct item *, void *), void *argument);
/* A reference to the record's item, for item_put(); NULL: there is none. */
struct item *store_find(const struct headway_id *);
/* Write the hosts whose names match, as JSON; pattern NULL: all. */
void store_hosts(struct text *, const char *pattern);
void store_counts(struct store_counts *);

/* A host as /_/hosts and /metrics show it. */
struct store_host {
	const char *name;
	bool is_alive;
	int64_t silent_ns; /* since its last heartbeat */
	uint64_t running, finished, errors;
};

/* Call fn for the hosts whose names match (pattern NULL: all), in the order of their names; for `most` of them
 * at most. */
void store_each_host(void (*fn)(const struct store_host *, void *), void *argument, size_t most,
		     const char *pattern);

#endif
