/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of text in columns as wide as their widest cell. */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "base/term.h"

#include <stdio.h>

#define TABLE_COLUMNS 16

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table_column {
	const char *title;
	enum table_align align;
};

struct table_cell {
	char *text; /* the table's copy */
	enum term_colour colour;
};

struct table_row {
	struct table_cell cells[TABLE_COLUMNS];
};

struct table {
	const struct table_column *columns;
	int column_count;
	int widths[TABLE_COLUMNS];
};

void table_start(struct table *table, const struct table_column *columns, int count);

/* Fill a cell of a row and make its column wide enough. */
void table_set(struct table *table, struct table_row *row, int column, enum term_colour colour,
	       const char *text);

/* The titles, or a row.  limit: cut lines at so many columns; 0: whole. */
void table_print_titles(const struct table *table, FILE *out, int limit);
void table_print(const struct table *table, const struct table_row *row, FILE *out, int limit);

void table_row_free(struct table_row *row);

#endif
