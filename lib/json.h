/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshot to JSON: what headway_json() and headway_json_full() need not say in public. */
#ifndef HEADWAY_JSON_H
#define HEADWAY_JSON_H

#include "headway.h"

/* headway_json_full() as of a given time: wall clock, nanoseconds since 1970.  A record that is still
 * Running has been so until then. */
int hw__json_full_at(const struct headway_snapshot *snapshot, char *buffer, size_t size,
		     int64_t now_ns);

#endif
