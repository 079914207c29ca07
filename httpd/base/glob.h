/* SPDX-License-Identifier: BSD-3-Clause */
/* Shell patterns, of names in lists and in the tool. */
#ifndef HTTPD_GLOB_H
#define HTTPD_GLOB_H

#include <stdbool.h>

enum { GLOB_BYTES = 256 }; /* longer patterns are refused */

/* True if the whole text, which is UTF-8 in every locale, matches. * ? [a-z] [!x] [[:digit:]], and \
 * before any of these. The time is at most proportional to pattern length times text length. */
bool glob_match(const char *pattern, const char *text);

#endif
