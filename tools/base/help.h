/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of --help, written from the tables of a command. */
#ifndef TOOLS_HELP_H
#define TOOLS_HELP_H

#include "base/command.h"

/* Print a paragraph, wrapped into lines. */
void help_text(const char *text);

/* Usage, options and notes of one command. */
void help_command(const struct command *command);

/* The list of commands; the array ends with NULL. */
void help_overview(const struct command *const *commands);

#endif
