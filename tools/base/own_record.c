/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/own_record.h"

#include "base/arena.h"
#include "base/record.h"
#include "base/say.h"

#include <stdio.h>

static void warn(const char *what, const char *why)
{
	say("warning: %s: %s", what, why);
}

static void give_up(struct own_record *own, const char *why)
{
	warn("progress is not recorded", why);
	headway_close(own->arena);
	own->arena = NULL;
}

void own_record_start(struct own_record *own, const char *arena_name, struct headway_spec *spec,
		      const char *parent)
{
	struct headway_id parent_id;
	int error, has_parent;

	own->record = NULL;
	own->arena = NULL;
	error = headway_open(arena_name, NULL, &own->arena);
	if (error) {
		give_up(own, arena_trouble(arena_name, error));
		return;
	}
	has_parent = record_parent(own->arena, parent, &parent_id);
	if (has_parent < 0) {
		spec->flags |= HEADWAY_ROOT;
		warn("the record has no parent", "--parent is not a record of this arena");
	}
	spec->parent = has_parent > 0 ? &parent_id : NULL;
	error = headway_start(own->arena, spec, &own->record);
	spec->parent = NULL;
	if (error)
		give_up(own, headway_strerror(error));
	else
		(void)headway_get_id(own->record, &own->id);
}

void own_record_messages(struct own_record *own, const struct headway_message *messages,
			 size_t count)
{
	int error = own->record ? headway_update(own->record, messages, count) : 0;

	if (error)
		warn("a message is not recorded", headway_strerror(error));
}

char *own_record_cancelled(struct own_record *own)
{
	struct headway_snapshot *s = NULL;
	const char *reason;
	char *text = NULL;

	if (!own->record || headway_is_cancelled(own->record) != 1)
		return NULL;
	(void)record_read(own->arena, &own->id, &s);
	reason = s && s->cancel_reason ? s->cancel_reason : "";
	if (asprintf(&text, "cancelled%s%s", *reason ? ": " : "", reason) < 0)
		say_memory(NULL);
	headway_snapshot_free(s);
	return text;
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
