/* SPDX-License-Identifier: BSD-3-Clause */
/* headway run --parse: the command's output passes through, and its progress is read from it. */
#ifndef TOOLS_PARSE_H
#define TOOLS_PARSE_H

#include "base/work.h"

#include <regex.h>
#include <stddef.h>
#include <sys/types.h>

#define PARSE_LINE 4096 /* what is looked at of a line */

struct parse_stream {
	int from, to;  /* -1: at its end */
	int child_end; /* -1: closed */
	char line[PARSE_LINE];
	size_t length;
};

struct parse {
	regex_t pattern;
	struct parse_stream streams[2]; /* standard output and error */
	struct work *work;
};

/* pattern: "percent", "fraction", or an extended regular expression: its first group is what is
 * done, its last the total; with one group, that is a percentage.  Leaves the program when it is
 * none. */
void parse_start(struct parse *parse, struct work *work, const char *pattern);

/* In the child: its output goes into the pipes. */
void parse_in_child(struct parse *parse);

/* In the parent, when the child was started. */
void parse_in_parent(struct parse *parse);

/* Is there more to come? */
int parse_is_open(const struct parse *parse);

/* Pass on what stream has, and look at it. */
void parse_pump(struct parse *parse, int stream);

/* The command is over, but what it left running still has its output: read no more of it. */
void parse_give_up(struct parse *parse);

void parse_end(struct parse *parse);

#endif
