/* SPDX-License-Identifier: BSD-3-Clause */
/* The parameters of a list: which records, in which order, how many. */
#ifndef HTTPD_SELECT_H
#define HTTPD_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "snapshot/list_snapshot.h"
#include "answer/request.h"

struct order {
	const char *name;
	int (*compare)(const struct item *, const struct item *); /* 0: ordered by id */
};

struct selection {
	unsigned statuses; /* bits 1 << status; 0: all */
	const char *name;  /* pattern; NULL: all */
	const char *host;  /* pattern; NULL: all */
	const struct order *order;
	bool descending;
	size_t limit;   /* 0: all */
	bool has_after; /* a page token: only records behind after */
	char *after_name;
	/* only its keys are set; last, because an item ends with a flexible array */
	struct item after;
};

/* ?host=, a pattern; NULL: all.  false after a 400, or a request for hosts where there is one only. */
bool select_host(struct request *, const char **host, enum MHD_Result *result);

/* Parses the parameters. False after a 400 was queued into *result. */
bool select_parse(struct request *, struct selection *, enum MHD_Result *result);
void select_free(struct selection *);

/* True for all records in the order of the snapshot. */
bool select_is_whole(const struct selection *);

bool select_matches(const struct selection *, const struct item *);

/* The selected records, in order, in an array that the caller frees; *more: there are others after
 * them. *state: a number that differs after each change of the selected records. NULL: out of
 * memory. */
struct item **select_items(const struct selection *, const struct list_snapshot *, size_t *count,
			   bool *more, uint64_t *state);

/* The token of the page after this record, which the caller frees; NULL: out of memory. */
char *select_token(const struct selection *, const struct item *);

#endif
