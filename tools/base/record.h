/* SPDX-License-Identifier: BSD-3-Clause */
/* Find, open, read and describe records for a command, and explain errors of calls on them. */
#ifndef TOOLS_RECORD_H
#define TOOLS_RECORD_H

#include <headway.h>

#include <stddef.h>

/* The record that text names: by its id, by a unique beginning of its id of at least four
 * characters, or by a unique name. Exits with a message if there is none, and with a usage error if
 * there are several or the text is empty. A whole id is not looked up. */
struct headway_id record_operand(struct headway_arena *arena, const char *text);

/* The same for the value of an option like "--parent", which messages name. */
struct headway_id record_option(struct headway_arena *arena, const char *option, const char *text);

/*
 * The parent of a new record. option is the value of --parent; when it is NULL, the library takes
 * $HEADWAY_PARENT, and a warning is printed when that is not a record of this arena. Returns 1:
 * *parent is set; 0: there was no option; -ENOENT: it is the id of a record that was never in this
 * arena. Exits like record_option().
 */
int record_parent(struct headway_arena *arena, const char *option, struct headway_id *parent);

/* A record that a command writes to. */
struct writer {
	struct headway_arena *arena;
	struct headway_record *record;
	struct headway_id id;
};

/* Open the arena, which must exist, and the record of an operand; exits with a message on failure. */
struct writer writer_open(const char *arena_name, const char *operand);
void writer_close(struct writer *writer);

/* Find a counter by its name or index, and read its value.  Returns an exit status. */
int writer_counter(const struct writer *writer, const char *name, unsigned *index, uint64_t *value);

/* headway_read(), retried for up to 100 ms while the record changes too fast. */
int record_read(struct headway_arena *arena, const struct headway_id *id,
		struct headway_snapshot **snapshot);

/* Turn the result of a call on a record into an exit status; prints a message on failure.
 * record may be NULL. */
int record_result(struct headway_record *record, const struct headway_id *id, int error);

/* Print that a record with this final status cannot be changed; returns EXIT_FAILED. */
int record_over(const struct headway_id *id, int status);

/* Split "KEY=VALUE"; exits with a usage error when it is not of that form.  The key is a copy,
 * the value points into text.  messages_free() frees an array of such messages. */
struct headway_message message_parse(const char *text);
void messages_free(struct headway_message *messages, size_t count);

/* The value of a snapshot's message with this key; NULL when there is none. */
const char *snapshot_message(const struct headway_snapshot *snapshot, const char *key);

/* The last message, for a line about the record: one that 'headway run' adds at the end, about how its
 * command ended, only when there is no other. NULL when there is none. */
const struct headway_message *snapshot_last_message(const struct headway_snapshot *snapshot);

#endif
