/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/exposition.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/process.h"

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), end_length = strlen(end);

	return length > end_length && strcmp(name + length - end_length, end) == 0;
}

static const char *type_name(const struct scrape *s, enum metric_type type)
{
	static const char *const names[] = {"gauge", "counter", "histogram", "stateset"};

	return type == STATE_SET && !s->open ? "gauge" : names[type];
}

/* OpenMetrics names the family of a counter without its _total. */
void metric_family(struct scrape *s, const char *name, enum metric_type type, const char *help)
{
	const char *end = type == COUNTER && !s->open ? "_total" : "";
	const char *unit = ends_in(name, "_seconds") ? "seconds"
			   : ends_in(name, "_bytes") ? "bytes"
						     : NULL;

	text_format(&s->text, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, end, help, name, end,
		    type_name(s, type));
	if (unit && s->open)
		text_format(&s->text, "# UNIT %s %s\n", name, unit);
}

void metric_number(struct scrape *s, const char *name, enum metric_type type, const char *help,
		   uint64_t value)
{
	metric_family(s, name, type, help);
	text_format(&s->text, "%s%s %" PRIu64 "\n", name, type == COUNTER ? "_total" : "", value);
}

void metric_seconds(struct scrape *s, const char *name, enum metric_type type, const char *help,
		    int64_t ns)
{
	metric_family(s, name, type, help);
	text_format(&s->text, "%s%s %.9f\n", name, type == COUNTER ? "_total" : "",
		    (double)ns / SECOND_NS);
}

void metric_histogram(struct scrape *s, const char *name, const char *label,
		      const struct latency *latency)
{
	uint64_t count = 0;

	for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
		count += latency->buckets[i];
		text_format(&s->text, "%s_bucket{%s,le=\"", name, label);
		if (latency_bounds[i] == INT64_MAX)
			text_put(&s->text, "+Inf");
		else
			text_format(&s->text, "%g", (double)latency_bounds[i] / SECOND_NS);
		text_format(&s->text, "\"} %" PRIu64 "\n", count);
	}
	text_format(&s->text, "%s_sum{%s} %.9f\n%s_count{%s} %" PRIu64 "\n", name, label,
		    (double)latency->sum_ns / SECOND_NS, name, label, count);
}

void metric_label(struct scrape *s, const char *name, const char *value)
{
	struct text *text = &s->text;

	text_format(text, "%s=\"", name);
	while (*value) {
		unsigned length = utf8_length(value);

		if (*value == '"' || *value == '\\')
			text_format(text, "\\%c", *value);
		else if (*value == '\n')
			text_put(text, "\\n");
		else if (length == 0)
			text_put(text, "\xef\xbf\xbd");
		else
			text_add(text, value, length);
		value += length ? length : 1;
	}
	text_put(text, "\"");
}

void metric_process(struct scrape *s)
{
	struct process_use use = {0};

	if (!process_use(&use))
		return;
	metric_seconds(s, "process_cpu_seconds", COUNTER, "Processor time used.", use.cpu_ns);
	metric_seconds(s, "process_start_time_seconds", GAUGE,
		       "When the process was started, since 1970.", use.started_ns);
	metric_number(s, "process_resident_memory_bytes", GAUGE, "Resident memory.",
		      use.resident_bytes);
	metric_number(s, "process_virtual_memory_bytes", GAUGE, "Virtual memory.",
		      use.virtual_bytes);
	metric_number(s, "process_open_fds", GAUGE, "Open file descriptors.", use.open_descriptors);
	metric_number(s, "process_max_fds", GAUGE, "Most file descriptors allowed.",
		      use.most_descriptors);
	metric_number(s, "process_threads", GAUGE, "Threads.", use.threads);
}
