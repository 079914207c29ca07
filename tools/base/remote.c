/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/remote.h"

#include "base/record.h"
#include "base/say.h"
#include "base/stop.h"
#include "shared/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char trouble[1024];

static int fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(trouble, sizeof(trouble), format, arguments);
	va_end(arguments);
	return error;
}

const char *remote_trouble(void)
{
	return trouble;
}

int remote_result(const struct headway_id *id, int error)
{
	if (!error || error == -ENOENT || error == -ESTALE)
		return record_result(NULL, id, error);
	return say_failed("%s", trouble);
}

struct headway_id remote_operand(const char *text)
{
	struct headway_id id;

	if (headway_parse_id(text, &id))
		exit(say_usage("'%s' is not an id: with --url, ids are needed in full", text));
	return id;
}

#ifdef HEADWAY_CURL
#include "base/curl.h"

static const struct curl_calls *call;

/* A server that sends nothing for SILENCE_S is taken for lost. */
enum { COUNTERS_MOST = 6, CONNECT_S = 10, SILENCE_S = 20 };

/* ---- a full view as a snapshot ------------------------------------------------------------------- */

struct view {
	struct headway_snapshot s;
	struct headway_message *messages;
	size_t room;
	struct headway_id parent;
	char *strings[16]; /* to be freed */
	size_t string_count;
	uint64_t counters[COUNTERS_MOST];
	const char *counter_names[COUNTERS_MOST + 1];
	char *key;  /* of the message being read */
	char *host; /* of a fleet's record */
	int64_t elapsed_ns;
};

static const char *view_text(struct view *v, struct json_part value)
{
	char *text = json_text(value);

	if (!text || v->string_count == sizeof(v->strings) / sizeof(v->strings[0])) {
		free(text);
		return "";
	}
	v->strings[v->string_count++] = text;
	return text;
}

static bool message_member(struct json_part key, struct json_part value, void *argument)
{
	struct headway_message *message = argument;

	if (json_is(key, "key"))
		message->key = say_memory(json_text(value));
	else if (json_is(key, "value"))
		message->value = say_memory(json_text(value));
	return true;
}

static bool add_message(struct json_part value, void *argument)
{
	struct view *v = argument;
	struct headway_message *message;

	if (v->s.message_count == v->room) {
		v->room = v->room ? 2 * v->room : 16;
		v->messages = say_memory(realloc(v->messages, v->room * sizeof(*v->messages)));
	}
	message = &v->messages[v->s.message_count++];
	*message = (struct headway_message){NULL, NULL};
	return json_object(value, message_member, message) && message->key && message->value;
}

static bool counter_member(struct json_part key, struct json_part value, void *argument)
{
	struct view *v = argument;
	struct json_part quoted = {key.text - 1, key.length + 2};

	if (v->s.counter_count == COUNTERS_MOST ||
	    !json_number(value, &v->counters[v->s.counter_count]))
		return false;
	v->counter_names[v->s.counter_count++] = view_text(v, quoted);
	return true;
}

static bool owner_member(struct json_part key, struct json_part value, void *argument)
{
	struct view *v = argument;
	uint64_t number = 0;

	if (json_is(key, "pid") && json_number(value, &number))
		v->s.owner_pid = (uint32_t)number;
	else if (json_is(key, "command"))
		v->s.owner_command = view_text(v, value);
	else if (json_is(key, "alive"))
		v->s.owner_alive = json_is(value, "true") ? 1 : json_is(value, "false") ? 0 : -1;
	return true;
}

static bool cancel_member(struct json_part key, struct json_part value, void *argument)
{
	struct view *v = argument;

	if (json_is(key, "reason"))
		v->s.cancel_reason = view_text(v, value);
	else if (json_is(key, "at"))
		(void)json_time(value, &v->s.cancel_requested_ns);
	return true;
}

static bool id_of(struct json_part value, struct headway_id *id)
{
	char text[HEADWAY_ID_TEXT] = "";

	if (value.length == HEADWAY_ID_TEXT + 1)
		memcpy(text, value.text + 1, HEADWAY_ID_TEXT - 1);
	return headway_parse_id(text, id) == 0;
}

static bool text_member(struct view *v, struct json_part key, struct json_part value)
{
	if (json_is(key, "name"))
		v->s.name = view_text(v, value);
	else if (json_is(key, "unit"))
		v->s.unit = view_text(v, value);
	else if (json_is(key, "url"))
		v->s.url = view_text(v, value);
	else if (json_is(key, "status"))
		v->s.status = json_is(value, "\"Running\"")    ? HEADWAY_RUNNING
			      : json_is(value, "\"Finished\"") ? HEADWAY_FINISHED
							       : HEADWAY_ERROR;
	else
		return false;
	return true;
}

