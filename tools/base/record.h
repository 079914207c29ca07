/* SPDX-License-Identifier: BSD-3-Clause */
/* Open, read and describe records for a command, and explain errors of calls on them. */
#ifndef TOOLS_RECORD_H
#define TOOLS_RECORD_H

#include <headway.h>

#include <stddef.h>

/* Open a record for writing; on failure prints why, closes the arena and exits. */
struct headway_record *record_open(struct headway_arena *arena, const struct headway_id *id);

/* headway_read(), retried for up to 100 ms while the record changes too fast. */
int record_read(struct headway_arena *arena, const struct headway_id *id,
		struct headway_snapshot **snapshot);

/* Turn the result of a call on a record into an exit status; prints a message on failure.
 * record may be NULL. */
int record_result(struct headway_record *record, const struct headway_id *id, int error);

/* Split "KEY=VALUE"; exits with a usage error when it is not of that form.  The key is a copy,
 * the value points into text.  messages_free() frees an array of such messages. */
struct headway_message message_parse(const char *text);
void messages_free(struct headway_message *messages, size_t count);

/* The value of a snapshot's message with this key; NULL when there is none. */
const char *snapshot_message(const struct headway_snapshot *snapshot, const char *key);

#endif
