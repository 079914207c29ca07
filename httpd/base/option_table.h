/* SPDX-License-Identifier: BSD-3-Clause */
/* A table of options that feeds getopt and --help. */
#ifndef HTTPD_OPTION_TABLE_H
#define HTTPD_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct string_list {
	const char **item;
	size_t count;
};

enum option_kind { TEXT, LIST, NUMBER, OCTAL, DURATION, FLAG, OPTIONAL_NUMBER, HELP, VERSION };

struct option_row {
	const char *name;
	char letter; /* 0: long form only */
	enum option_kind kind;
	const char *argument; /* NULL: none */
	void *target; /* const char *, string_list, uint32_t, bool; int64_t (nanoseconds) of DURATION */
	uint32_t least, most, initial; /* DURATION: milliseconds */
	const char *help;
};

struct option_table {
	const char *program;
	const char *before, *after; /* what --help says besides */
	const struct option_row *row;
	size_t count; /* at most OPTION_ROWS_MOST */
};

#define OPTION_ROWS_MOST 48

bool string_list_add(struct string_list *list, const char *value);

/* Store the initial numbers, then what the command line says.  Returns -1 to go on, else the exit
 * status: 0 after --help, 2 after a usage error. */
int option_table_parse(const struct option_table *table, int argc, char **argv);

#endif
