/* SPDX-License-Identifier: BSD-3-Clause */
/* Rate and time left of a record: the numbers of headway_estimate(), of the JSON and of all views. */
#ifndef HW_ESTIMATE_H
#define HW_ESTIMATE_H

#include "base/private.h"
#include "headway.h"

#include <stdbool.h>

struct hw__estimate {
	int64_t elapsed_ns; /* under way, until it was read or ended; -1: it did not begin */
	bool has_rate, has_eta;
	unsigned __int128 rate_millionths; /* of a unit a second */
	unsigned __int128 eta_millionths;  /* of a second */
};

void hw__estimate(const struct headway_snapshot *snapshot, struct hw__estimate *estimate);

#endif
