/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/history.h"

#include "base/say.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int history_check(const struct history_choice *choice)
{
	if (choice->history && choice->none)
		return say_usage("--history and --no-history exclude each other");
	if (choice->history && !*choice->history)
		return say_usage("--history: an empty name");
	if (choice->history && strlen(choice->history) > HISTORY_NAME_MOST)
		return say_usage("--history: the name is longer than %d bytes", HISTORY_NAME_MOST);
	return 0;
}

/* FNV-1a over all words, with their ends. */
static uint32_t hash(char **words)
{
	uint32_t sum = 2166136261u;

	for (; *words; words++)
		for (const char *at = *words;; at++) {
			sum = (sum ^ (unsigned char)*at) * 16777619u;
			if (!*at)
				break;
		}
	return sum;
}

static char *name_of_command(char **command)
{
	const char *slash = strrchr(*command, '/');
	char *folder = getcwd(NULL, 0), *name = NULL;

	if (folder && asprintf(&name, "%s in %s (%08x)", slash && slash[1] ? slash + 1 : *command,
			       folder, (unsigned)hash(command)) < 0)
		say_memory(NULL);
	free(folder);
	return name;
}

char *history_name(const struct history_choice *choice, char **command)
{
	const char *given = choice->history ? choice->history : choice->name;
	char *name = NULL;

	if (choice->none)
		return NULL;
	if (given)
		name = say_memory(strdup(given));
	else if (command)
		name = name_of_command(command);
	if (name && (!*name || strlen(name) > HISTORY_NAME_MOST)) {
		free(name);
		return NULL;
	}
	return name;
}
