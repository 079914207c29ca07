/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole list is sent from the generation's own memory, with a reference that the reply's free
 * callback drops; a choice has a text of its own, and holds nothing.
 */
#include "answer/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "snapshot/list_text.h"
#include "snapshot/collector.h"
#include "answer/etag.h"
#include "base/gzip.h"
#include "snapshot/transfers.h"
#include "base/options.h"
#include "answer/query.h"
#include "answer/record.h"
#include "answer/reply.h"
#include "answer/select.h"

#define LIST_DEADLINE_NS (10 * SECOND_NS)

static bool walk_is_due(struct parked *parked, const struct generation *g, int64_t walked_ns)
{
	(void)g;
	return walked_ns >= caa_container_of(parked, struct request, parked)->since_ns;
}

/* A client that says so does not want to see anything older than its request. */
static bool wants_newest(struct request *request)
{
	const char *control = header_get(request->connection, "Cache-Control");

	return control && strcasestr(control, "no-cache");
}

struct generation *list_generation(struct request *request, enum MHD_Result *result)
{
	struct generation *g;
	int64_t since_ns;

	if (request->since_ns == 0)
		request->since_ns = wants_newest(request)
					    ? request->arrived_ns
					    : request->arrived_ns -
						      options.period_ms * MILLISECOND_NS;
	g = collector_latest(request->since_ns);
	if (g)
		return g;
	request->parked.is_due = walk_is_due;
	*result = MHD_YES;
	since_ns = request->since_ns; /* once it is parked, the request is not ours any more */
	if (request->parked.why == PARK_TIMEOUT)
		*result = problem(request, 503, "the arena could not be read in time");
	else if (!request_park(request, request->arrived_ns + LIST_DEADLINE_NS))
		*result = problem(request, 503, "the server is about to end");
	else
		collector_want(since_ns);
	return NULL;
}

static bool news_is_due(struct parked *parked, const struct generation *g, int64_t walked_ns)
{
	(void)walked_ns;
	return g->change > caa_container_of(parked, struct request, parked)->change || g->error;
}

/* ?wait=: true when the connection was suspended, until the choice shows something else. */
static bool wait_more(struct request *request, int64_t wait, const struct generation *g,
		      uint64_t mark, const char *etag)
{
	const char *tags = header_get(request->connection, "If-None-Match");

	if (wait == 0)
		return false;
	if (request->waiting) {
		if (request->parked.why != PARK_DUE || request->mark != mark)
			return false;
	} else {
		if (tags && !etag_matches(tags, etag))
			return false;
		request->waiting = true;
		request->mark = mark;
		request->deadline_ns = request->arrived_ns + wait;
	}
	request->change = g->change;
	request->parked.is_due = news_is_due;
	return request_park(request, request->deadline_ns);
}

