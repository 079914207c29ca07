/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands, and what several of them do. */
#ifndef TOOLS_CMD_H
#define TOOLS_CMD_H

#include "base/options.h"

#include <stdio.h>

extern const struct command cmd_start, cmd_message, cmd_add, cmd_set, cmd_results, cmd_finish,
	cmd_error, cmd_run, cmd_pipe, cmd_dump, cmd_wait, cmd_init, cmd_info, cmd_reap, cmd_fsck,
	cmd_rm, cmd_top, cmd_completion;

/* What SIGPIPE did before the program set it aside: what a command that is run must find. */
extern int cmd_sigpipe_was_ignored;

/* The arena's name as people know it. */
const char *arena_label(const char *name);

/* Why an arena could not be made or used, or was not there to be opened, in words that say what to
 * do; static. */
const char *arena_trouble(const char *name, int error);
const char *arena_missing(const char *name, int error);

#define ARENA_DEFAULT_BYTES (UINT64_C(32) << 20) /* of one that is made without a size */

/* That there is no room to make one: how much was needed (0: not known) and how much there is. */
const char *arena_no_room(const char *name, uint64_t needed_bytes);

/* Open an arena; when that fails, say why and leave the program. */
struct headway_arena *arena_open(const char *name, unsigned flags);

/* The writer's commands: an arena that exists and one record of it; says why not and leaves. */
struct headway_record *record_open(struct headway_arena *arena, const struct headway_id *id);

/* headway_read(), tried again for a while when the record changes too fast. */
int record_read(struct headway_arena *arena, const struct headway_id *id,
		struct headway_snapshot **snapshot);

/* What a call on a record returned: EXIT_OK, or says what went wrong. */
int record_result(struct headway_record *record, const struct headway_id *id, int error);

/* "KEY=VALUE" taken apart; leaves the program when it is none.  The key is a copy, the value is
 * part of text; messages_free() frees an array of such messages. */
struct headway_message message_parse(const char *text);
void messages_free(struct headway_message *messages, size_t count);

/* JSON from the command line, or all of standard input for "-" and NULL; *own is to be freed. */
int json_argument(struct headway_arena *arena, const char *text, const char **json, size_t *length,
		  char **own);

/* Like record_result(), for results: -EINVAL means that they are not JSON. */
int json_result(struct headway_record *record, const struct headway_id *id, int error);

/* A JSON string with its quotes. */
void json_string(FILE *out, const char *text);

/* The value of a snapshot's message; NULL: it has none with this key. */
const char *snapshot_message(const struct headway_snapshot *snapshot, const char *key);

#endif
