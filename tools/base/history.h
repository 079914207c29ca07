/* SPDX-License-Identifier: BSD-3-Clause */
/* The name under which a command remembers earlier runs. */
#ifndef TOOLS_HISTORY_H
#define TOOLS_HISTORY_H

#define HISTORY_NAME_MOST 255 /* bytes: see headway_spec */

/* The values of --history and --no-history, and the record's name if the user gave one. */
struct history_choice {
	const char *history, *name;
	int none;
};

/* Returns 0, or the exit status after a message. */
int history_check(const struct history_choice *choice);

/* --history, else the name, else one made of the command and its folder; NULL: none.  The command's
 * words may be secrets, so only their hash is in the name.  The caller frees it. */
char *history_name(const struct history_choice *choice, char **command);

#endif
