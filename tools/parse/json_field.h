/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One field of a line of JSON.
 *
 * No library is used: such a line is longer than what is kept of it, or has not ended yet, and a number
 * near its start is to be read all the same.
 */
#ifndef TOOLS_JSON_FIELD_H
#define TOOLS_JSON_FIELD_H

#include "parse/scan.h"

#include <stddef.h>

/* Find the value of a key, or of a key in an object in it: "stats.bytes".  Returns 1, and the place where
 * the value begins. */
int json_field(const struct scan *line, const char *path, struct scan *value);

/* Is the value of a key this string? */
int json_field_is(const struct scan *line, const char *path, const char *text);

/* Copy a string without its quotes; escapes are left as they are, and what is too long is cut.  Returns 0
 * when the field is no whole string. */
int json_field_text(const struct scan *line, const char *path, char *text, size_t size);

#endif
