/* SPDX-License-Identifier: BSD-3-Clause */
/* The record of a command that works itself: headway run and headway pipe. The work continues
 * without a record: if none can be started, a warning is printed once and the calls below do
 * nothing. */
#ifndef TOOLS_OWN_RECORD_H
#define TOOLS_OWN_RECORD_H

#include <headway.h>

struct own_record {
	struct headway_arena *arena;   /* NULL: there is no record */
	struct headway_record *record; /* NULL: there is no record */
	struct headway_id id;
};

/* Start the record.  parent: see record_parent(). */
void own_record_start(struct own_record *own, const char *arena_name, struct headway_spec *spec,
		      const char *parent);

void own_record_messages(struct own_record *own, const struct headway_message *messages,
			 size_t count);
/* Returns "cancelled: REASON", which the caller frees, if the record was cancelled; otherwise
 * NULL. */
char *own_record_cancelled(struct own_record *own);

void own_record_finish(struct own_record *own);
void own_record_error(struct own_record *own, const char *message);
void own_record_close(struct own_record *own);

#endif
