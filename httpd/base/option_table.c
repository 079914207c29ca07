/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/option_table.h"

#include <getopt.h>
#include <headway.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/parse.h"

static void help_initial(const struct option_row *row)
{
	if (row->kind == OCTAL)
		printf(" (%04o)", row->initial);
	else if (row->kind == NUMBER && row->initial)
		printf(" (%u)", row->initial);
	else if (row->kind == DURATION && row->initial % 60000 == 0)
		printf(" (%um)", row->initial / 60000);
	else if (row->kind == DURATION && row->initial % 1000 == 0)
		printf(" (%us)", row->initial / 1000);
	else if (row->kind == DURATION)
		printf(" (%ums)", row->initial);
	putchar('\n');
}

static void options_print_help(const struct option_table *table)
{
	puts(table->before);
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->row[i];
		char left[64], short_form[8] = "    ";

		if (row->letter)
			snprintf(short_form, sizeof(short_form), "-%c, ", row->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s%s", short_form, row->name,
			 row->kind == OPTIONAL_NUMBER ? "[="
			 : row->argument              ? " "
						      : "",
			 row->argument ? row->argument : "",
			 row->kind == OPTIONAL_NUMBER ? "]" : "");
		printf("  %-28s  %s", left, row->help);
		help_initial(row);
	}
	puts(table->after);
}

static int usage_error(const char *program, const struct option_row *row, const char *value)
{
	if (row->kind == OCTAL)
		fprintf(stderr, "%s: --%s: '%s' is not an octal mode up to %04o\n", program,
			row->name, value, row->most);
	else if (row->kind == DURATION)
		fprintf(stderr,
			"%s: --%s: '%s' is not a time from %u to %u milliseconds, like 500ms, 2s "
			"or 10m\n",
			program, row->name, value, row->least, row->most);
	else
		fprintf(stderr, "%s: --%s: '%s' is not a whole number from %u to %u\n", program,
			row->name, value, row->least, row->most);
	return 2;
}

bool string_list_add(struct string_list *list, const char *value)
{
	const char **item = realloc(list->item, (list->count + 1) * sizeof(*item));

	if (!item)
		return false;
	list->item = item;
	list->item[list->count++] = value;
	return true;
}

static bool store_octal(const struct option_row *row, const char *value)
{
	char *end;
	unsigned long mode = strtoul(value, &end, 8);

	*(uint32_t *)row->target = (uint32_t)mode;
	return *value >= '0' && *value <= '7' && *end == '\0' && mode <= row->most;
}

static bool store_duration(const struct option_row *row, const char *value)
{
	int64_t ns;

	if (!parse_duration(value, &ns) || ns < row->least * MILLISECOND_NS ||
	    ns > row->most * MILLISECOND_NS)
		return false;
	*(int64_t *)row->target = ns;
	return true;
}

/* One option that was given.  Returns -1 to go on, or the exit status. */
static int store(const struct option_table *table, const struct option_row *row, const char *value)
{
	uint64_t number = row->initial;

	switch (row->kind) {
	case TEXT:
		*(const char **)row->target = value;
		return -1;
	case LIST:
		return string_list_add(row->target, value) ? -1 : 1;
	case FLAG:
		*(bool *)row->target = true;
		return -1;
	case OCTAL:
		return store_octal(row, value) ? -1 : usage_error(table->program, row, value);
	case DURATION:
		return store_duration(row, value) ? -1 : usage_error(table->program, row, value);
	case NUMBER:
	case OPTIONAL_NUMBER:
		if (value && !parse_number(value, row->least, row->most, &number))
			return usage_error(table->program, row, value);
		*(uint32_t *)row->target = (uint32_t)number;
		return -1;
	case HELP:
		options_print_help(table);
		return 0;
	case VERSION:
		printf("%s %s\n", table->program, headway_version());
		return 0;
	}
	return 2;
}

static void store_initial(const struct option_row *row)
{
	if (row->kind == NUMBER || row->kind == OCTAL)
		*(uint32_t *)row->target = row->initial;
	else if (row->kind == DURATION)
		*(int64_t *)row->target = row->initial * MILLISECOND_NS;
}

/* getopt's two tables, made from ours. */
static void getopt_tables(const struct option_table *table, struct option *longs, char *letters)
{
	*letters++ = ':';
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->row[i];

		longs[i] = (struct option){row->name,
					   row->kind == OPTIONAL_NUMBER ? optional_argument
					   : row->argument              ? required_argument
									: no_argument,
					   NULL, (int)(i + 256)};
		if (!row->letter)
			continue;
		*letters++ = row->letter;
		if (row->argument)
			*letters++ = ':';
	}
	longs[table->count] = (struct option){0};
	*letters = '\0';
}

static const struct option_row *row_of(const struct option_table *table, int code)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->row[i];

		if (code == (int)(i + 256) || (row->letter && code == row->letter))
			return row;
	}
	return NULL;
}

int option_table_parse(const struct option_table *table, int argc, char **argv)
{
	struct option longs[OPTION_ROWS_MOST + 1];
	char letters[2 * OPTION_ROWS_MOST + 2];
	int code, status;

	for (size_t i = 0; i < table->count; i++)
		store_initial(&table->row[i]);
	getopt_tables(table, longs, letters);
	opterr = 0;
	while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = row_of(table, code);

		if (!row) {
			fprintf(stderr, "%s: %s '%s'; try --help\n", table->program,
				code == ':' ? "an argument is missing after" : "unknown option",
				argv[optind - 1]);
			return 2;
		}
		status = store(table, row, optarg);
		if (status >= 0)
			return status;
	}
	if (optind < argc) {
		fprintf(stderr, "%s: '%s' is not an option; try --help\n", table->program,
			argv[optind]);
		return 2;
	}
	return -1;
}
