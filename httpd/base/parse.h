/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers and times from the command line, the environment and requests. */
#ifndef HTTPD_PARSE_H
#define HTTPD_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Parses a whole decimal number within bounds. False: it is not one. */
bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/* Parses "25s", "25", "500ms" or "2m" into nanoseconds. False: it is none of these. */
bool parse_duration(const char *text, int64_t *ns);

#endif
