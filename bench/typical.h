/* SPDX-License-Identifier: BSD-3-Clause */
/* The record that readers and relays are measured with: 100 to do, and five messages. */
#ifndef BENCH_TYPICAL_H
#define BENCH_TYPICAL_H

#include <headway.h>

/* Starts the record without its messages. */
static inline int typical_start(struct headway_arena *arena, const char *name,
				struct headway_record **record)
{
	struct headway_spec spec = {
		.size = sizeof(spec), .flags = HEADWAY_DETACHED, .name = name, .total = 100};

	return headway_start(arena, &spec, record);
}

static inline int typical_messages(struct headway_record *record)
{
	static const struct headway_message messages[] = {
		{"Step", "3/7"},
		{"Query", "select id, size from parts where kind = 4"},
		{"Stage", "3 of 7: sort the parts"},
		{"Commit", "9f1c20e7b35d"},
		{"Details", "1482 of 9000 rows merged, 12 wait for it; next: parts"}};

	return headway_update(record, messages, sizeof(messages) / sizeof(*messages));
}

#endif
