/* SPDX-License-Identifier: BSD-3-Clause */
/* What is shown of a record: one field at a time. */
#ifndef TOOLS_VIEW_H
#define TOOLS_VIEW_H

#include "base/table.h"

#include <headway.h>

#include <stdio.h>

/* A field of a record that a table can show. */
struct view_field {
	const char *name; /* as --fields and the full view call it */
	struct table_column column;
	void (*write)(FILE *out, const struct headway_snapshot *snapshot, int64_t now_ns);
};

extern const struct view_field view_fields[]; /* name NULL ends it */
const struct view_field *view_field_find(const char *name, size_t length);

int64_t view_now_ns(void);                                        /* wall clock */
const char *view_status(const struct headway_snapshot *snapshot); /* "Running" */
enum term_colour view_status_colour(const struct headway_snapshot *snapshot);
int64_t view_elapsed_ns(const struct headway_snapshot *snapshot, int64_t now_ns);

/* done / total, at most 1; below 0: unknown. */
double view_fraction(const struct headway_snapshot *snapshot);

/* The text of a field, to be freed. */
char *view_text(const struct view_field *field, const struct headway_snapshot *snapshot,
		int64_t now_ns);

#endif
