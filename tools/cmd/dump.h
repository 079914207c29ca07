/* SPDX-License-Identifier: BSD-3-Clause */
/* What headway dump and its --follow share. */
#ifndef TOOLS_DUMP_H
#define TOOLS_DUMP_H

#include "base/options.h"
#include "base/table.h"
#include "base/view.h"

enum dump_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_NDJSON, FORMAT_STATUS, FORMAT_DEFAULT };

struct dump_values {
	int format, reverse, follow, schema;
	unsigned status;
	struct option_number interval;
	const char *name, *sort, *fields;
};

/* A record as it will be printed, and what it is sorted by. */
struct dump_item {
	int64_t started_ns, updated_ns;
	uint64_t done;
	double fraction;
	int status;
	size_t place; /* order of arrival: the last resort */
	char *name;
	char *json; /* NULL for the table */
	size_t json_length;
	struct table_row row;
};

struct dump {
	const struct dump_values *values;
	enum dump_format format;
	int sort; /* -1: as they come */
	int reverse;
	const struct view_field *fields[TABLE_COLUMNS];
	struct table_column columns[TABLE_COLUMNS];
	struct table table;
	int64_t now_ns;
	struct dump_item *items;
	size_t printed;
	size_t count, room;
};

/* Do the filters let this record through? */
int dump_is_wanted(const struct dump_values *values, const struct headway_snapshot *s);

void dump_render(struct dump *dump, struct dump_item *item, const struct headway_snapshot *s);
/* Titles, or where an array begins; a record; where the array ends. */
void dump_begin(const struct dump *dump);
void dump_print(struct dump *dump, const struct dump_item *item);
void dump_end(const struct dump *dump);
void dump_item_free(struct dump_item *item);

extern const char dump_schema[]; /* schema.c: the JSON Schema of the full view */

/* follow.c: print records, and each change of one; the named ones until they are over. */
int dump_follow(struct dump *dump, struct headway_arena *arena, const struct arguments *arguments);

#endif
