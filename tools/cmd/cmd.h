/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands: cmd_NAME is in cmd_NAME.c. */
#ifndef TOOLS_CMD_H
#define TOOLS_CMD_H

#include "base/command.h"

extern const struct command cmd_start, cmd_message, cmd_add, cmd_set, cmd_results, cmd_finish,
	cmd_error, cmd_run, cmd_pipe, cmd_dump, cmd_wait, cmd_init, cmd_info, cmd_reap, cmd_fsck,
	cmd_rm, cmd_top, cmd_completion, cmd_help, cmd_feed, cmd_url, cmd_cancel, cmd_watch,
	cmd_history;

/* main.c: every command; the array ends with NULL. */
extern const struct command *const commands[];

#endif
