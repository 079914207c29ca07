/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream stores the number of the last change it sent. The next one is found in the newest
 * snapshot each time there is room to send. So a slow client keeps one partly sent item in
 * memory, not a snapshot, and does not get superseded states.
 *
 *	reset     the client sent no event id, or one that is too old or of another run: it must
 *	          drop its records; the full state follows
 *	progress  a record that is Running, its full view for data
 *	done      a record that is Finished or in Error
 *	removed   {"id":…}
 *	ready     the full state is complete.  With {"problem":…} there is no arena to read; it is sent
 *	          again when one comes, or goes.
 *
 * The content reader never returns 0 without suspending the connection, or libmicrohttpd would
 * spin.
 */
#include "answer/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/uatomic.h>

#include "answer/query.h"
#include "answer/reply.h"
#include "answer/select.h"
#include "answer/wait.h"
#include "base/clock.h"
#include "base/glob.h"
#include "base/options.h"
#include "net/peers.h"
#include "snapshot/collector.h"
#include "snapshot/list_snapshot.h"
#include "snapshot/origin.h"
#include "snapshot/waiters.h"

enum { IDS_MOST = 64, HEAD_BYTES = 256 };

struct stream {
	struct waiter waiter;
	struct MHD_Connection *connection;
	char *name, *host; /* copies of the patterns: the stream outlives the request */
	struct headway_id *ids;
	size_t id_count;
	uint64_t sent_change; /* all changes up to this number were sent */
	uint64_t full_until;  /* changes up to this one belong to the full state */
	bool is_full;         /* the full state is being sent */
	int error;            /* reported by the last "ready"; 0: there is an arena */
	/* the event being sent: head, then the item's text, then the blank line */
	char head[HEAD_BYTES];
	size_t head_length, sent;
	struct item *item;
};

static size_t streams;

size_t events_count(void)
{
	return uatomic_read(&streams);
}

static bool stream_matches(const struct stream *s, const struct item *item)
{
	bool found = s->id_count == 0;

	for (size_t i = 0; i < s->id_count && !found; i++)
		found = memcmp(&s->ids[i], &item->id, sizeof(item->id)) == 0;
	if (s->host && !glob_match(s->host, item->host ? item->host : ""))
		return false;
	return found && (!s->name || glob_match(s->name, item->name));
}

/* A removal from before the full state is not part of it. */
static bool is_relevant(const struct stream *s, const struct item *item)
{
	bool is_part = s->is_full && item->change <= s->full_until;

	return stream_matches(s, item) && !(item->removed && is_part);
}

/* The next item to send; items that do not match are skipped. */
static struct item *next_item(struct stream *s, const struct list_snapshot *snap)
{
	for (size_t i = list_snapshot_after(snap, s->sent_change); i < snap->change_count; i++) {
		struct item *item = snap->by_change[i];

		if (is_relevant(s, item))
			return item;
		s->sent_change = item->change;
	}
	return NULL;
}

static void set_head(struct stream *s, const char *event, uint64_t sent_change)
{
	s->sent = 0;
	s->head_length = (size_t)snprintf(
		s->head, sizeof(s->head), "event: %s\nid: %016" PRIx64 ".%" PRIx64 "\ndata: %s",
		event, collector_epoch, sent_change, s->item ? "" : "{}\n\n");
}

/* Sends the end of the full state, or that an arena has come or gone. */
static void set_ready(struct stream *s, int error)
{
	s->is_full = false;
	s->error = error;
	set_head(s, "ready", s->sent_change);
	if (!error)
		return;
	s->head_length -= strlen("{}\n\n");
	s->head_length += (size_t)snprintf(
		s->head + s->head_length, sizeof(s->head) - s->head_length,
		"{\"problem\":\"%s: %s\"}\n\n", origin_missing(), origin_strerror(error));
}

/* Starts with the full state. */
static void begin_full(struct stream *s, const struct list_snapshot *snap)
{
	s->sent_change = 0;
	s->full_until = snap->change;
	s->is_full = true;
	set_head(s, "reset", 0);
}

static bool is_too_old(const struct stream *s, const struct list_snapshot *snap)
{
	return !s->is_full && s->sent_change < snap->pruned;
}

/* Chooses what to send next. False: nothing for now. */
static bool stream_next(struct stream *s, const struct list_snapshot *snap)
{
	struct item *item;

	if (is_too_old(s, snap)) {
		begin_full(s, snap);
		return true;
	}
	item = next_item(s, snap);
	if (s->is_full && (!item || item->change > s->full_until)) {
		if (s->sent_change < s->full_until)
			s->sent_change = s->full_until;
		set_ready(s, snap->error);
		return true;
	}
	if (!item && s->error != snap->error) {
		set_ready(s, snap->error);
		return true;
	}
	if (!item)
		return false;
	item_get(item);
	s->item = item;
	s->sent_change = item->change;
	/* Change 0 cannot be resumed from: a client that leaves before "ready" gets the full
	 * state again. */
	set_head(s,
		 item->removed                     ? "removed"
		 : item->status == HEADWAY_RUNNING ? "progress"
						   : "done",
		 s->is_full ? 0 : s->sent_change);
	return true;
}

/* Copies the rest of the current event. Returns the number of bytes; 0: it is complete. */
static size_t stream_copy(struct stream *s, char *buffer, size_t size)
{
	size_t body = s->item ? s->item->text_length - ITEM_LEAD : 0, copied = 0, length;

	if (s->sent < s->head_length) {
		length = s->head_length - s->sent;
		length = length < size ? length : size;
		memcpy(buffer, s->head + s->sent, length);
		s->sent += length;
		copied = length;
	}
	while (s->item && copied < size && s->sent < s->head_length + body + 1) {
		size_t at = s->sent - s->head_length;

		if (at == body) { /* the text ends in a newline: one more makes the blank line */
			buffer[copied++] = '\n';
			s->sent++;
			break;
		}
		length = body - at < size - copied ? body - at : size - copied;
		memcpy(buffer + copied, s->item->text + ITEM_LEAD + at, length);
		s->sent += length;
		copied += length;
	}
	if (s->item && s->sent == s->head_length + body + 1) {
		item_put(s->item);
		s->item = NULL;
		s->head_length = s->sent = 0;
	}
	return copied;
}

