/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command as tables: its name, its operands and one row for each option.  The tables feed
 * getopt_long(), --help and the shell completions; a test compares the manual pages with them.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stddef.h>
#include <stdint.h>

/* How an option's value is parsed, and the type that is stored at offset in the command's struct. */
enum option_kind {
	OPTION_FLAG,    /* int: set to 1 */
	OPTION_TEXT,    /* const char * */
	OPTION_LIST,    /* struct option_list: the option may be given several times */
	OPTION_COUNT,   /* struct option_number, decimal */
	OPTION_AMOUNT,  /* struct option_number: 4096, 64M or 1GiB of any unit */
	OPTION_BYTES,   /* struct option_number: 64M, 1GiB */
	OPTION_SECONDS, /* struct option_number: 5m; stored in seconds, rounded up */
	OPTION_MILLIS,  /* struct option_number: 5m; stored in milliseconds */
	OPTION_OCTAL,   /* struct option_number */
	OPTION_ID,      /* const char *: a record, resolved when the arena is open */
	OPTION_CHOICE,  /* int: index of the word in choices */
	OPTION_CHOICES, /* unsigned: one bit for each word of choices; comma-separated */
	OPTION_ARENA    /* --arena: stored by options.c, the same for every command */
};

struct option_row {
	const char *name; /* NULL ends a table */
	char letter;      /* 0: none */
	enum option_kind kind;
	size_t offset;
	const char *argument; /* name of the value in --help; NULL: the option takes no value */
	const char *help;
	const char *
		choices; /* "table json ndjson": completed, and shown and checked for OPTION_CHOICE(S) */
	uint64_t least, most; /* range of a number; most 0: no upper limit */
	/* The value when the option's long form comes without one; NULL: it needs one.  Without '=', the next
	 * word is its value only when is_value() says so of that word and those behind it. */
	const char *bare;
	int (*is_value)(char *const *words);
};

/* Initializers of a row, as ROW("arena", 'a', ...). */
#define ROW(name, letter, kind, offset, argument, help)                                            \
	{                                                                                          \
		name, letter, kind, offset, argument, help, NULL, 0, 0, NULL, NULL                 \
	}
#define ROW_CHOICES(name, letter, kind, offset, argument, choices, help)                           \
	{                                                                                          \
		name, letter, kind, offset, argument, help, choices, 0, 0, NULL, NULL              \
	}
#define ROW_RANGE(name, letter, kind, offset, argument, least, most, help)                         \
	{                                                                                          \
		name, letter, kind, offset, argument, help, NULL, least, most, NULL, NULL          \
	}

struct command {
	const char *name;
	const char *synopsis; /* operands: "ID KEY VALUE" */
	const char *summary;  /* half a line, lower case */
	const char *notes;    /* paragraphs for --help; NULL: none */
	const struct option_row *options;
	int least_operands, most_operands; /* most -1: no limit */
	int options_first;                 /* options end at the first operand */
	int (*run)(int argc, char **argv); /* returns the exit status */
	/* Print a text of --help for the values so far; returns 0 when there is none for them. */
	int (*help)(const void *values);
};

/* Rows that every command has: --arena, --help. */
extern const struct option_row options_common[];

/* The command with this name in an array that ends with NULL; NULL: there is none. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* Print that there is no such command, with the closest one, and return EXIT_USAGE. */
int command_unknown(const struct command *const *commands, const char *name);

#endif
