/* SPDX-License-Identifier: BSD-3-Clause */
/* A number that changes with everything in a record's snapshot except times: version, status,
 * counters, whether the owner is alive. */
#ifndef HTTPD_FINGERPRINT_H
#define HTTPD_FINGERPRINT_H

#include <headway.h>
#include <stdint.h>

uint64_t snapshot_fingerprint(const struct headway_snapshot *);

#endif
