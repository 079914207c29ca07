/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/own_record.h"

#include "base/arena.h"
#include "base/say.h"

#include <stdlib.h>

static void warn(const char *what, const char *why)
{
	say("warning: %s: %s", what, why);
}

void own_record_start(struct own_record *own, const char *arena_name, struct headway_spec *spec)
{
	const char *inherited = getenv("HEADWAY_PARENT");
	struct headway_id parent;
	int error;

	own->record = NULL;
	if (!spec->parent && inherited && !headway_parse_id(inherited, &parent))
		spec->parent = &parent;
	error = headway_open(arena_name, NULL, &own->arena);
	if (error) {
		warn("progress is not recorded", arena_trouble(arena_name, error));
		own->arena = NULL;
		return;
	}
	error = headway_start(own->arena, spec, &own->record);
	if (error) {
		warn("progress is not recorded", headway_strerror(error));
		headway_close(own->arena);
		own->arena = NULL;
		return;
	}
	(void)headway_get_id(own->record, &own->id);
}

void own_record_messages(struct own_record *own, const struct headway_message *messages,
			 size_t count)
{
	int error = own->record ? headway_update(own->record, messages, count) : 0;

	if (error)
		warn("a message is not recorded", headway_strerror(error));
}

void own_record_finish(struct own_record *own)
{
	int error = own->record ? headway_finish(own->record) : 0;

	if (error)
		warn("the end is not recorded", headway_strerror(error));
}

void own_record_error(struct own_record *own, const char *message)
{
	int error = own->record ? headway_error(own->record, message) : 0;

	if (error)
		warn("the end is not recorded", headway_strerror(error));
}

void own_record_close(struct own_record *own)
{
	headway_release(own->record);
	headway_close(own->arena);
	own->record = NULL;
	own->arena = NULL;
}
