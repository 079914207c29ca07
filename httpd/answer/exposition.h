/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes metrics as OpenMetrics 1.0, or in the older text format of Prometheus. */
#ifndef HTTPD_EXPOSITION_H
#define HTTPD_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/latency.h"
#include "base/text.h"

enum metric_type { GAUGE, COUNTER, HISTOGRAM, STATE_SET };

struct scrape {
	struct text text;
	bool open; /* OpenMetrics, not the older format */
};

/* Writes the lines before the values of a family. Its name ends in its unit, if that is _seconds or
 * _bytes; that of a counter is given without _total. */
void metric_family(struct scrape *, const char *name, enum metric_type, const char *help);

/* Writes a family with one value. */
void metric_number(struct scrape *, const char *name, enum metric_type, const char *help,
		   uint64_t value);
void metric_seconds(struct scrape *, const char *name, enum metric_type, const char *help,
		    int64_t ns);

/* Writes the values of a histogram with this label; label: name="value". */
void metric_histogram(struct scrape *, const char *name, const char *label, const struct latency *);

/* Writes the families that tell what this process uses; none where /proc cannot be read. */
void metric_process(struct scrape *);

/* Writes name="value", with the value escaped. */
void metric_label(struct scrape *, const char *name, const char *value);

#endif
