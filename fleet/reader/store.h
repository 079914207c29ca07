/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the bucket has, in memory: an item for each record, and the hosts.  One thread writes it, any may
 * read it.
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
	const char *data; /* and a NUL */
	size_t length;
	bool is_mark;       /* the key was deleted */
	uint64_t revision;  /* rises from message to message */
	int64_t created_ns; /* by the clock of a server */
};

void store_configure(const char *bucket);
void store_free(void);

/* ---- the thread that writes it ------------------------------------------------------------------- */

void store_apply(const struct store_message *, int64_t now);
/* Which hosts are alive?  To be called several times a second. */
void store_look_at_hosts(int64_t now);
/* The bucket has nothing older than this revision any more. */
void store_drop_older(uint64_t revision);
/* All that the bucket has comes again, in order; at the end what did not come is dropped. */
void store_begin_all(void);
void store_end_all(int64_t now);
/* Keys known, with those that are only marks. */
uint64_t store_keys(void);
uint64_t store_revision(void); /* the highest that came */

/* ---- any thread ---------------------------------------------------------------------------------- */

struct store_counts {
	uint64_t hosts, hosts_alive, records, messages, invalid, hidden, resyncs;
};

uint64_t store_state(void);
void store_each(bool (*fn)(struct item *, void *), void *argument);
struct item *store_find(const struct headway_id *);
void store_hosts(struct text *, const char *pattern);
void store_counts(struct store_counts *);

/* One host as /_/hosts and /metrics tell of it. */
struct store_host {
	const char *name;
	bool is_alive;
	int64_t silent_ns; /* since its last heartbeat */
	uint64_t running, finished, errors;
};

/* Call fn for the hosts, by name; no more than most. */
void store_each_host(void (*fn)(const struct store_host *, void *), void *argument, size_t most,
		     const char *pattern);

#endif
