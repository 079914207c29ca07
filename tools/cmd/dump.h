/* SPDX-License-Identifier: BSD-3-Clause */
/* Records as headway dump prints them: filters, formats, columns. */
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
	const char *name, *sort, *fields, *url;
};

/* A record as it will be printed, and its sort keys. */
struct dump_item {
	struct order_values keys;
	size_t place; /* order of arrival */
	char *name;   /* a copy, for keys.name */
	char *json;   /* NULL for the table */
	size_t json_length;
	struct table_row row;
};

struct dump {
	const struct dump_values *values;
	enum dump_format format;
	int is_sorted; /* 0: in order of arrival, or reversed */
	struct order order;
	const struct view_field *fields[TABLE_COLUMNS];
	struct table_column columns[TABLE_COLUMNS];
	struct table table;
	int64_t now_ns;
	struct dump_item *items;
	size_t count, room;
	size_t printed; /* records of the JSON array so far */
};

/* Choose the columns of the table: names separated by commas; NULL: the default ones.  Exits with a
 * usage error on an unknown name. */
void dump_choose_fields(struct dump *dump, const char *list);

/* True if the record matches --status and --name. */
int dump_is_wanted(const struct dump_values *values, const struct headway_snapshot *s);

/* Fill in the text of an item in the chosen format; free it with dump_item_free(). */
void dump_render(struct dump *dump, struct dump_item *item, const struct headway_snapshot *s);
/* The full view of a server is printed as it was sent, with members that are new here. */
void dump_render_sent(struct dump *dump, struct dump_item *item, const char *json, size_t length);
void dump_item_free(struct dump_item *item);

/* Print what comes before the records (titles, '['), one record, and what comes after them. */
void dump_begin(const struct dump *dump);
void dump_print(struct dump *dump, const struct dump_item *item);
void dump_end(const struct dump *dump);

#endif
