/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/table.h"

#include "base/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* blanks between columns */

void table_start(struct table *table, const struct table_column *columns, int count)
{
	table->columns = columns;
	table->column_count = count < TABLE_COLUMNS ? count : TABLE_COLUMNS;
	for (int i = 0; i < table->column_count; i++)
		table->widths[i] = term_width(columns[i].title);
}

void table_set(struct table *table, struct table_row *row, int column, enum term_colour colour,
	       const char *text)
{
	int width = term_width(text);

	row->cells[column].text = say_memory(strdup(text));
	row->cells[column].colour = colour;
	if (width > table->widths[column])
		table->widths[column] = width;
}

/* Print a cell, padded unless it is the last.  Returns the columns used. */
static int print_cell(const struct table *table, int column, const char *text, FILE *out, int room)
{
	int width = term_width(text), blanks = table->widths[column] - width, used = 0;
	int last = column == table->column_count - 1;

	if (blanks < 0)
		blanks = 0;
	if (table->columns[column].align == TABLE_RIGHT && blanks < room)
		used += fprintf(out, "%*s", blanks, "");
	used += term_clean_cut(out, text, width < room - used ? width : room - used);
	if (table->columns[column].align == TABLE_LEFT && !last)
		used += fprintf(out, "%*s", blanks < room - used ? blanks : room - used, "");
	return used;
}

static void print_line(const struct table *table, const struct table_row *row, FILE *out, int limit)
{
	int room = limit ? limit : 1 << 30;

	for (int i = 0; i < table->column_count && room > 0; i++) {
		const char *text = row ? row->cells[i].text : table->columns[i].title;
		enum term_colour colour = row ? row->cells[i].colour : TERM_BOLD;

		if (i > 0)
			room -= fprintf(out, "%*s", room < GAP ? room : GAP, "");
		if (colour != TERM_PLAIN)
			fputs(term_on(colour), out);
		room -= print_cell(table, i, text ? text : "", out, room);
		if (colour != TERM_PLAIN)
			fputs(term_off(), out);
	}
	fputc('\n', out);
}

void table_print_titles(const struct table *table, FILE *out, int limit)
{
	print_line(table, NULL, out, limit);
}

void table_print(const struct table *table, const struct table_row *row, FILE *out, int limit)
{
	print_line(table, row, out, limit);
}

void table_row_free(struct table_row *row)
{
	for (int i = 0; i < TABLE_COLUMNS; i++)
		free(row->cells[i].text);
}
