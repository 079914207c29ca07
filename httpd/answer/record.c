/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/record.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/etag.h"
#include "snapshot/list_snapshot.h"
#include "base/options.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "snapshot/source.h"

/* A snapshot's memory, used again by every request of a server thread. */
static __thread struct headway_snapshot *scratch;
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void scratch_free(void *unused)
{
	(void)unused;
	headway_snapshot_free(scratch);
	scratch = NULL;
}

static void scratch_make_key(void)
{
	pthread_key_create(&scratch_key, scratch_free);
}

static int read_record(struct source *source, const struct headway_id *id)
{
	if (!scratch) {
		pthread_once(&scratch_once, scratch_make_key);
		pthread_setspecific(scratch_key, &scratch_key); /* any value: the end is told */
	}
	return source_read(source, id, &scratch);
}

static enum MHD_Result read_problem(struct request *request, const char *id, int rc)
{
	switch (rc) {
	case -ENOENT:
		return problem(request, 404, "no record %s: it never was in this arena", id);
	case -ESTALE:
		return problem(request, 410, "record %s is gone: its time is over", id);
	case -EAGAIN:
		return problem(request, 503, "record %s is changing too fast to be read", id);
	case -EBADMSG:
		return problem(request, 503, "record %s cannot be read: the arena is damaged", id);
	default:
		return problem(request, 500, "record %s cannot be read: %s", id,
			       headway_strerror(rc));
	}
}

/* A client that asks again and again: soon at first, then the slower the longer the work runs. */
static void hint_pace(struct MHD_Response *response, const struct headway_snapshot *s)
{
	int64_t seconds = (wall_ns() - s->started_ns) / SECOND_NS / 30;
	char text[24];

	if (s->status != HEADWAY_RUNNING)
		return;
	snprintf(text, sizeof(text), "%" PRId64,
		 seconds < 1    ? INT64_C(1)
		 : seconds > 10 ? INT64_C(10)
				: seconds);
	reply_header(response, "Retry-After", text);
}

static struct MHD_Response *body(const struct headway_snapshot *s, bool full)
{
	int (*write_json)(const struct headway_snapshot *, char *,
			  size_t) = full ? headway_json_full : headway_json;
	struct MHD_Response *response;
	size_t size = 1024;
	char *text = malloc(size);
	int length = text ? write_json(s, text, size) : -ENOMEM;

