/* SPDX-License-Identifier: BSD-3-Clause */
/* Where JSON that the library refused is wrong. */
#ifndef TOOLS_JSON_CHECK_H
#define TOOLS_JSON_CHECK_H

#include <stddef.h>

struct json_error {
	size_t offset;       /* of the first byte that cannot follow those before it */
	size_t line, column; /* of that byte, from 1; column in bytes */
	const char *expected;
};

/* Find the first error in json[0..length).  Returns 0 when there is none. */
int json_find_error(const char *json, size_t length, struct json_error *error);

#endif
