/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON results from the command line, and JSON strings. */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <headway.h>

#include <stddef.h>
#include <stdio.h>

/* Get JSON from an operand, or from standard input when text is NULL or "-".  Free *own
 * afterwards.  Returns an exit status. */
int json_argument(struct headway_arena *arena, const char *text, const char **json, size_t *length,
		  char **own);

/* record_result() for calls that set results: for -EINVAL, the message says where they are wrong. */
int json_result(struct headway_record *record, const struct headway_id *id, const char *json,
		size_t length, int error);

/* Write text as a JSON string, with its quotes. */
void json_string(FILE *out, const char *text);

#endif
