/* SPDX-License-Identifier: BSD-3-Clause */
/* The sort keys of lists: those of `headway dump` and `headway top`, with the same meaning. */
#ifndef HTTPD_ORDER_H
#define HTTPD_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot/list_snapshot.h"

/* Compares by one key, at a time of the wall clock. */
typedef int (*order_compare)(const struct item *, const struct item *, int64_t at_ns);

struct order_key {
	const char *name;
	order_compare compare;
	bool is_fixed; /* a record has the same value all its life */
};

struct order {
	const struct order_key *key;
	bool descending;
	int64_t at_ns; /* wall clock: when rates and elapsed times are compared */
};

/* All the names, as text for an error. */
#define ORDER_NAMES "started, updated, finished, name, status, progress, done, rate, elapsed or id"

/* Parses a key, with a '-' before it for the reverse. False: there is no such key. */
bool order_parse(const char *text, struct order *);

/* True for the order of a snapshot's items: by start, then id. */
bool order_is_default(const struct order *);

/* By the key, then by start, then by id. */
int order_compare_items(const struct order *, const struct item *, const struct item *);
void order_sort(const struct order *, struct item **items, size_t count);

#endif
