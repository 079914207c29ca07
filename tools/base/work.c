/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/work.h"

#include "cmd/cmd.h"
#include "base/say.h"

#include <stdlib.h>

static void warn(const char *what, const char *why)
{
	say("warning: %s: %s", what, why);
}

void work_start(struct work *work, const char *arena_name, struct headway_spec *spec)
{
	const char *inherited = getenv("HEADWAY_PARENT");
	struct headway_id parent;
	int error;

	work->record = NULL;
	if (!spec->parent && inherited && !headway_parse_id(inherited, &parent))
		spec->parent = &parent;
	error = headway_open(arena_name, NULL, &work->arena);
	if (error) {
		warn("progress is not recorded", arena_trouble(arena_name, error));
		work->arena = NULL;
		return;
	}
	error = headway_start(work->arena, spec, &work->record);
	if (error) {
		warn("progress is not recorded", headway_strerror(error));
		headway_close(work->arena);
		work->arena = NULL;
		return;
	}
	(void)headway_get_id(work->record, &work->id);
}

void work_messages(struct work *work, const struct headway_message *messages, size_t count)
{
	int error = work->record ? headway_update(work->record, messages, count) : 0;

	if (error)
		warn("a message is not recorded", headway_strerror(error));
}

void work_finish(struct work *work)
{
	int error = work->record ? headway_finish(work->record) : 0;

	if (error)
		warn("the end is not recorded", headway_strerror(error));
}

void work_error(struct work *work, const char *message)
{
	int error = work->record ? headway_error(work->record, message) : 0;

	if (error)
		warn("the end is not recorded", headway_strerror(error));
}

void work_close(struct work *work)
{
	headway_release(work->record);
	headway_close(work->arena);
	work->record = NULL;
	work->arena = NULL;
}
