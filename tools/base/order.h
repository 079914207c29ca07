/* SPDX-License-Identifier: BSD-3-Clause */
/* Which records are shown, and in which order: the same filters and sort keys in dump and top. */
#ifndef TOOLS_ORDER_H
#define TOOLS_ORDER_H

#include <headway.h>

#include <stddef.h>
#include <stdint.h>

enum order_key {
	ORDER_STARTED,
	ORDER_UPDATED,
	ORDER_FINISHED,
	ORDER_NAME,
	ORDER_STATUS,
	ORDER_PROGRESS,
	ORDER_DONE,
	ORDER_RATE,
	ORDER_ELAPSED,
	ORDER_ID,
	ORDER_KEYS /* their number */
};

extern const char order_keys[]; /* "started updated ...", in the order of enum order_key */

/* The values of --sort and --reverse. */
struct order {
	enum order_key key;
	int reverse;
};

/* Parse a key, with a '-' before it to reverse the order; exits with a usage error when there is no
 * such key. */
void order_parse(struct order *order, const char *text);

/* The word of a key, of *length bytes. */
const char *order_word(enum order_key key, size_t *length);

/* The sort keys of a record. */
struct order_values {
	struct headway_id id;
	int64_t started_ns, updated_ns, finished_ns; /* wall clock */
	int64_t elapsed_ns;
	const char *name;
	int status_rank; /* Running, Finished, Error, lost */
	double fraction; /* of a finished record without a total 1; below 0: unknown, sorts first */
	double per_second; /* below 0: unknown, sorts first */
	uint64_t done;
};

/* Compare by the key, then by start, then by id, like strcmp(). */
int order_compare(const struct order *order, const struct order_values *a,
		  const struct order_values *b);

/* Bits of --status; all or none of them set: every record. */
enum { STATUS_RUNNING = 1, STATUS_FINISHED = 2, STATUS_ERROR = 4, STATUS_LOST = 8 };

extern const char order_statuses[]; /* "running finished error lost" */

/* True if a record matches --status and --name. status 0 and pattern NULL match all. */
int order_matches(unsigned statuses, const char *pattern, int status, int lost, const char *name);

/* The rank of a status for order_values. */
int order_status_rank(int status, int lost);

#endif
