/* SPDX-License-Identifier: BSD-3-Clause */
#include "shared/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "shared/json.h"

static const char key_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_=/";

static bool ends_in_id(const char *host)
{
	const char *dot = strrchr(host, '.');
	struct headway_id id;

	return headway_parse_id(dot ? dot + 1 : host, &id) == 0;
}

const char *wire_host_fault(const char *host)
{
	size_t length = strlen(host);

	if (length == 0 || length >= WIRE_HOST_BYTES)
		return "a name must have 1 to 255 bytes";
	if (host[0] == '.' || host[length - 1] == '.' || strstr(host, ".."))
		return "a dot must be between other characters";
	for (const char *c = host; *c; c++) {
		if (*c != '.' && !strchr(key_characters, *c))
			return "it may have letters, digits, '-', '_', '=', '/' and '.' only";
	}
	return ends_in_id(host) ? "it may not end in a UUID" : NULL;
}

const char *wire_bucket_fault(const char *bucket)
{
	size_t length = strlen(bucket);

	if (length == 0 || length >= WIRE_BUCKET_BYTES)
		return "a name must have 1 to 63 bytes";
	return strspn(bucket, key_characters) == length && !strpbrk(bucket, "=/")
		       ? NULL
		       : "it may have letters, digits, '-' and '_' only";
}

void wire_subject(char subject[WIRE_SUBJECT_BYTES], const char *bucket, const char *host,
		  const struct headway_id *id)
{
	char text[HEADWAY_ID_TEXT] = "";

	if (id)
		headway_format_id(id, text);
	snprintf(subject, WIRE_SUBJECT_BYTES, "$KV.%s.%s%s%s", bucket, host, id ? "." : "", text);
}

bool wire_key(const char *subject, const char *bucket, char host[WIRE_HOST_BYTES],
	      struct headway_id *id, bool *is_record)
{
	size_t length = strlen(bucket);
	const char *key, *dot;

	if (strncmp(subject, "$KV.", 4) != 0 || strncmp(subject + 4, bucket, length) != 0 ||
	    subject[4 + length] != '.')
		return false;
	key = subject + 5 + length;
	dot = strrchr(key, '.');
	*is_record = dot && headway_parse_id(dot + 1, id) == 0;
	length = *is_record ? (size_t)(dot - key) : strlen(key);
	if (length == 0 || length >= WIRE_HOST_BYTES)
		return false;
	memcpy(host, key, length);
	host[length] = '\0';
	return !wire_host_fault(host);
}

static void add_view(struct text *text, const struct headway_snapshot *s,
		     int (*view)(const struct headway_snapshot *, char *, size_t))
{
	int length = view(s, NULL, 0);
	char *room = length < 0 ? NULL : text_room(text, (size_t)length);

	if (!room) {
		text->failed = true;
		return;
	}
	view(s, room, (size_t)length + 1);
	text->length += (size_t)length;
}

void wire_record(struct text *text, const struct headway_snapshot *s)
{
	add_view(text, s, headway_json_full);
	add_view(text, s, headway_json);
}

void wire_heartbeat(struct text *text, const struct heartbeat *h)
{
	time_t seconds = (time_t)(h->time_ns / SECOND_NS);
	char date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	text_put(text, "{\"host\":");
	text_json(text, h->host);
	text_put(text, ",\"arena\":");
	if (*h->arena)
		text_json(text, h->arena);
	else
		text_put(text, "null");
	text_format(text,
		    ",\"boot_id\":\"%s\",\"time\":\"%s.%03dZ\",\"period_seconds\":%" PRId64
		    ".%03d,\"records\":%" PRIu64 ",\"run\":\"%s\",\"pid\":%" PRIu64
		    ",\"pid_namespace\":%" PRIu64 ",\"stopped\":%s,\"version\":\"%s\"}\n",
		    h->boot_id, date, (int)(h->time_ns % SECOND_NS / MILLISECOND_NS),
		    (int64_t)(h->period_ns / SECOND_NS),
		    (int)(h->period_ns % SECOND_NS / MILLISECOND_NS), h->records, h->run, h->pid,
		    h->pid_namespace, h->stopped ? "true" : "false", headway_version());
}

/* Decode a string that fits. */
static bool take_text(struct json_part value, char *to, size_t size)
{
	char *text = json_text(value);
	bool fits = text && strlen(text) < size;

	if (fits)
		strcpy(to, text);
	free(text);
	return fits;
}

static bool heartbeat_member(struct json_part key, struct json_part value, void *argument)
{
	struct heartbeat *h = argument;

	if (json_is(key, "host"))
		return take_text(value, h->host, sizeof(h->host));
	if (json_is(key, "arena"))
		return json_is(value, "null") || take_text(value, h->arena, sizeof(h->arena));
	if (json_is(key, "boot_id"))
		return take_text(value, h->boot_id, sizeof(h->boot_id));
	if (json_is(key, "run"))
		return take_text(value, h->run, sizeof(h->run));
	if (json_is(key, "time"))
		return json_time(value, &h->time_ns);
	if (json_is(key, "period_seconds"))
		return json_seconds(value, &h->period_ns);
	if (json_is(key, "records"))
		return json_number(value, &h->records);
	if (json_is(key, "pid"))
		return json_number(value, &h->pid);
	if (json_is(key, "pid_namespace"))
		return json_number(value, &h->pid_namespace);
	if (json_is(key, "stopped"))
		h->stopped = json_is(value, "true");
	return true;
}

bool wire_heartbeat_parse(const char *data, size_t length, struct heartbeat *h)
{
	*h = (struct heartbeat){0};
	length -= length > 0 && data[length - 1] == '\n';
	return json_object((struct json_part){data, length}, heartbeat_member, h) && *h->host &&
	       h->period_ns > 0;
}
