/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/dump.h"

#include "base/say.h"
#include "base/suggest.h"
#include "base/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char default_fields[] = "id,status,progress,percent,elapsed,name,message";

static void unknown_field(const char *name, size_t length)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, name, length);
	for (const struct view_field *field = view_fields; field->name; field++)
		suggest_word(&suggestion, "", field->name, strlen(field->name));
	exit(say_usage("--fields: there is no field '%.*s'%s", (int)length, name, suggestion.hint));
}

void dump_choose_fields(struct dump *dump, const char *list)
{
	int count = 0;

	if (!list)
		list = default_fields;
	for (;; list++) {
		size_t length = strcspn(list, ",");
		const struct view_field *field = view_field_find(list, length);

		if (!field)
			unknown_field(list, length);
		if (count == TABLE_COLUMNS)
			exit(say_usage("--fields: more than %d are too many", TABLE_COLUMNS));
		dump->fields[count] = field;
		dump->columns[count++] = field->column;
		list += length;
		if (!*list)
			break;
	}
	table_start(&dump->table, dump->columns, count);
}

int dump_is_wanted(const struct dump_values *values, const struct headway_snapshot *s)
{
	return order_matches(values->status, values->name, s->status, s->lost, s->name);
}

static void render_json(struct dump_item *item, const struct headway_snapshot *s,
			int (*view)(const struct headway_snapshot *, char *, size_t))
{
	int length = view(s, NULL, 0);

	if (length < 0) {
		say("%s", headway_strerror(length));
		exit(EXIT_FAILED);
	}
	item->json = say_memory(malloc((size_t)length + 1));
	length = view(s, item->json, (size_t)length + 1);
	item->json_length = length > 0 ? (size_t)length - 1 : 0; /* without its newline */
}

static void render_row(struct dump *dump, struct dump_item *item, const struct headway_snapshot *s)
{
	for (int i = 0; i < dump->table.column_count; i++) {
		char *text = view_text(dump->fields[i], s, dump->now_ns);
		int is_status = !strcmp(dump->fields[i]->name, "status");

		table_set(&dump->table, &item->row, i,
			  is_status ? view_status_colour(s) : TERM_PLAIN, text);
		free(text);
	}
}

void dump_render(struct dump *dump, struct dump_item *item, const struct headway_snapshot *s)
{
	if (dump->format == FORMAT_TABLE)
		render_row(dump, item, s);
	else
		render_json(item, s,
			    dump->format == FORMAT_STATUS ? headway_json : headway_json_full);
}

void dump_render_sent(struct dump *dump, struct dump_item *item, const char *json, size_t length)
{
	if (dump->format != FORMAT_JSON && dump->format != FORMAT_NDJSON)
		return;
	free(item->json);
	item->json = say_memory(strndup(json, length));
	item->json_length = length;
}

void dump_begin(const struct dump *dump)
{
	if (dump->format == FORMAT_TABLE)
		table_print_titles(&dump->table, stdout, term_is_terminal() ? term_columns() : 0);
	if (dump->format == FORMAT_JSON)
		fputs("[", stdout);
}

void dump_end(const struct dump *dump)
{
	if (dump->format == FORMAT_JSON)
		fputs(dump->printed ? "\n]\n" : "]\n", stdout);
}

void dump_print(struct dump *dump, const struct dump_item *item)
{
	if (dump->format == FORMAT_JSON)
		fputs(dump->printed++ ? ",\n " : "\n ", stdout);
	if (dump->format == FORMAT_TABLE) {
		table_print(&dump->table, &item->row, stdout,
			    term_is_terminal() ? term_columns() : 0);
		return;
	}
	term_json(stdout, item->json, item->json_length);
	if (dump->format != FORMAT_JSON)
		fputc('\n', stdout);
}

void dump_item_free(struct dump_item *item)
{
	free(item->name);
	free(item->json);
	table_row_free(&item->row);
}
