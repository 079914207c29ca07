/* SPDX-License-Identifier: BSD-3-Clause */
/* Parse a command line by the table of its command. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include "base/command.h"

#include <stddef.h>
#include <stdint.h>

/* Values of options, by their kind: see base/command.h. */
struct option_list {
	const char **values; /* NULL-ended */
	size_t count;
};

struct option_number {
	int given;
	uint64_t value;
};

struct arguments {
	const char *arena; /* --arena, for headway_open(); NULL when not given */
	char **operands;   /* NULL-ended */
	int count;
	int dashes; /* the command line had a "--" before the operands */
};

/* Parse the command line into values, the command's own struct.  Exits with a message on a usage
 * error, and after printing the text of --help. */
struct arguments options_parse(const struct command *command, int argc, char **argv, void *values);

/* Parse an operand as an amount, 4096, 64M or 1GiB; exits with a usage error when it is not one. */
uint64_t options_amount(const char *what, const char *text);

/* Index of text in the space-separated words of choices; exits with a usage error when it is not
 * one of them. */
int options_choice(const char *option, const char *choices, const char *text);

/* The same, but returns -1 when it is not one of them. */
int options_word(const char *choices, const char *text);

#endif
