/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole list is sent from the snapshot's memory, with a reference that the reply's free
 * callback drops. A selection is copied to a text of its own and needs no reference. */
#include "answer/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "answer/etag.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "answer/select.h"
#include "answer/wait.h"
#include "base/gzip.h"
#include "base/text.h"
#include "snapshot/collector.h"
#include "snapshot/list_snapshot.h"
#include "snapshot/list_text.h"
#include "snapshot/transfers.h"

static bool change_is_due(struct waiter *waiter, const struct list_snapshot *snap,
			  int64_t walked_ns)
{
	(void)walked_ns;
	return snap->change > caa_container_of(waiter, struct request, waiter)->change ||
	       snap->error;
}

/* True: the connection was suspended until the selection changes. */
static bool wait_for_change(struct request *request, int64_t wait_ns,
			    const struct list_snapshot *snap, uint64_t state, const char *etag)
{
	const char *tags = header_get(request, "If-None-Match");

	if (!wait_goes_on(request, wait_ns, !tags || etag_matches(tags, etag), state))
		return false;
	request->change = snap->change;
	request->waiter.is_due = change_is_due;
	return request_suspend(request, request->deadline_ns);
}

static int fd_of(struct request *request)
{
	return MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

/* The whole list, from the snapshot.  Takes over the reference to snap. */
static struct MHD_Response *whole_body(struct request *request, struct list_snapshot *snap,
				       bool lines, bool compressed)
{
	const struct text *body = list_text_whole(snap, lines, compressed);
	struct MHD_Response *response;
	struct transfer *transfer;

	if (!body) {
		list_snapshot_put(snap);
		return NULL;
	}
	transfer = transfer_begin(snap, fd_of(request));
	if (!transfer)
		return NULL;
	response = MHD_create_response_from_buffer_with_free_callback_cls(body->length, body->data,
									  transfer_end, transfer);
	if (!response)
		transfer_end(transfer);
	return response;
}

/* A selection, in a text of its own.  Takes over the reference to snap. */
static struct MHD_Response *chosen_body(struct list_snapshot *snap, struct item *const *items,
					size_t count, bool lines, bool compressed)
{
	struct text text = list_text_make(items, count, lines), plain;

	list_snapshot_put(snap);
	if (compressed && !text.failed) {
		plain = text;
		text = gzip_text(plain.data, plain.length, 1);
		text_free(&plain);
	}
	return reply_text(&text);
}

/* Link to the next page: the same query with another token. */
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

/* Takes over the reference to snap. */
static enum MHD_Result send_list(struct request *request, const struct selection *s,
				 struct list_snapshot *snap, const struct chosen *chosen,
				 const char *etag)
{
	bool lines = header_prefers(header_get(request, "Accept"), TYPE_NDJSON, TYPE_JSON);
	bool compressed = bytes_of(chosen->items, chosen->count) >= GZIP_LEAST &&
			  header_accepts_gzip(request);
	char *token = chosen->all > chosen->count ? select_token(s, chosen) : NULL;
	struct MHD_Response *response;

	if (chosen->all > chosen->count && !token) {
		list_snapshot_put(snap);
		return MHD_NO;
	}
	if (select_is_whole(s))
		response = whole_body(request, snap, lines, compressed);
	else
		response = chosen_body(snap, chosen->items, chosen->count, lines, compressed);
	if (response) {
		list_headers(response, etag, lines);
		if (compressed)
			reply_header(response, "Content-Encoding", "gzip");
		if (token)
			link_next(request, response, token);
	}
	free(token);
	return reply_send(request, 200, response);
}

static enum MHD_Result send_not_modified(struct request *request, const char *etag)
{
	struct MHD_Response *response = reply_not_modified();

	reply_header(response, "ETag", etag);
	reply_header(response, "Cache-Control", "no-cache");
	reply_header(response, "Vary", "Accept, Accept-Encoding");
	return reply_send(request, 304, response);
}

/* Takes over the reference to snap. */
static enum MHD_Result list_from(struct request *request, const struct selection *s, int64_t wait,
				 struct list_snapshot *snap)
{
	enum MHD_Result result;
	struct chosen chosen;
	char etag[ETAG_BYTES];

	if (!select_items(s, snap, &chosen)) {
		list_snapshot_put(snap);
		return MHD_NO;
	}
	snprintf(etag, sizeof(etag), "W/\"%" PRIx64 ".%" PRIx64 "\"", collector_epoch,
		 chosen.state);
	if (!etag_allowed(header_get(request, "If-Match"), etag)) {
		list_snapshot_put(snap);
		result = reply_problem(request, 412, PRECONDITION_FAILED);
	} else if (wait_for_change(request, wait, snap, chosen.state, etag)) {
		list_snapshot_put(snap);
		result = MHD_YES;
	} else if (etag_matches(header_get(request, "If-None-Match"), etag)) {
		list_snapshot_put(snap);
		result = send_not_modified(request, etag);
	} else {
		result = send_list(request, s, snap, &chosen, etag);
	}
	free(chosen.items);
	return result;
}

enum MHD_Result list_get(struct request *request)
{
	struct selection selection;
	struct list_snapshot *snap = NULL;
	enum MHD_Result result;
	int64_t wait;

	if (select_parse(request, &selection, &result) && wait_parse(request, &wait, &result))
		snap = wait_for_walk(request, &result);
	if (snap && snap->error) {
		result = reply_no_arena(request, snap->error);
		list_snapshot_put(snap);
	} else if (snap) {
		result = list_from(request, &selection, wait, snap);
	}
	select_free(&selection);
	return result;
}
