/* SPDX-License-Identifier: BSD-3-Clause */
/* Clocks in nanoseconds. */
#ifndef HTTPD_CLOCK_H
#define HTTPD_CLOCK_H

#include <stdint.h>

#define SECOND_NS      1000000000LL
#define MILLISECOND_NS 1000000LL

int64_t now_ns(void);  /* monotonic: for periods and deadlines */
int64_t wall_ns(void); /* since 1970: for times in answers */

#endif
