/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One field of a line of JSON.
 *
 * No JSON library is used, since they need the whole text: the end of a line may be missing, because the line
 * is too long or has not arrived yet, and fields near its start must be read nevertheless.
 */
#ifndef TOOLS_JSON_FIELD_H
#define TOOLS_JSON_FIELD_H

#include "parse/scan.h"

#include <stddef.h>

/* Find the value of a key, or of a key in an inner object, as "stats.bytes".  Returns 1, and *value begins
 * with the value. */
int json_field(const struct scan *line, const char *path, struct scan *value);

/* Is the value of a key this string? */
int json_field_is(const struct scan *line, const char *path, const char *text);

/* Copy a string without its quotes, cut to the size; escapes are not decoded.  Returns 0 if the field is not a
 * whole string. */
int json_field_text(const struct scan *line, const char *path, char *text, size_t size);

#endif