static bool stream_is_due(struct waiter *waiter, const struct list_snapshot *snap,
			  int64_t walked_ns)
{
	struct stream *s = caa_container_of(waiter, struct stream, waiter);

	(void)walked_ns;
	return is_too_old(s, snap) || s->is_full || s->error != snap->error || next_item(s, snap);
}

static size_t stream_fill(struct stream *s, char *buffer, size_t size)
{
	size_t filled = stream_copy(s, buffer, size);
	const struct list_snapshot *snap;

	rcu_read_lock();
	snap = collector_current();
	while (snap && filled < size && stream_next(s, snap))
		filled += stream_copy(s, buffer + filled, size - filled);
	rcu_read_unlock();
	return filled;
}

static ssize_t stream_read(void *argument, uint64_t position, char *buffer, size_t size)
{
	struct stream *s = argument;
	enum wait_outcome outcome = s->waiter.outcome;
	size_t filled;

	(void)position;
	s->waiter.outcome = WAIT_PENDING;
	if (outcome == WAIT_HANGUP)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (outcome == WAIT_STOPPING || waiters_are_stopping())
		return MHD_CONTENT_READER_END_OF_STREAM;
	filled = stream_fill(s, buffer, size);
	if (filled == 0 && outcome == WAIT_TIMEOUT) {
		memcpy(buffer, ":\n\n", 3);
		return 3;
	}
	if (filled == 0 &&
	    !waiter_suspend(&s->waiter, s->connection, now_ns() + options.heartbeat_s * SECOND_NS))
		return MHD_CONTENT_READER_END_OF_STREAM;
	return (ssize_t)filled;
}

static void stream_free(void *argument)
{
	struct stream *s = argument;

	if (s->item)
		item_put(s->item);
	free(s->ids);
	free(s->name);
	free(s->host);
	free(s);
	uatomic_dec(&streams);
}

/* Parses ?id=A,B. False after a 400. */
static bool parse_ids(struct request *request, struct stream *s, enum MHD_Result *result)
{
	const char *text = query_get(request->connection, "id");
	char id[HEADWAY_ID_TEXT];

	if (!text)
		return true;
	s->ids = calloc(IDS_MOST, sizeof(*s->ids));
	while (s->ids) {
		size_t length = strcspn(text, ",");

		snprintf(id, sizeof(id), "%.*s", (int)(length < sizeof(id) ? length : sizeof(id)),
			 text);
		if (s->id_count == IDS_MOST || headway_parse_id(id, &s->ids[s->id_count++]) != 0 ||
		    length != sizeof(id) - 1) {
			*result = reply_problem(request, 400,
						"id: '%.80s' is not a list of at most %d ids", text,
						IDS_MOST);
			return false;
		}
		text += length;
		if (!*text++)
			return true;
	}
	*result = MHD_NO;
	return false;
}

/* Resumes after the client's last event id if it is of this run; otherwise sends the full state. */
static void resume_from(struct request *request, struct stream *s, const struct list_snapshot *snap)
{
	const char *last = header_get(request, "Last-Event-ID");
	uint64_t epoch, sent_change;
	int end = 0;

	if (!last)
		last = query_get(request->connection, "last_event_id");
	if (last &&
	    sscanf(last, "%16" SCNx64 ".%16" SCNx64 "%n", &epoch, &sent_change, &end) == 2 &&
	    last[end] == '\0' && epoch == collector_epoch && sent_change > 0 &&
	    sent_change >= snap->pruned && sent_change <= snap->change)
		s->sent_change = sent_change;
	else
		begin_full(s, snap);
}

static bool copy_pattern(char **copy, const char *pattern)
{
	*copy = pattern ? strdup(pattern) : NULL;
	return *copy || !pattern;
}

static struct stream *stream_new(struct request *request, const struct list_snapshot *snap,
				 enum MHD_Result *result)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct selection selection;
	bool is_copied;

	*result = MHD_NO;
	if (!s)
		return NULL;
	uatomic_inc(&streams);
	s->connection = request->connection;
	s->waiter.is_due = stream_is_due;
	if (!select_parse(request, &selection, result))
		goto failed;
	select_free(&selection);
	is_copied = copy_pattern(&s->name, selection.name) &&
		    copy_pattern(&s->host, selection.host);
	if (!is_copied || !parse_ids(request, s, result))
		goto failed;
	resume_from(request, s, snap);
	return s;
failed:
	stream_free(s);
	return NULL;
}

static enum MHD_Result send_stream(struct request *request, struct stream *s)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, 8192, stream_read, s, stream_free);

	if (!response) {
		stream_free(s);
		return MHD_NO;
	}
	peer_set(request->peer, PEER_WAITING);
	reply_header(response, "Content-Type", "text/event-stream");
	reply_header(response, "Cache-Control", "no-store");
	reply_header(response, "X-Accel-Buffering", "no"); /* nginx: pass it on at once */
	return reply_send(request, 200, response);
}

enum MHD_Result events_get(struct request *request)
{
	enum MHD_Result result;
	struct list_snapshot *snap = wait_for_walk(request, &result);
	struct stream *s;

	if (!snap)
		return result;
	s = stream_new(request, snap, &result);
	if (s)
		result = send_stream(request, s);
	list_snapshot_put(snap);
	return result;
}