static bool number_member(struct view *v, struct json_part key, struct json_part value)
{
	if (json_is(key, "done"))
		(void)json_number(value, &v->s.done);
	else if (json_is(key, "total"))
		(void)json_number(value, &v->s.total);
	else if (json_is(key, "version"))
		(void)json_number(value, &v->s.version);
	else if (json_is(key, "started_at"))
		(void)json_time(value, &v->s.started_ns);
	else if (json_is(key, "updated_at"))
		(void)json_time(value, &v->s.updated_ns);
	else if (json_is(key, "finished_at"))
		(void)json_time(value, &v->s.finished_ns);
	else if (json_is(key, "elapsed_seconds"))
		(void)json_seconds(value, &v->elapsed_ns);
	else
		return false;
	return true;
}

static bool full_member(struct json_part key, struct json_part value, void *argument)
{
	struct view *v = argument;

	if (text_member(v, key, value) || number_member(v, key, value))
		return true;
	if (json_is(key, "id"))
		return id_of(value, &v->s.id);
	if (json_is(key, "messages"))
		return json_array(value, add_message, v);
	if (json_is(key, "results")) {
		v->s.results = value.text;
		v->s.results_length = value.length;
	}
	if (json_is(key, "counters"))
		return json_object(value, counter_member, v);
	if (json_is(key, "parent") && id_of(value, &v->parent))
		v->s.parent = &v->parent;
	if (json_is(key, "host") && !v->host)
		v->host = json_text(value);
	if (json_is(key, "lost"))
		v->s.lost = json_is(value, "true");
	if (json_is(key, "owner") && !json_is(value, "null"))
		return json_object(value, owner_member, v);
	if (json_is(key, "cancel_requested") && !json_is(value, "null"))
		return json_object(value, cancel_member, v);
	return true;
}

static void view_free(struct view *v)
{
	for (size_t i = 0; i < v->s.message_count; i++) {
		free((char *)(uintptr_t)v->messages[i].key);
		free((char *)(uintptr_t)v->messages[i].value);
	}
	free(v->messages);
	while (v->string_count)
		free(v->strings[--v->string_count]);
	free(v->host);
}

/* A snapshot has no host: it is told with the owner, "4711 rsync on web1". */
static char *owner_on_host(const struct view *v)
{
	char *text;

	return v->host && asprintf(&text, "%s on %s", v->s.owner_command, v->host) >= 0 ? text
											: NULL;
}

static int with_view(const char *json, size_t length, remote_record *fn, void *argument)
{
	struct view v = {
		.s = {.owner_alive = -1, .name = "", .unit = "", .url = "", .owner_command = ""}};
	char *owner;
	int result;

	if (!json_object((struct json_part){json, length}, full_member, &v)) {
		view_free(&v);
		return fail(-EIO, "the server's answer is not a record");
	}
	v.s.messages = v.messages;
	v.s.counters = v.counters;
	v.s.counter_names = v.counter_names;
	v.s.detached = !v.s.owner_pid;
	v.s.read_ns = v.s.started_ns + v.elapsed_ns;
	owner = owner_on_host(&v);
	if (owner)
		v.s.owner_command = owner;
	result = fn(&v.s, json, length, argument);
	free(owner);
	view_free(&v);
	return result;
}

/* ---- HTTP ---------------------------------------------------------------------------------------- */

struct body {
	char *text;
	size_t length;
};

static size_t take_body(char *bytes, size_t one, size_t count, void *argument)
{
	struct body *body = argument;

	body->text = say_memory(realloc(body->text, body->length + one * count + 1));
	memcpy(body->text + body->length, bytes, one * count);
	body->length += one * count;
	body->text[body->length] = '\0';
	return one * count;
}

/* "http://host:8080" and "http://host:8080/" mean the usual path of records. */
static void address(char *to, size_t size, const char *url, const char *rest)
{
	const char *host = strstr(url, "://"),
		   *path = host ? strchr(host + 3, '/') : strchr(url, '/');
	size_t length = strlen(url);
	int has_path = path && path[1];
	int fits = snprintf(to, size, "%s%s%s%s", url, url[length - 1] == '/' ? "" : "/",
			    has_path ? "" : "_/status/", rest) < (int)size;

	if (!fits)
		exit(say_usage("--url: '%.40s...' is too long", url));
}

static int stops(void *unused, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
	(void)unused;
	(void)total;
	(void)now;
	(void)up_total;
	(void)up;
	return stop_requested() != 0;
}

static struct curl_slist *request_headers(void)
{
	struct curl_slist *headers =
		call->slist_append(NULL, "Accept: application/x-ndjson, application/json;q=0.9");
	const char *token = getenv("HEADWAY_TOKEN");
	char line[640];

