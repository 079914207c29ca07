/* SPDX-License-Identifier: BSD-3-Clause */
/* One number for everything in a record's snapshot that changes by itself: version, status,
 * counters,
 * whether the owner lives; times are left out. */
#ifndef HTTPD_FINGERPRINT_H
#define HTTPD_FINGERPRINT_H

#include <headway.h>
#include <stdint.h>

uint64_t snapshot_fingerprint(const struct headway_snapshot *);

#endif
