/* SPDX-License-Identifier: BSD-3-Clause */
/* Is this text one JSON value?  And the same value without white space. */
#ifndef HEADWAY_JSON_CHECK_H
#define HEADWAY_JSON_CHECK_H

#include "base/private.h"

#include <stddef.h>

enum { HW__JSON_DEPTH = 10000 }; /* arrays and objects inside each other: as many as Go accepts */

/*
 * Check that json[0..length) is exactly one JSON value (RFC 8259, UTF-8 without a byte order mark, at
 * most HW__JSON_DEPTH deep, numbers of any size), white space around it allowed, and write it without
 * the white space between its tokens; strings and numbers stay byte for byte.
 *
 * out         at least length bytes, apart from json; no NUL is added; undefined on failure
 * out_length  out: bytes written
 *
 * Returns 0 or -EINVAL.  Any thread; one pass, no recursion, no memory but 1.3 kB of stack.
 */
int hw__json_check(const char *json, size_t length, char *out, size_t *out_length);

#endif
