/* SPDX-License-Identifier: BSD-3-Clause */
/* The record of all benchmarks: five messages, 357 bytes as JSON; and its updates. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include "harness.h"

#include <headway.h>

enum {
	SAMPLE_KEYS = 5,
	SAMPLE_VALUES = 8, /* values of each key, used in turn */
	SAMPLE_UPDATES = SAMPLE_KEYS * SAMPLE_VALUES,
	SAMPLE_JSON_BYTES = 357 /* with the first values, including the newline */
};

/* The messages in order, each key in turn; the first SAMPLE_KEYS of them make up the record. */
extern const struct headway_message sample_updates[SAMPLE_UPDATES];

/* The value of key after ops updates in that order, beginning with sample_updates[0]. */
const char *sample_value(unsigned key, uint64_t ops);

/* The next update of a writer. */
static inline const struct headway_message *sample_next(unsigned *at)
{
	const struct headway_message *m = &sample_updates[*at];

	*at = *at + 1 == SAMPLE_UPDATES ? 0 : *at + 1;
	return m;
}

/* Makes an arena in bench_dir() and returns its path, which stays valid. */
const char *sample_arena_path(const char *name);
struct headway_arena *sample_arena(const char *name, uint32_t slots);

/* Starts the record in arena; its status is Running. */
struct headway_record *sample_record(struct headway_arena *arena, unsigned flags);

/* A writer of the record, for bench_side. */
struct sample_writer {
	const char *path; /* of its arena */
	struct headway_id id;
	struct headway_arena *arena;
	struct headway_record *record;
	uint64_t first_version;
	unsigned next;
};

/* Makes a record in an arena of its own, and the calling process's writer of it. */
struct sample_writer *sample_writer_make(const char *name, unsigned flags);

/* A writer of another record in the same arena. */
struct sample_writer *sample_writer_beside(const struct sample_writer *writer);

/* join: worker 0 uses the writer of the calling process; the others open the arena themselves. */
void *sample_writer_join(void *writer, unsigned worker);
void sample_writer_run(void *writer, uint64_t count);

/* check: there are as many versions as updates; with one worker, the messages are also compared. */
void sample_writer_check(void *writer, const uint64_t ops[BENCH_WORKERS]);

#endif
