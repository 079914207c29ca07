/* SPDX-License-Identifier: BSD-3-Clause */
/* headway run --parse: read the progress from the output of the command, and pass the output on. */
#ifndef TOOLS_PARSE_H
#define TOOLS_PARSE_H

#include "base/own_record.h"

#include <regex.h>
#include <stddef.h>
#include <sys/types.h>

#define PARSE_LINE 4096 /* bytes of a line that are searched */

struct parse_stream {
	int from, to;  /* from -1: at its end */
	int child_end; /* -1: closed */
	char line[PARSE_LINE];
	size_t length;
};

struct parse {
	regex_t pattern;
	struct parse_stream streams[2]; /* standard output and error */
	struct own_record *own;
};

/* Make the pipes.  pattern is "percent", "fraction", or an extended regular expression whose first
 * group is done and whose last is the total.  Exits with a usage error when it is not valid. */
void parse_start(struct parse *parse, struct own_record *own, const char *pattern);

/* In the child: redirect its output into the pipes. */
void parse_in_child(struct parse *parse);

/* In the parent, after the fork: close the ends of the child. */
void parse_in_parent(struct parse *parse);

/* Is a pipe still open? */
int parse_is_open(const struct parse *parse);

/* Read from a stream, pass the output on, and search it. */
void parse_pump(struct parse *parse, int stream);

/* Stop reading, although processes that the command left behind still hold the pipes. */
void parse_give_up(struct parse *parse);

void parse_end(struct parse *parse);

#endif