static int fd_of(struct request *request)
{
	return MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

/* The whole list, from where it is.  Takes over the reference to g. */
static struct MHD_Response *whole_body(struct request *request, struct generation *g, bool lines,
				       bool packed)
{
	const struct text *body = body_whole(g, lines, packed);
	struct MHD_Response *response;
	struct held *held;

	if (!body) {
		generation_put(g);
		return NULL;
	}
	held = held_take(g, fd_of(request));
	if (!held)
		return NULL;
	response = MHD_create_response_from_buffer_with_free_callback_cls(body->length, body->data,
									  held_drop, held);
	if (!response)
		held_drop(held);
	return response;
}

/* A choice, in a text of its own.  Takes over the reference to g. */
static struct MHD_Response *chosen_body(struct generation *g, struct item *const *items,
					size_t count, bool lines, bool packed)
{
	struct text text = body_make(items, count, lines), plain;

	generation_put(g);
	if (packed && !text.failed) {
		plain = text;
		text = gzip_text(plain.data, plain.length, 1);
		text_free(&plain);
	}
	return reply_text(&text);
}

/* The way to the next page: the same query with another token. */
static void link_next(struct request *request, struct MHD_Response *response, const char *token)
{
	const char *query = strchr(request->target, '?');
	struct text link = {0};

	text_put(&link, "<?");
	for (query = query ? query + 1 : ""; *query;) {
		size_t length = strcspn(query, "&");

		if (length && strncmp(query, "page_token=", 11) != 0) {
			text_add(&link, query, length);
			text_put(&link, "&");
		}
		query += length;
		query += *query == '&';
	}
	text_format(&link, "page_token=%s>; rel=\"next\"", token);
	if (!link.failed && !strpbrk(link.data, "\r\n"))
		reply_header(response, "Link", link.data);
	text_free(&link);
	reply_header(response, "Headway-Next-Page", token);
}

static void list_headers(struct MHD_Response *response, const char *etag, bool lines)
{
	reply_header(response, "Content-Type", lines ? TYPE_NDJSON : TYPE_JSON);
	reply_header(response, "ETag", etag);
	reply_header(response, "Cache-Control", "no-cache");
	reply_header(response, "Vary", "Accept, Accept-Encoding");
}

static size_t bytes_of(struct item *const *items, size_t count)
{
	size_t bytes = 0;

	for (size_t i = 0; i < count && bytes < GZIP_LEAST; i++)
		bytes += items[i]->text_length;
	return bytes;
}

/* Takes over the reference to g. */
static enum MHD_Result send_list(struct request *request, const struct selection *s,
				 struct generation *g, struct item **items, size_t count, bool more,
				 const char *etag)
{
	bool lines = header_accepts(header_get(request->connection, "Accept"), TYPE_NDJSON);
	bool packed = bytes_of(items, count) >= GZIP_LEAST && gzip_wanted(request->connection);
	char *token = more ? select_token(s, items[count - 1]) : NULL;
	struct MHD_Response *response;

	if (select_is_whole(s))
		response = whole_body(request, g, lines, packed);
	else
		response = chosen_body(g, items, count, lines, packed);
	if (response) {
		list_headers(response, etag, lines);
		if (packed)
			reply_header(response, "Content-Encoding", "gzip");
		if (token)
			link_next(request, response, token);
	}
	free(token);
	return reply_send(request, 200, response);
}

static enum MHD_Result send_not_modified(struct request *request, const char *etag)
{
	struct MHD_Response *response = reply_static("", 0);

	reply_header(response, "ETag", etag);
	reply_header(response, "Cache-Control", "no-cache");
	reply_header(response, "Vary", "Accept, Accept-Encoding");
	return reply_send(request, 304, response);
}

/* Takes over the reference to g. */
static enum MHD_Result list_from(struct request *request, const struct selection *s, int64_t wait,
				 struct generation *g)
{
	enum MHD_Result result;
	struct item **items;
	char etag[ETAG_BYTES];
	uint64_t mark = 0;
	size_t count = 0;
	bool more = false;

	items = select_items(s, g, &count, &more, &mark);
	if (!items) {
		generation_put(g);
		return MHD_NO;
	}
	snprintf(etag, sizeof(etag), "W/\"%" PRIx64 ".%" PRIx64 "\"", collector_epoch, mark);
	if (wait_more(request, wait, g, mark, etag)) {
		generation_put(g);
		result = MHD_YES;
	} else if (etag_matches(header_get(request->connection, "If-None-Match"), etag)) {
		generation_put(g);
		result = send_not_modified(request, etag);
	} else {
		result = send_list(request, s, g, items, count, more, etag);
	}
	free(items);
	return result;
}

enum MHD_Result list_get(struct request *request)
{
	struct selection selection;
	struct generation *g = NULL;
	enum MHD_Result result;
	int64_t wait;

	if (select_parse(request, &selection, &result) && records_wait(request, &wait, &result))
		g = list_generation(request, &result);
	if (g && g->error) {
		result = problem_no_arena(request, g->error);
		generation_put(g);
	} else if (g) {
		result = list_from(request, &selection, wait, g);
	}
	select_free(&selection);
	return result;
}