	headers = call->slist_append(headers, "Cache-Control: no-cache");
	if (token) {
		snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
		headers = call->slist_append(headers, line);
	}
	return headers;
}

static void configure(CURL *curl, struct body *body, long wait_ms, char why[CURL_ERROR_SIZE])
{
	call->reset(curl); /* which keeps its connections */
	call->setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	call->setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	call->setopt(curl, CURLOPT_WRITEDATA, body);
	call->setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	call->setopt(curl, CURLOPT_ERRORBUFFER, why);
	call->setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
	call->setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	call->setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S + wait_ms / 1000);
	call->setopt(curl, CURLOPT_XFERINFOFUNCTION, stops);
	call->setopt(curl, CURLOPT_NOPROGRESS, 0L);
	call->setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

/* An address that is none will not be better later. */
static bool may_pass(CURLcode code)
{
	return code != CURLE_UNSUPPORTED_PROTOCOL && code != CURLE_URL_MALFORMAT &&
	       code != CURLE_PEER_FAILED_VERIFICATION;
}

/* Returns the status, or a negative errno. */
static long get(const char *url, const char *rest, long wait_ms, struct body *body)
{
	static CURL *curl;
	struct curl_slist *headers;
	char whole[2048], why[CURL_ERROR_SIZE] = "";
	const char *missing = NULL;
	long status = 0;
	CURLcode code;

	call = curl_load(&missing);
	if (!call)
		return fail(-EIO, "--url needs libcurl, which cannot be loaded: %s",
			    missing ? missing : "it lacks a function");
	headers = request_headers();
	address(whole, sizeof(whole), url, rest);
	if (!curl)
		curl = say_memory(call->init());
	configure(curl, body, wait_ms, why);
	call->setopt(curl, CURLOPT_URL, whole);
	call->setopt(curl, CURLOPT_HTTPHEADER, headers);
	code = call->perform(curl);
	if (code == CURLE_OK)
		call->getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	else
		status = fail(may_pass(code) ? -EAGAIN : -EIO, "cannot read %.800s: %s", whole,
			      *why ? why : call->strerror(code));
	call->slist_free_all(headers);
	return status;
}

static bool problem_member(struct json_part key, struct json_part value, void *argument)
{
	if (json_is(key, "detail") && !*(char **)argument)
		*(char **)argument = json_text(value);
	return true;
}

static int refused(const char *url, long status, const struct body *body)
{
	size_t length = body->length;
	char *detail = NULL;
	int error;

	while (length && body->text[length - 1] == '\n')
		length--;
	if (length)
		(void)json_object((struct json_part){body->text, length}, problem_member, &detail);
	error = fail(status >= 500 || status == 429 ? -EAGAIN : -EIO, "%.400s answers %ld%s%.500s",
		     url, status, detail ? ": " : "", detail ? detail : "");
	free(detail);
	return error;
}

int remote_each(const char *url, remote_record *fn, void *argument)
{
	struct body body = {NULL, 0};
	long status = get(url, "", 0, &body);
	int result = status < 0 ? (int)status : status == 200 ? 0 : refused(url, status, &body);
	const char *line = body.text;

	while (result == 0 && line && *line) {
		size_t length = strcspn(line, "\n");

		result = with_view(line, length, fn, argument);
		line += length + (line[length] == '\n');
	}
	free(body.text);
	return result;
}

int remote_read(const char *url, const struct headway_id *id, long wait_ms, remote_record *fn,
		void *argument)
{
	char text[HEADWAY_ID_TEXT], rest[128];
	struct body body = {NULL, 0};
	long status;
	int result;

	(void)headway_format_id(id, text);
	snprintf(rest, sizeof(rest), "%s?view=full&wait=%ldms", text, wait_ms);
	status = get(url, rest, wait_ms, &body);
	if (status == 404 || status == 410)
		result = status == 404 ? -ENOENT : -ESTALE;
	else if (status == 200 && body.length)
		result = with_view(body.text, strcspn(body.text, "\n"), fn, argument);
	else
		result = status < 0 ? (int)status : refused(url, status, &body);
	free(body.text);
	return result;
}
#else
static int is_missing(void)
{
	return fail(-EIO, "--url: this program was built without libcurl; install "
			  "libcurl4-openssl-dev and make it again");
}

int remote_each(const char *url, remote_record *fn, void *argument)
{
	(void)url;
	(void)fn;
	(void)argument;
	return is_missing();
}

int remote_read(const char *url, const struct headway_id *id, long wait_ms, remote_record *fn,
		void *argument)
{
	(void)url;
	(void)id;
	(void)wait_ms;
	(void)fn;
	(void)argument;
	return is_missing();
}
#endif
