/* SPDX-License-Identifier: BSD-3-Clause */
/* Progress as short texts: bar, percentage, amount, rate. */
#ifndef TOOLS_METER_H
#define TOOLS_METER_H

#include <stdint.h>

#define METER_TEXT 256 /* size of the buffers below */

/* A bar of that many columns, of blocks in UTF-8, else of # and -.  fraction below 0: unknown. */
char *meter_bar(double fraction, int columns, int is_utf8, char text[METER_TEXT]);

char *meter_percent(double fraction, char text[METER_TEXT]); /* "58%", "-" */

/* "1.2 GiB/2.0 GiB", "3/10 files", "-"; of milliseconds "6s/20s", of 100 % "45%".  total 0: unknown. */
char *meter_amount(uint64_t done, uint64_t total, const char *unit, char text[METER_TEXT]);

/* Seconds until done reaches total at this rate; below 0: unknown. */
double meter_eta(double per_second, uint64_t done, uint64_t total);

/* "12.5 MiB/s", "-"; of milliseconds "1.5x". */
char *meter_rate(double per_second, const char *unit, char text[METER_TEXT]);

/* "2m05s", "-".  seconds below 0: unknown. */
char *meter_seconds(double seconds, char text[METER_TEXT]);

#endif