	if (length >= (int)size) {
		free(text);
		size = (size_t)length + 1;
		text = malloc(size);
		length = text ? write_json(s, text, size) : -ENOMEM;
	}
	if (length < 0) {
		free(text);
		return NULL;
	}
	response = MHD_create_response_from_buffer((size_t)length, text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(text);
	return response;
}

static enum MHD_Result send_record(struct request *request, const struct headway_snapshot *s,
				   bool full, const char *etag)
{
	bool same = etag_matches(header_get(request->connection, "If-None-Match"), etag);
	struct MHD_Response *response = same ? reply_static("", 0) : body(s, full);

	reply_header(response, "ETag", etag);
	reply_header(response, "Cache-Control", "no-cache");
	if (!same)
		reply_header(response, "Content-Type", TYPE_JSON);
	if (response)
		hint_pace(response, s);
	return reply_send(request, same ? 304 : 200, response);
}

/* What the status view depends on, in one number; the full view has its fingerprint. */
static uint64_t status_mark(uint64_t version, int status)
{
	return version << 4 | (uint64_t)status;
}

static uint64_t mark(const struct headway_snapshot *s, bool full)
{
	return full ? etag_fingerprint(s) : status_mark(s->version, s->status);
}

static bool wait_is_due(struct parked *parked, const struct generation *g, int64_t walked_ns,
			bool full)
{
	const struct request *request = caa_container_of(parked, struct request, parked);
	const struct item *item;

	if (walked_ns < request->since_ns)
		return false; /* older than what the client is told already */
	item = generation_find(g, &request->id);
	if (!item || g->error)
		return true; /* gone, most likely: another look will tell */
	return request->mark !=
	       (full ? item->fingerprint : status_mark(item->version, item->status));
}

static bool status_is_due(struct parked *parked, const struct generation *g, int64_t walked_ns)
{
	return wait_is_due(parked, g, walked_ns, false);
}

static bool full_is_due(struct parked *parked, const struct generation *g, int64_t walked_ns)
{
	return wait_is_due(parked, g, walked_ns, true);
}

bool records_wait(struct request *request, int64_t *ns, enum MHD_Result *result)
{
	const char *wait = query_get(request->connection, "wait");
	int64_t most = options.max_wait_s * SECOND_NS;

	*ns = 0;
	if (wait && !query_duration(wait, ns)) {
		*result = problem(request, 400, "wait: '%s' is not a time like 25s or 500ms", wait);
		return false;
	}
	if (!wait)
		request->preferred = header_wait(request->connection, ns);
	if (*ns > most)
		*ns = most;
	return true;
}

/* Does the client know this state of the record already? */
static bool is_known(struct request *request, const struct headway_snapshot *s, const char *etag,
		     const char *since)
{
	const char *tags = header_get(request->connection, "If-None-Match");

	if (since)
		return strtoull(since, NULL, 10) == s->version;
	return tags ? etag_matches(tags, etag) : true;
}

/* Wait on: true when the connection was suspended. */
static bool wait_more(struct request *request, const struct headway_snapshot *s, bool full,
		      int64_t wait, const char *etag, const char *since)
{
	if (s->status != HEADWAY_RUNNING || wait == 0)
		return false;
	if (request->waiting) {
		if (request->parked.why != PARK_DUE || request->mark != mark(s, full))
			return false;
	} else {
		if (!is_known(request, s, etag, since))
			return false;
		request->waiting = true;
		request->deadline_ns = request->arrived_ns + wait;
		request->mark = mark(s, full);
		request->id = s->id;
		request->parked.is_due = full ? full_is_due : status_is_due;
	}
	request->since_ns = now_ns();
	return request_park(request, request->deadline_ns);
}

/* ?view=: false after a 400. */
static bool parse_view(struct request *request, bool *full, enum MHD_Result *result)
{
	const char *view = query_get(request->connection, "view");

	*full = view && strcmp(view, "full") == 0;
	if (!view || *full || strcmp(view, "status") == 0)
		return true;
	*result = problem(request, 400, "view: '%s' is neither status nor full", view);
	return false;
}

static bool parse_since(struct request *request, const char **since, enum MHD_Result *result)
{
	uint64_t number;

	*since = query_get(request->connection, "since");
	if (!*since || parse_number(*since, 0, UINT64_MAX, &number))
		return true;
	*result = problem(request, 400, "since: '%s' is not a version number", *since);
	return false;
}

enum MHD_Result records_get(struct request *request, const char *text)
{
	char etag[ETAG_BYTES];
	enum MHD_Result result;
	struct headway_id id;
	struct source *source;
	const char *since;
	int64_t wait;
	bool full;
	int rc;

	if (headway_parse_id(text, &id) != 0)
		return problem(request, 400, "'%.80s' is not a record id (36 characters, a UUID)",
			       text);
	if (!parse_view(request, &full, &result) || !records_wait(request, &wait, &result) ||
	    !parse_since(request, &since, &result))
		return result;
	source = source_get(&rc);
	if (!source)
		return problem_no_arena(request, rc);
	rc = read_record(source, &id);
	source_put(source);
	if (rc < 0)
		return read_problem(request, text, rc);
	if (full)
		etag_full(scratch, etag);
	else
		etag_status(scratch, etag);
	if (wait_more(request, scratch, full, wait, etag, since))
		return MHD_YES;
	return send_record(request, scratch, full, etag);
}
