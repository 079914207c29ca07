/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A stream is a mark in the order of changes.  What comes behind the mark is looked up in the
 * newest generation each time there is room to send: a slow client holds the one item that is half
 * sent, never a generation, and is spared what was superseded meanwhile.
 *
 *	reset     a client that shows no mark, or one that is too old, or of another run: forget
 *	          everything, here comes the full state
 *	progress  a record that is Running, its full view for data
 *	done      a record that is Finished or in Error
 *	removed   {"id":…}
 *	ready     the full state is complete
 *
 * The content reader never returns 0 without suspending the connection, or libmicrohttpd would spin.
 */
#include "answer/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/uatomic.h>

#include "snapshot/collector.h"
#include "answer/list.h"
#include "base/options.h"
#include "net/peers.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "answer/select.h"
#include "snapshot/source.h"

enum { IDS_MOST = 64, HEAD_BYTES = 160 };

struct stream {
	struct parked parked;
	struct MHD_Connection *connection;
	struct selection selection;
	char *name; /* the pattern, of our own: the request's text does not last */
	struct headway_id *ids;
	size_t id_count;
	uint64_t mark;       /* everything up to this change was sent */
	uint64_t full_until; /* the full state ends with this change; 0: it was sent */
	/* what is being sent: head, then the item's text, then the blank line */
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
	return found && (!s->selection.name || glob_match(s->selection.name, item->name));
}

/* A removal is no news to a client that is about to get the full state. */
static bool is_news(const struct stream *s, const struct item *item)
{
	return stream_matches(s, item) && !(item->removed && item->change <= s->full_until);
}

/* The next item to send; what does not match is passed over for good. */
static struct item *next_item(struct stream *s, const struct generation *g)
{
	for (size_t i = generation_after(g, s->mark); i < g->change_count; i++) {
		struct item *item = g->by_change[i];

		if (is_news(s, item))
			return item;
		s->mark = item->change;
	}
	return NULL;
}

static void set_head(struct stream *s, const char *event, uint64_t mark)
{
	s->sent = 0;
	s->head_length = (size_t)snprintf(s->head, sizeof(s->head),
					  "event: %s\nid: %016" PRIx64 ".%" PRIx64 "\ndata: %s",
					  event, collector_epoch, mark, s->item ? "" : "{}\n\n");
}

/* Forget what was sent and begin with everything there is. */
static void begin_full(struct stream *s, const struct generation *g)
{
	s->mark = 0;
	s->full_until = g->change;
	set_head(s, "reset", 0);
}

static bool is_too_old(const struct stream *s, const struct generation *g)
{
	return !s->full_until && s->mark < g->forgotten;
}

/* Choose what to send next.  false: nothing for now. */
static bool stream_next(struct stream *s, const struct generation *g)
{
	struct item *item;

	if (is_too_old(s, g)) {
		begin_full(s, g);
		return true;
	}
	item = next_item(s, g);
	if (s->full_until && (!item || item->change > s->full_until)) {
		if (s->mark < s->full_until)
			s->mark = s->full_until;
		s->full_until = 0;
		set_head(s, "ready", s->mark);
		return true;
	}
	if (!item)
		return false;
	item_get(item);
	s->item = item;
	s->mark = item->change;
	/* A client that leaves amid the full state must start over: it is told no mark to resume from. */
	set_head(s,
		 item->removed                     ? "removed"
		 : item->status == HEADWAY_RUNNING ? "progress"
						   : "done",
		 s->full_until ? 0 : s->mark);
	return true;
}

/* Copy what is left of the current event.  Returns how much; 0: there is none. */
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

static bool stream_is_due(struct parked *parked, const struct generation *g, int64_t walked_ns)
{
	struct stream *s = caa_container_of(parked, struct stream, parked);

	(void)walked_ns;
	return is_too_old(s, g) || s->full_until || next_item(s, g);
}

static size_t stream_fill(struct stream *s, char *buffer, size_t size)
{
	size_t filled = stream_copy(s, buffer, size);
	const struct generation *g;

	rcu_read_lock();
	g = collector_peek();
	while (g && filled < size && stream_next(s, g))
		filled += stream_copy(s, buffer + filled, size - filled);
	rcu_read_unlock();
	return filled;
}

static ssize_t stream_read(void *argument, uint64_t position, char *buffer, size_t size)
{
	struct stream *s = argument;
	enum park_why why = s->parked.why;
	size_t filled;

	(void)position;
	s->parked.why = PARK_NOT;
	if (why == PARK_LEFT)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (why == PARK_STOP || park_is_stopping())
		return MHD_CONTENT_READER_END_OF_STREAM;
	filled = stream_fill(s, buffer, size);
	if (filled == 0 && why == PARK_TIMEOUT) {
		memcpy(buffer, ":\n\n", 3);
		return 3;
	}
	if (filled == 0 &&
	    !park(&s->parked, s->connection, now_ns() + options.heartbeat_s * SECOND_NS))
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
	free(s);
	uatomic_dec(&streams);
}

/* ?id=A,B: false after a 400. */
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
			*result = problem(request, 400,
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

/* Where to go on: behind the mark that the client shows, when it is of this run. */
static void resume_from(struct request *request, struct stream *s, const struct generation *g)
{
	const char *last = header_get(request->connection, "Last-Event-ID");
	uint64_t epoch, mark;
	int end = 0;

	if (!last)
		last = query_get(request->connection, "last_event_id");
	if (last && sscanf(last, "%16" SCNx64 ".%16" SCNx64 "%n", &epoch, &mark, &end) == 2 &&
	    last[end] == '\0' && epoch == collector_epoch && mark > 0 && mark >= g->forgotten &&
	    mark <= g->change)
		s->mark = mark;
	else
		begin_full(s, g);
}

static struct stream *stream_new(struct request *request, const struct generation *g,
				 enum MHD_Result *result)
{
	struct stream *s = calloc(1, sizeof(*s));
	const char *name;

	*result = MHD_NO;
	if (!s)
		return NULL;
	uatomic_inc(&streams);
	s->connection = request->connection;
	s->parked.is_due = stream_is_due;
	if (!select_parse(request, &s->selection, result))
		goto failed;
	select_free(&s->selection);
	name = s->selection.name;
	s->name = name ? strdup(name) : NULL;
	s->selection.name = s->name;
	if ((name && !s->name) || !parse_ids(request, s, result))
		goto failed;
	resume_from(request, s, g);
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
	struct generation *g = list_generation(request, &result);
	struct stream *s;

	if (!g)
		return result;
	if (g->error) {
		result = problem_no_arena(request, g->error);
	} else {
		s = stream_new(request, g, &result);
		if (s)
			result = send_stream(request, s);
	}
	generation_put(g);
	return result;
}
