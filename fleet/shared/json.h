/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checks and reads one JSON object that is not trusted: RFC 8259, UTF-8, on one line.  Depth and size of
 * numbers are not limited, since a record's results may have any; the JSON libraries in Debian limit one
 * or the other.
 */
#ifndef FLEET_JSON_H
#define FLEET_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of the text: a value with its quotes and brackets, a key without its quotes. */
struct json_part {
	const char *text;
	size_t length;
};

/* Called for each member of the object, in order.  false: stop, the object is not as expected. */
typedef bool json_member(struct json_part key, struct json_part value, void *argument);

/* false: the text is not one JSON object without a line break, or member() returned false.  member NULL: only
 * check the text. */
bool json_object(struct json_part text, json_member *member, void *argument);

/* Call element() for each element of an array, in order.  false: as json_object(). */
typedef bool json_element(struct json_part value, void *argument);
bool json_array(struct json_part text, json_element *element, void *argument);

bool json_is(struct json_part part, const char *text);
/* A whole number that fits. */
bool json_number(struct json_part value, uint64_t *number);
/* A decimal number of zero or more, in billionths. */
bool json_seconds(struct json_part value, int64_t *ns);
/* "2026-11-29T17:49:18.5Z" as nanoseconds since 1970; null is 0. */
bool json_time(struct json_part value, int64_t *ns);
/* Decode a string, which must have been checked; \u0000 ends it.  The caller frees the text.  NULL: it is not a
 * string, or there is no memory. */
char *json_text(struct json_part value);

#endif
