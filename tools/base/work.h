/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A record of this process, for commands that do the work themselves.  Progress must never stop the
 * work: when there is no record to be had, that is told once, and every call does nothing.
 */
#ifndef TOOLS_WORK_H
#define TOOLS_WORK_H

#include <headway.h>

struct work {
	struct headway_arena *arena; /* NULL: the work is not recorded */
	struct headway_record *record;
	struct headway_id id;
};

/* spec's parent NULL: $HEADWAY_PARENT when that is an id. */
void work_start(struct work *work, const char *arena_name, struct headway_spec *spec);

void work_messages(struct work *work, const struct headway_message *messages, size_t count);
void work_finish(struct work *work);
void work_error(struct work *work, const char *message);
void work_close(struct work *work);

#endif
