/* SPDX-License-Identifier: BSD-3-Clause */
/* Where records come from: this host's arena, or a fleet of hosts. */
#ifndef HTTPD_ORIGIN_H
#define HTTPD_ORIGIN_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "snapshot/list_snapshot.h"

struct scrape;

/* What a fleet's reader does.  Any thread may call these. */
struct fleet {
	int (*error)(void); /* 0, or a negative errno: it has not been read yet */
	const char *(*describe)(int error);
	uint64_t (*state)(void); /* another number after each change */
	/* Call fn for each record's item, until it returns false. */
	void (*each)(bool (*fn)(struct item *, void *), void *argument);
	/* With a reference; NULL: there is none. */
	struct item *(*find)(const struct headway_id *);
	/* A JSON array of the hosts whose names match the pattern; NULL: of all. */
	void (*hosts)(struct text *, const char *pattern);
	void (*metrics)(struct scrape *, const char *pattern);
};

/* NULL: records are those of the arena.  Set at start-up, before the first thread. */
extern const struct fleet *origin_fleet;

/* One record as it is now. */
struct reading {
	struct headway_id id;
	int status;
	bool lost;
	uint64_t version, fingerprint;
	int64_t started_ns;
	const struct headway_snapshot *snapshot; /* of the arena: until the thread reads another */
	struct item *item;                       /* of a fleet: with a reference */
};

/* Returns 0, a negative errno of the record, or 1: there is nothing to read records from, and *error says
 * why. */
int origin_read(const struct headway_id *, struct reading *, int *error);
void origin_done(struct reading *);

/* Can records be read?  0, or a negative errno. */
int origin_error(void);
/* What is missing, and why: "no arena to read: there is none yet". */
const char *origin_missing(void);
const char *origin_strerror(int error);

#endif
