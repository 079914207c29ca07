/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers with units: read from the command line, written for people. */
#ifndef TOOLS_UNITS_H
#define TOOLS_UNITS_H

#include <stdint.h>

#define UNITS_TEXT 64 /* size of the buffer of every unit_format_ function */

/* Each returns 0, -EINVAL (not of this form) or -ERANGE (too big). */
int unit_parse_count(const char *text, uint64_t *count); /* decimal digits, nothing else */
int unit_parse_octal(const char *text, uint64_t *mode);  /* 640, 0640 */
int unit_parse_bytes(const char *text, uint64_t *bytes); /* 4096 64K 64M 1GiB 10MB */
int unit_parse_duration(const char *text,
			uint64_t *milliseconds); /* 90 60s 5m 2h 1h30m 1.5d 250ms */

/* Each returns text. */
char *unit_format_bytes(uint64_t bytes, char text[UNITS_TEXT]); /* 12.5 MiB */
char *unit_format_count(uint64_t count, char text[UNITS_TEXT]); /* 12.5k */
char *unit_format_duration(int64_t ns, char text[UNITS_TEXT]);  /* 2h05m */
char *unit_format_time(int64_t ns, char text[UNITS_TEXT]);      /* 2026-01-02 03:04:05, local */

/* An amount without its unit: bytes in steps of 1024, anything else in steps of 1000. */
int unit_is_bytes(const char *unit);
char *unit_format_amount(uint64_t amount, const char *unit, char text[UNITS_TEXT]);

#endif
