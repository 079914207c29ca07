/* SPDX-License-Identifier: BSD-3-Clause */
/* Patterns as the shell has them. */
#ifndef HTTPD_GLOB_H
#define HTTPD_GLOB_H

#include <stdbool.h>

enum { GLOB_BYTES = 256 }; /* longer patterns are refused */

/* Does all of the text match?  * ? [a-z] [!x], and \ before any of these.  The time is at most
 * that of
 * pattern times text. */
bool glob_match(const char *pattern, const char *text);

#endif
