/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples of done over time, in private memory. They become a run of the history when the record is finished. */
#ifndef HW_TRACE_H
#define HW_TRACE_H

#include "forecast/profile.h"

#include <pthread.h>

enum { HW__TRACE_SAMPLES = 256, HW__HISTORY_NAME = 256 };

struct hw__sample {
	uint64_t at_ns; /* since the start */
	uint64_t done;
};

struct hw__trace {
	pthread_mutex_t lock; /* never waited for: a thread that does not get it takes no sample */
	char name[HW__HISTORY_NAME];
	uint64_t started_boot_ns;
	uint64_t interval_ns; /* between two samples; doubled when there are too many */
	uint64_t total;       /* as given last */
	size_t count;
	struct hw__sample samples[HW__TRACE_SAMPLES];
};

/* name: shorter than HW__HISTORY_NAME. NULL: no memory. */
struct hw__trace *hw__trace_make(const char *name, uint64_t started_boot_ns);

/* Adds a sample, unless the last one is less than the interval ago. */
void hw__trace_add(struct hw__trace *trace, uint64_t boot_ns, uint64_t done, uint64_t total);

/* Makes the run from the samples, with done and total at its end, which is now. False: the run is too short to be
 * kept. */
bool hw__trace_end(struct hw__trace *trace, uint64_t boot_ns, uint64_t done, uint64_t total,
		   struct hw__run *run);

#endif
