/* SPDX-License-Identifier: BSD-3-Clause */
/* headway run --parse and --lines: read the progress from the output of the command. */
#ifndef TOOLS_PARSE_H
#define TOOLS_PARSE_H

#include "base/own_record.h"

#include <regex.h>
#include <stddef.h>
#include <stdint.h>

#define PARSE_LINE 4096 /* bytes of a line that are searched */

struct parse_line {
	char text[PARSE_LINE];
	size_t length;
};

struct parse {
	const char *text; /* as it was given; NULL: no pattern */
	regex_t pattern;
	int is_percent;             /* the pattern finds percentages, whatever the total */
	int counts_lines;           /* --lines */
	uint64_t total;             /* --total; 0: not given */
	uint64_t matches;           /* numbers that were found */
	struct parse_line lines[2]; /* of standard output and error */
	struct own_record *own;
};

/* pattern is "percent", "fraction", or an extended regular expression whose first group is done and
 * whose last is the total; with one group, the total is total, or 100 when that is 0.  NULL: no
 * pattern.  Exits with a usage error when it is not valid. */
void parse_start(struct parse *parse, struct own_record *own, const char *pattern, uint64_t total);

/* Search output of stream 0 or 1; length 0: its end. */
void parse_add(struct parse *parse, int stream, const char *data, size_t length);

/* Free the pattern; prints a warning when it never found a number. */
void parse_end(struct parse *parse);

#endif
