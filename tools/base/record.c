/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/record.h"

#include "base/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "record 0190...": how messages name a record; static. */
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
