/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/help.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 26
#define HELP_WIDTH  92

/* Print text, wrapped into lines that begin at a column. */
static void wrap(const char *text, int column)
{
	int at = column;

	while (*text) {
		int length = (int)strcspn(text, " \n");

		if (at > column && at + 1 + length > HELP_WIDTH) {
			printf("\n%*s", column, "");
			at = column;
		}
		at += printf("%s%.*s", at > column ? " " : "", length, text);
		text += length;
		if (*text == '\n') {
			printf("\n%*s", text[1] ? column : 0, "");
			at = column;
		}
		text += *text != '\0';
	}
}

void help_text(const char *text)
{
	wrap(text, 0);
	printf("\n");
}

static void option_line(const struct option_row *row)
{
	char left[64], choices[512];
	int used;

	if (row->letter)
		snprintf(left, sizeof(left), "-%c, ", row->letter);
	else
		snprintf(left, sizeof(left), "    ");
	used = printf("  %s--%s%s%s", left, row->name, row->argument ? " " : "",
		      row->argument ? row->argument : "");
	if (used >= HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	else
		printf("%*s", HELP_COLUMN - used, "");
	wrap(row->help, HELP_COLUMN);
	if (row->choices) {
		snprintf(choices, sizeof(choices), "%s of: %s",
			 row->kind == OPTION_CHOICES ? "any" : "one", row->choices);
		printf("\n%*s", HELP_COLUMN, "");
		wrap(choices, HELP_COLUMN);
	}
	printf("\n");
}

void help_command(const struct command *command)
{
	printf("Usage: headway %s [OPTION...]%s%s\n", command->name, *command->synopsis ? " " : "",
	       command->synopsis);
	wrap(command->summary, 0);
	printf("\n\n");
	for (const struct option_row *row = command->options; row && row->name; row++)
		option_line(row);
	for (const struct option_row *row = options_common; row->name; row++)
		option_line(row);
	if (command->notes) {
		printf("\n");
		wrap(command->notes, 0);
		printf("\n");
	}
}

void help_overview(const struct command *const *commands)
{
	printf("Usage: headway [--arena NAME] COMMAND [OPTION...] [OPERAND...]\n"
	       "Progress of long-running work, in shared memory.\n\n");
	for (int i = 0; commands[i]; i++)
		printf("  %-11s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n"
	       "  -a, --arena NAME   the arena (default: $HEADWAY_ARENA or /headway)\n"
	       "  -h, --help         show this text\n"
	       "  -V, --version      show the version\n\n"
	       "'headway COMMAND --help' says more.  Exit status: 0 ok, 1 failed, 2 usage.\n");
}
