/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/record.h"

#include "base/arena.h"
#include "base/say.h"
#include "base/suggest.h"
#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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

int record_over(const struct headway_id *id, int status)
{
	return say_failed("%s is over (%s): nothing was changed", record_label(id),
			  status == HEADWAY_ERROR ? "Error" : "Finished");
}

int record_result(struct headway_record *record, const struct headway_id *id, int error)
{
	if (error >= 0)
		return EXIT_OK;
	if (error == -EALREADY && record)
		return record_over(id, headway_status(record));
	return record_failed(id, error);
}

/* ---- which record ---------------------------------------------------------------------- */

#define PREFIX_AT_LEAST 4

struct search {
	const char *text;
	size_t prefix; /* length of text when it may be the beginning of an id, else 0 */
	size_t count;
	struct headway_id id; /* the first match */
	char matches[3 * (HEADWAY_ID_TEXT + 1)];
	struct suggestion suggestion;
};

static int search_one(const struct headway_snapshot *s, void *argument)
{
	struct search *search = argument;
	char id[HEADWAY_ID_TEXT] = "";
	size_t end = strlen(search->matches);

	(void)headway_format_id(&s->id, id);
	suggest_word(&search->suggestion, "", s->name, strlen(s->name));
	if (strcmp(s->name, search->text) &&
	    !(search->prefix && !strncasecmp(id, search->text, search->prefix)))
		return 0;
	if (search->count < 3)
		snprintf(search->matches + end, sizeof(search->matches) - end, " %s", id);
	if (!search->count++)
		search->id = s->id;
	return 0;
}

struct headway_id record_operand(struct headway_arena *arena, const char *text)
{
	return record_option(arena, NULL, text);
}

struct headway_id record_option(struct headway_arena *arena, const char *option, const char *text)
{
	const char *colon = option ? ": " : "";
	int error;
	struct search search = {.text = text};
	size_t length = strlen(text);
	int is_beginning;

	option = option ? option : "";
	if (!headway_parse_id(text, &search.id))
		return search.id;
	if (!length)
		exit(say_usage("%s%s'' is not a record id: is a variable empty or not set?", option,
			       colon));
	is_beginning = strspn(text, "0123456789abcdefABCDEF-") == length;
	if (is_beginning && length >= PREFIX_AT_LEAST)
		search.prefix = length;
	suggest_start(&search.suggestion, text, length);
	error = headway_each(arena, search_one, &search);
	if (error < 0)
		exit(say_failed("%s", headway_strerror(error)));
	if (search.count > 1)
		exit(say_usage("%s%s'%s' stands for %zu records:%s%s", option, colon, text,
			       search.count, search.matches, search.count > 3 ? " ..." : ""));
	if (!search.count)
		exit(say_failed("%s%s'%.80s%s' is not a record id, nor the beginning of one%s, nor "
				"the name of a record%s",
				option, colon, text, length > 80 ? "..." : "",
				is_beginning && !search.prefix ? " (at least 4 digits)" : "",
				search.suggestion.hint));
	return search.id;
}

struct writer writer_open(const char *arena_name, const char *operand)
{
	struct writer writer = {.arena = arena_open(arena_name, HEADWAY_EXISTING)};
	int error;

	writer.id = record_operand(writer.arena, operand);
	error = headway_resume(writer.arena, &writer.id, &writer.record);
	if (error) {
		(void)record_failed(&writer.id, error);
		headway_close(writer.arena);
		exit(EXIT_FAILED);
	}
	return writer;
}

void writer_close(struct writer *writer)
{
	headway_release(writer->record);
	headway_close(writer->arena);
}

int writer_counter(const struct writer *writer, const char *name, unsigned *index, uint64_t *value)
{
	struct headway_snapshot *snapshot = NULL;
	int error = record_read(writer->arena, &writer->id, &snapshot);
	uint64_t place = UINT64_MAX;
	struct suggestion suggestion;

	if (error)
		return record_result(writer->record, &writer->id, error);
	suggest_start(&suggestion, name, strlen(name));
	if (unit_parse_count(name, &place))
		place = UINT64_MAX;
	for (size_t i = 0; i < snapshot->counter_count; i++) {
		const char *known = snapshot->counter_names[i];

		suggest_word(&suggestion, "", known, strlen(known));
		if (!strcmp(known, name))
			place = i;
	}
	if (place < snapshot->counter_count) {
		*index = (unsigned)place;
		*value = snapshot->counters[place];
	}
	error = place < snapshot->counter_count
			? EXIT_OK
			: say_failed("the record has no counter '%s'%s", name, suggestion.hint);
	headway_snapshot_free(snapshot);
	return error;
}

static int is_foreign(struct headway_arena *arena, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;
	int error = record_read(arena, id, &snapshot);

	headway_snapshot_free(snapshot);
	return error == -ENOENT;
}

int record_parent(struct headway_arena *arena, const char *option, struct headway_id *parent)
{
	const char *inherited = getenv("HEADWAY_PARENT");

	if (option) {
		*parent = record_option(arena, "--parent", option);
		return is_foreign(arena, parent) ? -ENOENT : 1;
	}
	if (!inherited || !*inherited)
		return 0;
	if (headway_parse_id(inherited, parent)) {
		say("warning: HEADWAY_PARENT is '%s', which is not a record id: the record has no "
		    "parent",
		    inherited);
		return 0;
	}
	if (!is_foreign(arena, parent))
		return 0;
	say("warning: HEADWAY_PARENT is '%s', a record that is not in this arena: the record has "
	    "no parent",
	    inherited);
	return 0;
}

/* ---- messages -------------------------------------------------------------------------- */

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

/* What 'headway run' measures. */
static int is_measured(const char *key)
{
	static const char *const keys[] = {"Exit status", "Signal", "User time", "System time",
					   "Max memory"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(keys[i], key))
			return 1;
	return 0;
}

const struct headway_message *snapshot_last_message(const struct headway_snapshot *snapshot)
{
	size_t count = snapshot->message_count;

	for (size_t i = count; i-- > 0;)
		if (!is_measured(snapshot->messages[i].key))
			return &snapshot->messages[i];
	return count ? &snapshot->messages[count - 1] : NULL;
}
