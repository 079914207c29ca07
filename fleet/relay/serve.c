/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay/serve.h"

#include <libgen.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/uatomic.h>

#include "answer/exposition.h"
#include "base/log.h"
#include "net/listen.h"
#include "relay/options.h"
#include "relay/relay.h"
#include "shared/link.h"

enum { CONNECTIONS = 64, TIMEOUT_S = 10, SOCKET_MODE = 0660 };

static struct MHD_Daemon *http;
static struct listener *listener;

static uint64_t load(const uint64_t *count)
{
	return CMM_LOAD_SHARED(*count);
}

static void put_counters(struct scrape *s)
{
	const struct relay_counts *c = &relay_counts;
	const struct {
		const char *name, *help;
		const uint64_t *count;
	} rows[] = {
		{"headway_relay_published", "States of records written to the bucket.",
		 &c->published},
		{"headway_relay_refreshed", "States written again so that the bucket keeps them.",
		 &c->refreshed},
		{"headway_relay_deleted", "Keys deleted because their records are gone.",
		 &c->deleted},
		{"headway_relay_skipped", "States that were superseded before they were written.",
		 &c->skipped},
		{"headway_relay_heartbeats", "Heartbeats written.", &c->heartbeats},
		{"headway_relay_conflicts", "Writes refused because the key had changed.",
		 &c->conflicts},
		{"headway_relay_refused", "Writes refused for other reasons.", &c->refused},
		{"headway_relay_timeouts", "Writes that were not answered in time.", &c->timeouts},
		{"headway_relay_too_large", "States larger than the servers accept.",
		 &c->too_large},
		{"headway_relay_walks", "Walks over the arena.", &c->walks},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		metric_number(s, rows[i].name, COUNTER, rows[i].help, load(rows[i].count));
	metric_number(s, "headway_relay_connects", COUNTER, "Connections to NATS made.",
		      link_connects());
}

static void put_all(struct scrape *s)
{
	const struct relay_counts *c = &relay_counts;

	metric_family(s, "headway_relay_info", GAUGE, "The version, and what the relay writes.");
	text_format(&s->text, "headway_relay_info{version=\"%s\",", headway_version());
	metric_label(s, "host", relay_options.host);
	text_put(&s->text, ",");
	metric_label(s, "bucket", relay_options.bucket);
	text_put(&s->text, "} 1\n");
	metric_number(s, "headway_relay_up", GAUGE, "1 when the bucket can be written.",
		      load(&c->up));
	metric_number(s, "headway_relay_records", GAUGE, "Records in the arena.",
		      load(&c->records));
	metric_number(s, "headway_relay_pending", GAUGE,
		      "Records whose state is not in the bucket yet.", load(&c->pending));
	metric_number(s, "headway_relay_in_flight", GAUGE, "Writes that wait for their answer.",
		      load(&c->in_flight));
	metric_seconds(s, "headway_relay_behind_seconds", GAUGE,
		       "How long the oldest pending state has waited.",
		       CMM_LOAD_SHARED(c->behind_ns));
	put_counters(s);
	metric_seconds(s, "headway_relay_walk_seconds", COUNTER, "Time that walks took.",
		       CMM_LOAD_SHARED(c->total_walk_ns));
	metric_process(s);
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status,
				 const char *type, struct text *text)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	if (text->failed)
		return MHD_NO;
	response = MHD_create_response_from_buffer(text->length, text->data, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		text_free(text);
		return MHD_NO;
	}
	MHD_add_response_header(response, "Content-Type", type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	if (status == 405)
		MHD_add_response_header(response, "Allow", "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_plain(struct MHD_Connection *connection, unsigned status,
				    const char *line)
{
	struct text text = {0};

	text_put(&text, line);
	return send_text(connection, status, "text/plain; charset=utf-8", &text);
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection)
{
	const char *accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	struct scrape s = {.open = accept && strstr(accept, "application/openmetrics-text")};

	put_all(&s);
	if (s.open)
		text_put(&s.text, "# EOF\n");
	return send_text(connection, 200,
			 s.open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
				: "text/plain; version=0.0.4; charset=utf-8",
			 &s.text);
}

static enum MHD_Result handle(void *unused, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **context)
{
	static int seen;

	(void)unused;
	(void)version;
	(void)data;
	if (!*context) { /* first call: only the header has arrived; answer in the second */
		*context = &seen;
		return MHD_YES;
	}
	*size = 0;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return answer_plain(connection, 405, "only GET and HEAD\n");
	if (strcmp(url, "/healthz") == 0)
		return answer_plain(connection, 200, "ok\n");
	if (strcmp(url, "/readyz") == 0)
		return load(&relay_counts.ready) && load(&relay_counts.up)
			       ? answer_plain(connection, 200, "ok\n")
			       : answer_plain(connection, 503, "the bucket is not written yet\n");
	if (strcmp(url, "/metrics") == 0)
		return answer_metrics(connection);
	return answer_plain(connection, 404, "/healthz, /readyz, /metrics\n");
}

static void discard_message(void *unused, const char *format, va_list ap)
{
	(void)unused;
	(void)format;
	(void)ap;
}

bool serve_start(void)
{
	const char *name = relay_options.listen;
	struct string_list names = {&name, 1};

	if (!name)
		return true;
	if (listen_all(&names, SOCKET_MODE, &listener) != 1)
		return false;
	http = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
				handle, NULL, MHD_OPTION_EXTERNAL_LOGGER, discard_message, NULL,
				MHD_OPTION_LISTEN_SOCKET, listener->fd, MHD_OPTION_CONNECTION_LIMIT,
				(unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
				(unsigned)TIMEOUT_S, MHD_OPTION_END);
	if (!http) {
		log_line("cannot serve %s: libmicrohttpd refuses", listener->name);
		return false;
	}
	log_line("listening on %s", listener->name);
	listener->fd = -1; /* libmicrohttpd closes it */
	return true;
}

void serve_stop(void)
{
	if (http)
		MHD_stop_daemon(http);
	if (listener)
		listen_close(listener, 1);
}

const char *serve_folder(void)
{
	char *copy = listener && listener->unlink_path ? strdup(listener->unlink_path) : NULL;

	return copy ? dirname(copy) : NULL;
}
