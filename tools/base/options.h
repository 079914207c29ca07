/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One table of options per command.  It feeds getopt_long(), --help and the shell completions, and
 * a test holds the man pages against it.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <headway.h>

#include <stddef.h>
#include <stdint.h>

/* Where a value goes, at offset in the command's own struct. */
enum option_kind {
	OPTION_FLAG,    /* int: set to 1 */
	OPTION_TEXT,    /* const char * */
	OPTION_LIST,    /* struct option_list: may be given several times */
	OPTION_COUNT,   /* struct option_number, decimal */
	OPTION_BYTES,   /* struct option_number: 64M, 1GiB */
	OPTION_SECONDS, /* struct option_number: 5m in seconds, parts of one count as one */
	OPTION_MILLIS,  /* struct option_number: 5m in milliseconds */
	OPTION_OCTAL,   /* struct option_number */
	OPTION_ID,      /* struct option_id */
	OPTION_CHOICE,  /* int: which of choices */
	OPTION_CHOICES, /* unsigned: bit of each of choices, comma-separated */
	OPTION_ARENA    /* --arena: kept here, the same for every command */
};

struct option_list {
	const char **values;
	size_t count;
};

struct option_number {
	int given;
	uint64_t value;
};

struct option_id {
	int given;
	struct headway_id id;
};

struct option_row {
	const char *name; /* ends a table when NULL */
	char letter;      /* 0: none */
	enum option_kind kind;
	size_t offset;
	const char *argument; /* what --help calls the value; NULL: takes none */
	const char *help;
	const char *choices;  /* "table json ndjson", shown, and checked for OPTION_CHOICE(S) */
	uint64_t least, most; /* of numbers; most 0: no limit */
};

/* A row of a table: of the name --arena and the letter -a, say. */
#define ROW(name, letter, kind, offset, argument, help)                                            \
	{                                                                                          \
		name, letter, kind, offset, argument, help, NULL, 0, 0                             \
	}
#define ROW_CHOICES(name, letter, kind, offset, argument, choices, help)                           \
	{                                                                                          \
		name, letter, kind, offset, argument, help, choices, 0, 0                          \
	}
#define ROW_RANGE(name, letter, kind, offset, argument, least, most, help)                         \
	{                                                                                          \
		name, letter, kind, offset, argument, help, NULL, least, most                      \
	}

struct arguments; /* what is left of the command line */

struct command {
	const char *name;
	const char *synopsis; /* what follows the options: "ID KEY VALUE" */
	const char *summary;  /* half a line, lower case */
	const char *notes;    /* paragraphs for --help; NULL: none */
	const struct option_row *options;
	int least_operands, most_operands; /* -1: any number */
	int options_first;                 /* the first operand ends the options */
	int (*run)(int argc, char **argv);
};

struct arguments {
	const char *arena; /* for headway_open(): NULL when not given */
	char **operands;   /* NULL-ended */
	int count;
	int dashes; /* a "--" stood before the operands */
};

/* Read the command line into values, a struct of the command's own.  Does not return when the user
 * made a mistake or asked for --help. */
struct arguments options_parse(const struct command *command, int argc, char **argv, void *values);

/* The rows every command has: --arena, --help. */
extern const struct option_row options_common[];

/* An operand that must be an id or a number; does not return when it is not. */
struct headway_id options_id(const char *text);
uint64_t options_count(const char *what, const char *text);

/* The place of text among the words of choices; does not return when it is not there. */
int options_choice(const char *option, const char *choices, const char *text);

int options_word(const char *choices, const char *text); /* the same; -1 when it is not there */

/* help.c: the texts. */
void help_command(const struct command *command);
void help_overview(void);

/* main.c: every command, NULL-ended. */
extern const struct command *const commands[];
const struct command *command_find(const char *name);

#endif
