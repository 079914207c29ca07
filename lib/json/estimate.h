/* SPDX-License-Identifier: BSD-3-Clause */
/* Rate and time left of a record, as in headway_estimate(), in JSON and in all views. */
#ifndef HW_ESTIMATE_H
#define HW_ESTIMATE_H

#include "base/private.h"
#include "headway.h"

#include <stdbool.h>

struct hw__estimate {
	int64_t elapsed_ns; /* from the start until it was read or ended; -1: not started */
	bool has_rate, has_eta;
	unsigned __int128 rate_millionths; /* of a unit a second */
	unsigned __int128 eta_millionths;  /* of a second */
	bool has_band;
	unsigned __int128 low_millionths, high_millionths;
};

void hw__estimate(const struct headway_snapshot *snapshot, struct hw__estimate *estimate);

#endif
