/* SPDX-License-Identifier: BSD-3-Clause */
/* git: "Receiving objects:  45% (450/1000), 1.2 MiB | 600.00 KiB/s". */
#include "parse/preset.h"

#include <stdio.h>
#include <string.h>

/* The share of the whole that each phase usually takes in large repositories. */
static const struct reader_part fetch[] = {
	{"remote: Counting objects", 5}, {"remote: Compressing objects", 10},
	{"Receiving objects", 65},       {"Resolving deltas", 15},
	{"Updating files", 5},           {NULL, 0},
};
static const struct reader_part push[] = {
	{"Counting objects", 5},
	{"Compressing objects", 15},
	{"Writing objects", 65},
	{"remote: Resolving deltas", 15},
	{NULL, 0},
};

enum { UNKNOWN, FETCH, PUSH, SINGLE };

static const struct reader_part *find_part(const struct reader_part *parts, const char *name)
{
	for (; parts->text; parts++)
		if (!strcmp(parts->text, name))
			return parts;
	return NULL;
}

/* The first phase that is counted decides which list is used. */
static int choose_list(const char *name)
{
	if (!strcmp(name, push[0].text) || !strcmp(name, push[1].text) ||
	    !strcmp(name, push[2].text))
		return PUSH;
	if (!strcmp(name, fetch[0].text) || !strcmp(name, fetch[1].text) ||
	    !strcmp(name, fetch[2].text))
		return FETCH;
	return SINGLE;
}

static int git_read(struct reader *reader, struct scan line)
{
	char name[READER_PHASE];
	const char *colon = strstr(line.at, ": ");
	const struct reader_part *parts, *part;
	uint64_t done, total;
	double percent;

	if (colon && !strncmp(line.at, "remote: ", 8))
		colon = strstr(colon + 2, ": ");
	if (!colon || colon - line.at >= (long)sizeof(name))
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - line.at), line.at);
	line.at = colon + 1;
	if (!scan_percent(&line, &percent) || !scan_text(&line, "(") ||
	    !scan_of(&line, &done, &total) || !total || done > total || *line.at != ')')
		return 0;
	if (reader->mode == UNKNOWN)
		reader->mode = choose_list(name);
	parts = reader->mode == PUSH ? push : fetch;
	part = find_part(parts, name);
	if (part && reader->mode != SINGLE)
		return reader_part(reader, parts, part, (double)done / (double)total);
	if (reader->mode != SINGLE)
		return 0;
	reader_phase(reader, name);
	return reader_percent(reader, 100 * (double)done / (double)total);
}

static void git_adapt(struct adapt *adapt)
{
	static const char talkers[] = " clone fetch pull push checkout switch restore fsck ";
	int command = adapt_operand(adapt, 0,
				    " -C -c --git-dir --work-tree --namespace --exec-path ");
	char between[32];

	if (!command || adapt_find(adapt, "--progress --no-progress -q --quiet"))
		return;
	snprintf(between, sizeof(between), " %.28s ", adapt->words[command]);
	if (strstr(talkers, between))
		adapt_insert(adapt, command, "--progress");
}

const struct preset preset_git = {
	.name = "git",
	.programs = " git ",
	.unit = "%",
	.flags = PRESET_MESSAGES | PRESET_IDLE,
	.read = git_read,
	.adapt = git_adapt,
	.notes = "Adds --progress after clone, fetch, pull, push, checkout, switch, restore and "
		 "fsck, "
		 "unless --no-progress or -q is there. The phases of a transfer have fixed shares "
		 "of 100.",
};
