/* SPDX-License-Identifier: BSD-3-Clause */
/* Shell patterns. */
#ifndef HTTPD_GLOB_H
#define HTTPD_GLOB_H

#include <stdbool.h>

enum { GLOB_BYTES = 256 }; /* longer patterns are refused */

/* True if the whole text matches. * ? [a-z] [!x], and \ before any of these. The time is at most
 * proportional to pattern length times text length. */
bool glob_match(const char *pattern, const char *text);

#endif
