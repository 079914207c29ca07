/* SPDX-License-Identifier: BSD-3-Clause */
/* headway run --parse and --lines: read the progress from the output of the command. */
#ifndef TOOLS_PARSE_H
#define TOOLS_PARSE_H

#include "base/own_record.h"
#include "parse/program.h"

#include <regex.h>
#include <stddef.h>
#include <stdint.h>

struct parse {
	const char *text; /* as it was given; NULL: no pattern */
	struct own_record *own;
	uint64_t total;         /* --total; 0: not given */
	uint64_t matches;       /* numbers that were found */
	int counts_lines;       /* --lines */
	int is_preset;          /* program is used, else pattern */
	int uses_descriptor;    /* the command prints on a descriptor of its own */
	int has_own_descriptor; /* a preset has told it to */
	int in_thousandths;     /* numbers of a pair that had a fraction */
	int has_odd_match;      /* the pattern has matched without a number */
	int is_mixed;           /* standard error carries standard output, too */
	int has_succeeded;      /* the command has ended well */
	int is_percent;         /* the pattern finds percentages, whatever the total */
	regex_t pattern;
	struct lines lines[PROGRAM_STREAMS];
	struct program program;
	char phase[READER_PHASE]; /* that the record knows */
};

/* What the options of headway run say. */
struct parse_options {
	const char *text;     /* --parse: a preset, "percent", "fraction" or a regular expression */
	uint64_t total;       /* --total; 0: not given */
	int leaves_command;   /* --as-is */
	int descriptor;       /* --parse-fd, or one that is free; -1: none */
	int reads_descriptor; /* --parse-fd was given */
};

/* Start.  Of the groups of a regular expression that match a number, the first is done and the last is the
 * total; with one number, the total is --total, or else 100.  A preset may replace *command by a copy with more options.  Exits with a
 * usage error when the text is not valid. */
void parse_start(struct parse *parse, struct own_record *own, const struct parse_options *options,
		 char ***command);

/* Is the next word the value of --parse, and not the command? */
int parse_is_value(char *const *words);

/* Print what a preset does.  Returns 0 when text is none. */
int parse_help(const char *text);

/* What is counted; NULL: unknown. */
const char *parse_unit(const struct parse *parse);

/* Must standard output be read (PRESET_OUTPUT), must standard error be a terminal (PRESET_TERMINAL)? */
unsigned parse_streams(const struct parse *parse);

/* Search output of stream 0, 1 or 2; length 0: its end. */
void parse_add(struct parse *parse, int stream, const char *data, size_t length);

/* The total that is known before the command runs; 0: unknown. */
uint64_t parse_expected(const struct parse *parse);

/* The command has ended well: what its preset knows the total of is done.  A pattern only tells what was
 * printed. */
void parse_succeeded(struct parse *parse);

/* Free the pattern; prints a warning when it never found a number. */
void parse_end(struct parse *parse);

#endif
