/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/arena.h"

#include "base/say.h"
#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

const char *arena_label(const char *name)
{
	const char *environment = getenv("HEADWAY_ARENA");

	return name ? name : environment && *environment ? environment : "/headway";
}

/* The folder of an arena's file: the part before the last '/' of a path, else /dev/shm. */
static const char *folder_of(const char *label)
{
	static char folder[256];
	const char *bare = *label == '/' ? label + 1 : label, *end = strrchr(bare, '/');

	if (!end)
		return "/dev/shm";
	snprintf(folder, sizeof(folder), "%.*s", (int)(end - label), label);
	return folder;
}

const char *arena_no_room(const char *name, uint64_t needed_bytes)
{
	static char text[768];
	const char *folder = folder_of(arena_label(name));
	char needed[UNITS_TEXT], left[UNITS_TEXT];
	struct statvfs fs;

	if (statvfs(folder, &fs))
		memset(&fs, 0, sizeof(fs));
	snprintf(text, sizeof(text),
		 "arena %.255s: no room: %s%s%s has %s free: make it smaller with 'headway init "
		 "--bytes' or --slots",
		 arena_label(name), needed_bytes ? unit_format_bytes(needed_bytes, needed) : "",
		 needed_bytes ? " are needed, " : "", folder,
		 unit_format_bytes((uint64_t)fs.f_bavail * fs.f_frsize, left));
	return text;
}

const char *arena_trouble(const char *name, int error)
{
	static char text[512];
	const char *hint = "";

	switch (error) {
	case -ESTALE:
		hint = ": 'headway init' makes a new one in its place";
		break;
	case -EPROTO:
	case -EBADMSG:
	case -ENOTSUP:
		hint = ": name another with --arena";
		break;
	case -EUSERS:
		hint = ": try again when a writer has ended";
		break;
	case -ENOSPC:
		return arena_no_room(name, ARENA_DEFAULT_BYTES);
	}
	snprintf(text, sizeof(text), "arena %.255s: %s%s", arena_label(name),
		 headway_strerror(error), hint);
	return text;
}

const char *arena_missing(const char *name, int error)
{
	static char text[512];

	if (error != -ENOENT)
		return arena_trouble(name, error);
	snprintf(text, sizeof(text),
		 "no arena %.255s: make one with 'headway init', or name another with --arena",
		 arena_label(name));
	return text;
}

struct headway_arena *arena_open(const char *name, unsigned flags)
{
	struct headway_options options = {.size = sizeof(options), .flags = flags};
	struct headway_arena *arena = NULL;
	int error = headway_open(name, &options, &arena);

	if (error) {
		say("%s", flags & (HEADWAY_READ_ONLY | HEADWAY_EXISTING)
				  ? arena_missing(name, error)
				  : arena_trouble(name, error));
		exit(say_done(EXIT_FAILED));
	}
	return arena;
}
