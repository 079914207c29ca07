/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks whether a text is one JSON value, and removes its white space. */
#ifndef HEADWAY_JSON_CHECK_H
#define HEADWAY_JSON_CHECK_H

#include "base/private.h"

#include <stddef.h>

enum { HW__JSON_DEPTH = 10000 }; /* nesting of arrays and objects; the same limit as Go's */

/*
 * Checks that json[0..length) is exactly one JSON value (RFC 8259, UTF-8 without a byte order mark,
 * nested at most HW__JSON_DEPTH deep, numbers of any size; white space around it is allowed), and
 * writes it without white space between tokens; strings and numbers are copied byte for byte.
 *
 * out         at least length bytes, not overlapping json; no NUL is added; undefined on failure
 * out_length  out: bytes written
 *
 * Returns 0 or -EINVAL. Any thread; one pass, no recursion, no allocation, 1.3 kB of stack.
 */
int hw__json_check(const char *json, size_t length, char *out, size_t *out_length);

#endif
