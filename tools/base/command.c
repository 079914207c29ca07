/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/command.h"

#include "base/say.h"
#include "base/suggest.h"

#include <string.h>

const struct option_row options_common[] = {
	ROW("arena", 'a', OPTION_ARENA, 0, "NAME",
	    "the arena: a name like /headway, or a path (default: $HEADWAY_ARENA or "
	    "/headway)"),
	ROW("help", 'h', OPTION_FLAG, 0, NULL, "show this text"),
	{.name = NULL},
};

const struct command *command_find(const struct command *const *commands, const char *name)
{
	for (; *commands; commands++)
		if (!strcmp((*commands)->name, name))
			return *commands;
	return NULL;
}

int command_unknown(const struct command *const *commands, const char *name)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, name, strlen(name));
	for (; *commands; commands++)
		suggest_word(&suggestion, "", (*commands)->name, strlen((*commands)->name));
	return say_usage("unknown command '%s'%s", name, suggestion.hint);
}
