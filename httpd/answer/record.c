/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/etag.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "answer/wait.h"
#include "base/clock.h"
#include "base/parse.h"
#include "snapshot/list_snapshot.h"
#include "snapshot/origin.h"

static enum MHD_Result read_problem(struct request *request, const char *id, int rc)
{
	switch (rc) {
	case -ENOENT:
		return reply_problem(request, 404,
				     origin_fleet ? "no record %s: no host has it"
						  : "no record %s: it never was in this arena",
				     id);
	case -ESTALE:
		return reply_problem(request, 410,
				     "record %s is gone: it was removed, or its time is over", id);
	case -EAGAIN:
		return reply_problem(request, 503, "record %s is changing too fast to be read", id);
	case -EBADMSG:
		return reply_problem(request, 503, "record %s cannot be read: the arena is damaged",
				     id);
	default:
		return reply_problem(request, 500, "record %s cannot be read: %s", id,
				     headway_strerror(rc));
	}
}

/* Retry-After for clients that poll: 1 s at first, up to 10 s for a record that has been running
 * for long. */
static void add_retry_after(struct MHD_Response *response, const struct reading *s)
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

static struct MHD_Response *snapshot_body(const struct headway_snapshot *s, bool full)
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

/* As its host wrote it. */
static struct MHD_Response *item_body(const struct item *item, bool full)
{
	struct text text = {0};

	if (full)
		text_add(&text, item->text + ITEM_LEAD, item->text_length - ITEM_LEAD);
	else
		text_add(&text, item->status_view, item->status_length);
	return reply_text(&text);
}

static struct MHD_Response *body(const struct reading *r, bool full)
{
	return r->item ? item_body(r->item, full) : snapshot_body(r->snapshot, full);
}

static enum MHD_Result send_record(struct request *request, const struct reading *s, bool full,
				   const char *etag)
{
	bool same = etag_matches(header_get(request, "If-None-Match"), etag);
	struct MHD_Response *response;

	if (!etag_allowed(header_get(request, "If-Match"), etag))
		return reply_problem(request, 412, PRECONDITION_FAILED);
	response = same ? reply_not_modified() : body(s, full);
	reply_header(response, "ETag", etag);
	reply_header(response, "Cache-Control", "no-cache");
	if (!same)
		reply_header(response, "Content-Type", TYPE_JSON);
	if (response)
		add_retry_after(response, s);
	return reply_send(request, same ? 304 : 200, response);
}

/* The state of the status view as one number; the full view has the fingerprint. */
static uint64_t status_state(uint64_t version, int status)
{
	return version << 4 | (uint64_t)status;
}

static uint64_t record_state(const struct reading *s, bool full)
{
	return full ? s->fingerprint : status_state(s->version, s->status);
}

static bool wait_is_due(struct waiter *waiter, const struct list_snapshot *snap, int64_t walked_ns,
			bool full)
{
	const struct request *request = caa_container_of(waiter, struct request, waiter);
	const struct item *item;

	if (walked_ns < request->since_ns)
		return false; /* older than the answer that the client has */
	item = list_snapshot_find(snap, &request->id);
	if (!item || snap->error)
		return true; /* probably removed: the handler reads it again */
	return request->state !=
	       (full ? item->fingerprint : status_state(item->version, item->status));
}

static bool status_is_due(struct waiter *waiter, const struct list_snapshot *snap,
			  int64_t walked_ns)
{
	return wait_is_due(waiter, snap, walked_ns, false);
}

static bool full_is_due(struct waiter *waiter, const struct list_snapshot *snap, int64_t walked_ns)
{
	return wait_is_due(waiter, snap, walked_ns, true);
}

/* True if the client has this state of the record. */
static bool is_known(struct request *request, const struct reading *s, const char *etag,
		     const char *since)
{
	const char *tags = header_get(request, "If-None-Match");

	if (since)
		return strtoull(since, NULL, 10) == s->version;
	return tags ? etag_matches(tags, etag) : true;
}

/* True: the connection was suspended until the record changes. */
static bool wait_for_change(struct request *request, const struct reading *s, bool full,
			    int64_t wait_ns, bool is_known)
{
	if (s->status != HEADWAY_RUNNING ||
	    !wait_goes_on(request, wait_ns, is_known, record_state(s, full)))
		return false;
	request->id = s->id;
	request->waiter.is_due = full ? full_is_due : status_is_due;
	request->since_ns = now_ns();
	return request_suspend(request, request->deadline_ns);
}

/* Parses ?view=. False after a 400. */
static bool parse_view(struct request *request, bool *full, enum MHD_Result *result)
{
	const char *view = query_get(request->connection, "view");

	*full = view && strcmp(view, "full") == 0;
	if (!view || *full || strcmp(view, "status") == 0)
		return true;
	*result = reply_problem(request, 400, "view: '%s' is neither status nor full", view);
	return false;
}

static bool parse_since(struct request *request, const char **since, enum MHD_Result *result)
{
	uint64_t number;

	*since = query_get(request->connection, "since");
	if (!*since || parse_number(*since, 0, UINT64_MAX, &number))
		return true;
	*result = reply_problem(request, 400, "since: '%s' is not a version number", *since);
	return false;
}

enum MHD_Result records_get(struct request *request, const char *text)
{
	char etag[ETAG_BYTES];
	enum MHD_Result result;
	struct reading reading;
	struct headway_id id;
	const char *since;
	int64_t wait;
	bool full;
	int rc, error;

	if (headway_parse_id(text, &id) != 0)
		return reply_problem(request, 404,
				     "no record '%.80s': an id has 36 characters (a UUID)", text);
	if (!parse_view(request, &full, &result) || !wait_parse(request, &wait, &result) ||
	    !parse_since(request, &since, &result))
		return result;
	rc = origin_read(&id, &reading, &error);
	if (rc > 0)
		return reply_no_arena(request, error);
	if (rc < 0)
		return read_problem(request, text, rc);
	if (full)
		etag_full(&reading, etag);
	else
		etag_status(&reading, etag);
	if (wait_for_change(request, &reading, full, wait,
			    is_known(request, &reading, etag, since)))
		result = MHD_YES;
	else
		result = send_record(request, &reading, full, etag);
	origin_done(&reading);
	return result;
}
