/* SPDX-License-Identifier: BSD-3-Clause */
/* Growing text: appended to, then taken.  A failed allocation sets `failed` for good. */
#ifndef HTTPD_TEXT_H
#define HTTPD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data; /* NUL-ended once anything was added */
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
/* A JSON string with its quotes; what is not UTF-8 shows as U+FFFD. */
void text_json(struct text *text, const char *string);
/* One space-free word for a log line: control characters, quotes, blanks and non-ASCII escaped. */
void text_escaped(struct text *text, const char *string);

/* Bytes of the UTF-8 character at s (NUL-ended), or 0 when it is not one. */
unsigned utf8_length(const char *s);

#endif
