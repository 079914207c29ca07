/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Read a line of a program's output from left to right.
 *
 * The rest of a line may not have arrived yet.  Then a number at its end is not accepted, since more digits
 * may follow; so what was read of a line stays right when the rest arrives.
 *
 * Each function skips blanks first.  It returns 1 and moves past what it found, or returns 0 and does not
 * move.
 */
#ifndef TOOLS_SCAN_H
#define TOOLS_SCAN_H

#include <stdint.h>

struct scan {
	const char *at;
	int is_whole; /* the line has ended */
};

int scan_text(struct scan *scan, const char *text); /* exactly this text */
int scan_find(struct scan *scan, const char *text); /* its first occurrence */
int scan_end(struct scan *scan);                    /* the end of what has arrived */

int scan_number(struct scan *scan, uint64_t *number);      /* 1234, 1,234 */
int scan_decimal(struct scan *scan, double *number);       /* 12, 12.5 */
int scan_percent(struct scan *scan, double *percent);      /* 12.5%, 12 % */
int scan_clock(struct scan *scan, double *seconds);        /* 1:02:03.45; below 0 gives 0 */
int scan_of(struct scan *scan, uint64_t *n, uint64_t *of); /* 3/7 */

/* An amount of bytes: 12.5 MiB, 512k, 0 B, 1,234.  A prefix without i, as in MB, is a power of thousand. */
int scan_bytes(struct scan *scan, unsigned thousand, uint64_t *bytes);

/* The first percentage anywhere in the rest of the line. */
int scan_find_percent(struct scan *scan, double *percent);

#endif
