/* SPDX-License-Identifier: BSD-3-Clause */
/* Text tables: each column is as wide as its widest cell. */
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
	char *text; /* a copy that the row owns */
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

/* Set a cell of a row, and widen its column if needed. */
void table_set(struct table *table, struct table_row *row, int column, enum term_colour colour,
	       const char *text);

/* Print the titles, or a row.  limit: cut lines at that many columns; 0: do not cut. */
void table_print_titles(const struct table *table, FILE *out, int limit);
void table_print(const struct table *table, const struct table_row *row, FILE *out, int limit);

void table_row_free(struct table_row *row);

#endif
