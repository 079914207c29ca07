/* SPDX-License-Identifier: BSD-3-Clause */
/* The parameters of a list: which records, in which order, how many. */
#ifndef HTTPD_SELECT_H
#define HTTPD_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "answer/order.h"
#include "answer/request.h"
#include "snapshot/list_snapshot.h"

struct selection {
	unsigned statuses; /* bits 1 << status; 0: all */
	const char *name;  /* pattern; NULL: all */
	const char *host;  /* pattern; NULL: all */
	struct order order;
	size_t limit; /* 0: all */
	/* Of a page token, if there was one: */
	uint64_t kept;          /* the number of the order that was kept, or 0 */
	struct headway_id *ids; /* what is behind the token in that order */
	size_t id_count;
	bool has_after; /* only records behind after */
	char *after_name;
	/* only its fixed keys are set; last, because an item ends with a flexible array */
	struct item after;
};

/* The records of a page. */
struct chosen {
	struct item **items; /* to be freed */
	size_t count;        /* on the page */
	size_t all;          /* and behind it */
	uint64_t state;      /* differs after each change of the selected records */
};

/* ?host=, a pattern; NULL: all.  false after a 400, or a request for hosts where there is one only. */
bool select_host(struct request *, const char **host, enum MHD_Result *result);

/* Parses the parameters. False after a problem was queued into *result. */
bool select_parse(struct request *, struct selection *, enum MHD_Result *result);
void select_free(struct selection *);

/* True for all records in the order of the snapshot. */
bool select_is_whole(const struct selection *);

bool select_matches(const struct selection *, const struct item *);

/* The selected records, in order. False: out of memory. */
bool select_items(const struct selection *, const struct list_snapshot *, struct chosen *);

/* The token of the next page, which the caller frees; NULL: out of memory. */
char *select_token(const struct selection *, const struct chosen *);

#endif
