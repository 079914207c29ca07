/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader/view.h"

#include <stdlib.h>
#include <string.h>

#include "shared/json.h"
#include "snapshot/fingerprint.h"

enum {
	COUNTERS_MOST = 6,
	SEEN_ID = 1,
	SEEN_STATUS = 2,
	SEEN_NAME = 4,
	SEEN_VERSION = 8,
	SEEN_STARTED = 16,
	SEEN_URL = 32,
	SEEN_MESSAGES = 64,
	SEEN_FULL = 127,
	SEEN_VIEW = 98
};

struct view {
	struct headway_snapshot s; /* the members that the fingerprint covers */
	uint64_t counters[COUNTERS_MOST];
	char *name;
	struct json_part elapsed;
	int64_t elapsed_ns;
	unsigned seen;
};

static int status_of(struct json_part value)
{
	return json_is(value, "\"Running\"")    ? HEADWAY_RUNNING
	       : json_is(value, "\"Finished\"") ? HEADWAY_FINISHED
	       : json_is(value, "\"Error\"")    ? HEADWAY_ERROR
						: 0;
}

/* Remember that a required member was seen; false: it is there twice. */
static bool once(struct view *v, unsigned bit)
{
	bool is_first = !(v->seen & bit);

	v->seen |= bit;
	return is_first;
}

static bool is_array(struct json_part value)
{
	return value.length >= 2 && value.text[0] == '[';
}

static bool is_text(struct json_part value)
{
	return value.length >= 2 && value.text[0] == '"';
}

/* Check a member that both views have; *is_one: it is one of those.  false: its value is not valid. */
static bool view_member(struct view *v, struct json_part key, struct json_part value, bool *is_one)
{
	*is_one = true;
	if (json_is(key, "status")) {
		v->s.status = status_of(value);
		return once(v, SEEN_STATUS) && v->s.status;
	}
	if (json_is(key, "messages"))
		return once(v, SEEN_MESSAGES) && is_array(value);
	if (json_is(key, "url"))
		return once(v, SEEN_URL) && is_text(value);
	*is_one = json_is(key, "results");
	return true;
}

static bool status_member(struct json_part key, struct json_part value, void *argument)
{
	bool is_one;

	return view_member(argument, key, value, &is_one);
}

static bool owner_member(struct json_part key, struct json_part value, void *argument)
{
	struct view *v = argument;

	if (json_is(key, "alive"))
		v->s.owner_alive = json_is(value, "true") ? 1 : json_is(value, "false") ? 0 : -1;
	return true;
}

static bool counter_member(struct json_part key, struct json_part value, void *argument)
{
	struct view *v = argument;

	(void)key;
	return v->s.counter_count < COUNTERS_MOST &&
	       json_number(value, &v->counters[v->s.counter_count++]);
}

static bool id_is(struct view *v, struct json_part value)
{
	char text[HEADWAY_ID_TEXT];
	struct headway_id id;

	if (!once(v, SEEN_ID) || value.length != HEADWAY_ID_TEXT + 1)
		return false;
	memcpy(text, value.text + 1, HEADWAY_ID_TEXT - 1);
	text[HEADWAY_ID_TEXT - 1] = '\0';
	return headway_parse_id(text, &id) == 0 && memcmp(&id, &v->s.id, sizeof(id)) == 0;
}

static bool name_is(struct view *v, struct json_part value)
{
	if (!once(v, SEEN_NAME))
		return false;
	v->name = json_text(value);
	return v->name;
}

static bool time_member(struct view *v, struct json_part key, struct json_part value, bool *is_one)
{
	*is_one = true;
	if (json_is(key, "started_at"))
		return once(v, SEEN_STARTED) && json_time(value, &v->s.started_ns);
	if (json_is(key, "updated_at"))
		return json_time(value, &v->s.updated_ns);
	if (json_is(key, "finished_at"))
		return json_time(value, &v->s.finished_ns);
	*is_one = false;
	return true;
}

/* Unknown members are passed on unchanged: later versions add some. */
static bool full_member(struct json_part key, struct json_part value, void *argument)
{
	struct view *v = argument;
	bool is_one, is_good = view_member(v, key, value, &is_one);

	if (!is_one)
		is_good = time_member(v, key, value, &is_one);
	if (is_one)
		return is_good;
	if (json_is(key, "id"))
		return id_is(v, value);
	if (json_is(key, "name"))
		return name_is(v, value);
	if (json_is(key, "version"))
		return once(v, SEEN_VERSION) && json_number(value, &v->s.version);
	if (json_is(key, "done"))
		return json_number(value, &v->s.done);
	if (json_is(key, "total"))
		return json_number(value, &v->s.total);
	if (json_is(key, "elapsed_seconds") && json_seconds(value, &v->elapsed_ns))
		v->elapsed = value;
	if (json_is(key, "lost"))
		v->s.lost = json_is(value, "true");
	if (json_is(key, "counters"))
		return json_object(value, counter_member, v);
	if (json_is(key, "owner") && !json_is(value, "null"))
		return json_object(value, owner_member, v);
	return !json_is(key, "host") && !json_is(key, "host_alive"); /* the reader adds these */
}

static struct item *make(const struct view *v, struct json_part full, struct json_part status,
			 const char *host, bool host_alive)
{
	struct item *item = item_of_views(full.text, full.length, status.text, status.length + 1,
					  v->name, host, host_alive);
	uint64_t fingerprint = snapshot_fingerprint(&v->s);

	if (!item)
		return NULL;
	item->id = v->s.id;
	item->status = v->s.status;
	item->lost = v->s.lost;
	item->version = v->s.version;
	item->done = v->s.done;
	item->total = v->s.total;
	item->started_ns = v->s.started_ns;
	item->updated_ns = v->s.updated_ns;
	item->finished_ns = v->s.finished_ns;
	item->read_ns = item->serialized_ns;
	item->elapsed_ns = v->elapsed_ns;
	item->elapsed_length = v->elapsed.length;
	item->elapsed_at = v->elapsed.length ? (size_t)(v->elapsed.text - full.text) : 0;
	item->fingerprint = host_alive ? fingerprint : ~fingerprint;
	return item;
}

struct item *view_item(const char *data, size_t length, const struct headway_id *id,
		       const char *host, bool host_alive)
{
	struct view full = {.s = {.id = *id, .owner_alive = -1}}, status = {.seen = 0};
	const char *line = memchr(data, '\n', length);
	struct json_part first, second;
	struct item *item = NULL;

	if (!line || length < 4 || data[length - 1] != '\n' || line == data + length - 1)
		return NULL;
	first = (struct json_part){data, (size_t)(line - data)};
	second = (struct json_part){line + 1, length - first.length - 2};
	full.s.counters = full.counters;
	if (*first.text == '{' && first.text[first.length - 1] == '}' &&
	    json_object(first, full_member, &full) && full.seen == SEEN_FULL &&
	    json_object(second, status_member, &status) && status.seen == SEEN_VIEW &&
	    status.s.status == full.s.status)
		item = make(&full, first, second, host, host_alive);
	free(full.name);
	return item;
}
