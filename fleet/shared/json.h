/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads one JSON object that somebody else wrote: checks it whole (RFC 8259, UTF-8, any depth, numbers
 * of any size, one line) and tells of its members.  The libraries that Debian has stop at a depth, or at
 * numbers that are too large for them, which results of a record may have.
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

/* Called for each member of the object, in order.  false: stop, it is not what was expected. */
typedef bool json_member(struct json_part key, struct json_part value, void *argument);

/* false: it is not one JSON object without a line break, or member() returned false; NULL: only look. */
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
/* A string, decoded; NUL-ended in memory of the caller's.  A NUL within ends it.  NULL: not a string, or
 * out of memory. */
char *json_text(struct json_part value);

#endif
