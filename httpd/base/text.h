/* SPDX-License-Identifier: BSD-3-Clause */
/* Growing text: append to it, then take it. A failed allocation sets `failed` permanently. */
#ifndef HTTPD_TEXT_H
#define HTTPD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/utf8.h"

struct text {
	char *data; /* NUL-terminated after the first append */
	size_t length, size;
	bool failed; /* out of memory: data is not to be used */
};

void text_free(struct text *text);
void text_add(struct text *text, const char *bytes, size_t length);
/* Room for so many bytes more and a NUL, at data + length, which is the caller's to raise; NULL: out of
 * memory. */
char *text_room(struct text *text, size_t more);
void text_put(struct text *text, const char *string);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void text_json(struct text *text, const char *string);
/* Appends one word without blanks, for a log line: control characters, quotes, blanks and non-ASCII
 * bytes are escaped. */
void text_escaped(struct text *text, const char *string);

#endif
