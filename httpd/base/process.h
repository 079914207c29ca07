/* SPDX-License-Identifier: BSD-3-Clause */
/* Resource use of this process, for /metrics. */
#ifndef HTTPD_PROCESS_H
#define HTTPD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process_use {
	int64_t cpu_ns;
	int64_t started_ns; /* wall clock */
	uint64_t resident_bytes, virtual_bytes;
	uint64_t threads;
	uint64_t open_descriptors, most_descriptors;
};

/* false: /proc could not be read. */
bool process_use(struct process_use *);

#endif
