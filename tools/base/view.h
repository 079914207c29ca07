/* SPDX-License-Identifier: BSD-3-Clause */
/* The fields of a record, as text for tables. */
#ifndef TOOLS_VIEW_H
#define TOOLS_VIEW_H

#include "base/order.h"
#include "base/table.h"

#include <headway.h>

#include <stdio.h>

struct view_field {
	const char *name; /* as in --fields */
	struct table_column column;
	void (*write)(FILE *out, const struct headway_snapshot *snapshot, int64_t now_ns);
};

extern const struct view_field view_fields[]; /* ends with name NULL */
const struct view_field *view_field_find(const char *name, size_t length);

int64_t view_now_ns(void);                                        /* wall clock */
const char *view_status(const struct headway_snapshot *snapshot); /* "Running" */
enum term_colour view_status_colour(const struct headway_snapshot *snapshot);
int64_t view_elapsed_ns(const struct headway_snapshot *snapshot, int64_t now_ns);

/* done / total; below 0: unknown. */
double view_fraction(const struct headway_snapshot *snapshot);

/* done per second of elapsed time; below 0: unknown. */
double view_rate(const struct headway_snapshot *snapshot, int64_t now_ns);

/* The sort keys of a record; name points into the snapshot. */
struct order_values view_order(const struct headway_snapshot *snapshot, int64_t now_ns);

/* The text of a field; the caller frees it. */
char *view_text(const struct view_field *field, const struct headway_snapshot *snapshot,
		int64_t now_ns);

#endif
