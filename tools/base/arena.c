/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/arena.h"

#include "base/say.h"
#include "base/stop.h"
#include "base/units.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

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

/* The file of an arena. */
static const char *file_of(const char *label)
{
	static char file[512];
	const char *bare = *label == '/' ? label + 1 : label;

	if (strchr(bare, '/'))
		snprintf(file, sizeof(file), "%s", label);
	else
		snprintf(file, sizeof(file), "/dev/shm/%s", bare);
	return file;
}

static int is_in_group(gid_t group)
{
	gid_t groups[256];
	int count = getgroups(256, groups);

	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return 1;
	return group == getegid();
}

/* The library refuses an arena whose owner could truncate it during use. */
static int is_untrusted(const struct stat *st)
{
	return geteuid() && st->st_uid && st->st_uid != geteuid() &&
	       !(is_in_group(st->st_gid) && st->st_mode & 060);
}

/* Explain -EACCES. */
static const char *no_access(const char *name)
{
	static char text[1024];
	const char *label = arena_label(name);
	const struct passwd *owner;
	struct stat st;
	char user[64];

	if (lstat(file_of(label), &st)) {
		snprintf(text, sizeof(text), "arena %.255s: permission denied in folder %.255s",
			 label, folder_of(label));
		return text;
	}
	owner = getpwuid(st.st_uid);
	if (owner)
		snprintf(user, sizeof(user), "%.60s", owner->pw_name);
	else
		snprintf(user, sizeof(user), "%u", (unsigned)st.st_uid);
	if (!geteuid() && st.st_uid)
		snprintf(text, sizeof(text),
			 "arena %.255s: permission denied: it belongs to user %s, who could end "
			 "this "
			 "process by truncating it: run this as that user; 'headway reap' and "
			 "'headway rm' also have --any-owner",
			 label, user);
	else if (is_untrusted(&st))
		snprintf(text, sizeof(text),
			 "arena %.255s: permission denied: it belongs to user %s, and only arenas "
			 "of "
			 "your own, of root, or of one of your groups are used",
			 label, user);
	else
		snprintf(text, sizeof(text),
			 "arena %.255s: permission denied: it belongs to user %s and has mode %03o",
			 label, user, (unsigned)st.st_mode & 0777);
	return text;
}

static int folder_is_missing(const char *name)
{
	return access(folder_of(arena_label(name)), F_OK) && errno == ENOENT;
}

static const char *no_folder(const char *name)
{
	static char text[512];
	const char *label = arena_label(name);

	snprintf(text, sizeof(text), "arena %.200s: there is no folder %.200s", label,
		 folder_of(label));
	return text;
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
	case -EACCES:
		return no_access(name);
	case -ENOENT:
		if (folder_is_missing(name))
			return no_folder(name);
		break;
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
	static char text[768];
	const char *label = arena_label(name);

	if (error != -ENOENT || folder_is_missing(name))
		return arena_trouble(name, error);
	if (*label == '/' && !strchr(label + 1, '/') && !access(label, F_OK)) {
		snprintf(
			text, sizeof(text),
			"no arena %.255s: the name stands for /dev/shm%.255s, not for %.64s, which "
			"is there: name another with --arena",
			label, label, label);
		return text;
	}
	snprintf(text, sizeof(text),
		 "no arena %.255s: make one with 'headway init', or name another with --arena",
		 arena_label(name));
	return text;
}

int arena_open_existing(const char *name, struct headway_arena **arena)
{
	struct headway_options options = {.size = sizeof(options), .flags = HEADWAY_READ_ONLY};

	return headway_open(name, &options, arena);
}

int arena_may_come(int error)
{
	return error == -ENOENT || error == -ESTALE;
}

struct headway_arena *arena_wait(const char *name, int interval_ms)
{
	struct headway_arena *arena = NULL;
	int error, is_told = 0;

	while ((error = arena_open_existing(name, &arena)) && !stop_requested()) {
		if (!arena_may_come(error))
			exit(say_failed("%s", arena_missing(name, error)));
		if (!is_told++)
			say("%s; waiting for it", arena_missing(name, error));
		if (stop_wait(interval_ms))
			exit(EXIT_OK);
	}
	return arena;
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
