/* SPDX-License-Identifier: BSD-3-Clause */
/* Arenas and records opened for a command, and what is said when that fails. */
#include "cmd/cmd.h"
#include "base/say.h"
#include "base/units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

int cmd_sigpipe_was_ignored;

const char *arena_label(const char *name)
{
	const char *environment = getenv("HEADWAY_ARENA");

	return name ? name : environment && *environment ? environment : "/headway";
}

/* The folder that an arena's file is in: what is before the last of several '/', else /dev/shm. */
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

/* "record 0190...", the way every message names one. */
static const char *record_label(const struct headway_id *id)
{
	static char text[HEADWAY_ID_TEXT + 8] = "record ";

	(void)headway_format_id(id, text + 7);
	return text;
}

static int record_failed(const struct headway_id *id, int error)
{
	const char *label = record_label(id);

	if (error == -ENOENT)
		return say_failed("%s is not in this arena", label);
	if (error == -ESTALE)
		return say_failed("%s is gone: it was removed, or its time was over", label);
	if (error == -EBUSY)
		return say_failed("%s: its owner lives, or somebody has it open", label);
	return say_failed("%s: %s", label, headway_strerror(error));
}

struct headway_record *record_open(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_record *record = NULL;
	int error = headway_resume(arena, id, &record);

	if (error) {
		(void)record_failed(id, error);
		headway_close(arena);
		exit(EXIT_FAILED);
	}
	return record;
}

int record_read(struct headway_arena *arena, const struct headway_id *id,
		struct headway_snapshot **snapshot)
{
	const struct timespec pause = {0, 1000000};
	int error = headway_read(arena, id, snapshot);

	for (int i = 0; i < 100 && error == -EAGAIN; i++) {
		nanosleep(&pause, NULL);
		error = headway_read(arena, id, snapshot);
	}
	return error;
}

int record_result(struct headway_record *record, const struct headway_id *id, int error)
{
	if (error >= 0)
		return EXIT_OK;
	if (error == -EALREADY && record)
		return say_failed("%s is over (%s): nothing was changed", record_label(id),
				  headway_status(record) == HEADWAY_ERROR ? "Error" : "Finished");
	return record_failed(id, error);
}

struct headway_message message_parse(const char *text)
{
	struct headway_message message = {NULL, NULL};
	const char *equals = strchr(text, '=');

	if (!equals)
		exit(say_usage("'%s' is not KEY=VALUE", text));
	if (equals == text)
		exit(say_usage("'%s': the key is empty", text));
	message.key = say_memory(strndup(text, (size_t)(equals - text)));
	message.value = equals + 1;
	return message;
}

void messages_free(struct headway_message *messages, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)messages[i].key);
	free(messages);
}

const char *snapshot_message(const struct headway_snapshot *snapshot, const char *key)
{
	for (size_t i = 0; i < snapshot->message_count; i++)
		if (!strcmp(snapshot->messages[i].key, key))
			return snapshot->messages[i].value;
	return NULL;
}
