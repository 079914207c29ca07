/* SPDX-License-Identifier: BSD-3-Clause */
#include "arenas.h"

#include <dirent.h>

const char *new_name(void)
{
	static unsigned count;
	char what[32];

	(void)snprintf(what, sizeof(what), "check-%u", count++);
	return check_path(what) + sizeof("/dev/shm") - 1;
}

const char *file_of(const char *name)
{
	static char path[192];

	(void)snprintf(path, sizeof(path), "/dev/shm%s", name);
	return path;
}

int files_with(const char *folder, const char *part)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int count = 0;

	while (d && (e = readdir(d)))
		count += strstr(e->d_name, part) != NULL;
	if (d)
		(void)closedir(d);
	return count;
}

struct headway_arena *open_arena(const char *name, const struct headway_options *opt)
{
	struct headway_arena *arena = NULL;

	NEED_INT(headway_open(name, opt, &arena), 0);
	return arena;
}

struct headway_arena *open_read_only(const char *name)
{
	struct headway_options opt = {.size = sizeof(opt), .flags = HEADWAY_READ_ONLY};

	return open_arena(name, &opt);
}

struct headway_arena *open_small(const char *name)
{
	struct headway_options opt = {.size = sizeof(opt), .slots = 16, .members = 8};

	return open_arena(name, &opt);
}

struct headway_record *start_record(struct headway_arena *arena, const char *name,
				    struct headway_id *id)
{
	struct headway_spec spec = {.size = sizeof(spec), .name = name};
	struct headway_record *record = NULL;

	NEED_INT(headway_start(arena, &spec, &record), 0);
	if (id)
		NEED_INT(headway_get_id(record, id), 0);
	return record;
}

struct headway_snapshot *read_record(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;

	NEED_INT(headway_read(arena, id, &snapshot), 0);
	return snapshot;
}

int status_of(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;
	int status = headway_read(arena, id, &snapshot);

	if (!status)
		status = snapshot->status;
	headway_snapshot_free(snapshot);
	return status;
}

uint64_t version_of(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = read_record(arena, id);
	uint64_t version = snapshot->version;

	headway_snapshot_free(snapshot);
	return version;
}

const char *value_of(const struct headway_snapshot *snapshot, const char *key)
{
	for (size_t i = 0; i < snapshot->message_count; i++)
		if (!strcmp(snapshot->messages[i].key, key))
			return snapshot->messages[i].value;
	return NULL;
}

void check_whole(struct headway_arena *arena, int at_rest)
{
	struct headway_fsck_report report = {.size = sizeof(report)};

	CHECK_INT(headway_fsck(arena, &report), 0);
	CHECK_INT(report.leaked, 0);
	CHECK_INT(report.damaged, 0);
	CHECK_TEXT(report.first, "");
	if (at_rest)
		CHECK_INT(report.in_transit, 0);
}
