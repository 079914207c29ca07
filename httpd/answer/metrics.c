/* SPDX-License-Identifier: BSD-3-Clause */
/* The number of series does not depend on the number of records, unless --metrics-records asks for
 * series of single records. */
#include "answer/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answer/events.h"
#include "answer/exposition.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "answer/select.h"
#include "answer/wait.h"
#include "base/clock.h"
#include "base/glob.h"
#include "base/gzip.h"
#include "base/latency.h"
#include "base/options.h"
#include "base/text.h"
#include "net/peers.h"
#include "snapshot/collector.h"
#include "snapshot/list_snapshot.h"
#include "snapshot/origin.h"
#include "snapshot/source.h"
#include "snapshot/transfers.h"

#define TYPE_OPENMETRICS "application/openmetrics-text"

/* The host is one of those asked for; all are where there is one only. */
static bool is_asked(const struct item *item, const char *host)
{
	return !host || !item->host || glob_match(host, item->host);
}

static void put_counts(struct scrape *s, const struct list_snapshot *snap, const char *host)
{
	static const char *const names[] = {"running", "finished", "error"};
	uint64_t counts[3] = {0}, lost = 0;
	int64_t oldest = 0, now = wall_ns(), idle = 0, monotonic = now_ns();

	for (size_t i = 0; i < snap->count; i++) {
		const struct item *item = snap->items[i];

		if (item->status < HEADWAY_RUNNING || item->status > HEADWAY_ERROR ||
		    !is_asked(item, host))
			continue;
		counts[item->status - HEADWAY_RUNNING]++;
		lost += item->lost;
		if (item->status != HEADWAY_RUNNING)
			continue;
		if (!oldest || item->started_ns < oldest)
			oldest = item->started_ns;
		if (monotonic - item->moved_ns > idle)
			idle = monotonic - item->moved_ns;
	}
	metric_family(s, "headway_records", GAUGE, "Records by status.");
	for (int i = 0; i < 3; i++)
		text_format(&s->text, "headway_records{status=\"%s\"} %" PRIu64 "\n", names[i],
			    counts[i]);
	metric_seconds(s, "headway_oldest_running_seconds", GAUGE,
		       "Age of the oldest record that is running; 0 when none is.",
		       oldest && now > oldest ? now - oldest : 0);
	metric_seconds(
		s, "headway_longest_idle_seconds", GAUGE,
		"Longest time without a change, counters included, of a record that is running; "
		"as far as this server has seen.",
		idle);
	metric_number(s, "headway_lost_records", GAUGE,
		      "Records that are in error because their owner died.", lost);
}

static void put_capacity(struct scrape *s, const struct headway_info *i)
{
	metric_number(s, "headway_arena_bytes", GAUGE, "Size of the arena.", i->bytes);
	metric_number(s, "headway_slots", GAUGE, "Records there is room for.", i->slots);
	metric_number(s, "headway_slots_used", GAUGE, "Slots in use.", i->slots_used);
	metric_number(s, "headway_blocks", GAUGE, "Blocks for the contents of records.", i->blocks);
	metric_number(s, "headway_blocks_free", GAUGE, "Blocks that are free.", i->blocks_free);
	metric_number(s, "headway_extents", GAUGE, "Bigger blocks, for results and long texts.",
		      i->extents);
	metric_number(s, "headway_extents_free", GAUGE, "Bigger blocks that are free.",
		      i->extents_free);
	metric_number(s, "headway_members", GAUGE, "Writing processes there is room for.",
		      i->members);
	metric_number(s, "headway_members_alive", GAUGE, "Writing processes attached.",
		      i->members_alive);
	metric_number(s, "headway_members_dead", GAUGE, "Dead processes not cleaned up after yet.",
		      i->members_dead);
	metric_seconds(s, "headway_arena_created_timestamp_seconds", GAUGE,
		       "When the arena was made, since 1970.", i->created_ns);
}

static void put_totals(struct scrape *s, const struct headway_info *i)
{
	metric_number(s, "headway_records_started", COUNTER, "Records started.", i->started);
	metric_number(s, "headway_records_finished", COUNTER, "Records that ended Finished.",
		      i->finished);
	metric_number(s, "headway_records_errors", COUNTER, "Records that ended in Error.",
		      i->errors);
	metric_number(s, "headway_records_lost", COUNTER, "Records whose owner died.", i->lost);
	metric_number(s, "headway_records_expired", COUNTER,
		      "Records freed because their time was over.", i->expired);
	metric_number(s, "headway_records_evicted", COUNTER,
		      "Records freed because room was needed.", i->evicted);
	metric_number(s, "headway_allocation_failures", COUNTER,
		      "Calls of writers that found no room.", i->no_room);
}

static void put_latency(struct scrape *s)
{
	struct latency latency[LATENCY_CLASSES];
	char label[] = "class=\"0xx\"";

	for (unsigned i = 2; i < LATENCY_CLASSES; i++)
		latency_get(i, &latency[i]);
	metric_family(s, "headway_httpd_answers", COUNTER, "Answers by class of status.");
	for (unsigned i = 2; i < LATENCY_CLASSES; i++)
		text_format(&s->text, "headway_httpd_answers_total{class=\"%uxx\"} %" PRIu64 "\n",
			    i, latency[i].answers);
	metric_family(
		s, "headway_httpd_answer_seconds", HISTOGRAM,
		"From a request's first line to its answer, by class of status; without those "
		"that waited for a change.");
	for (unsigned i = 2; i < LATENCY_CLASSES; i++) {
		label[7] = (char)('0' + i);
		metric_histogram(s, "headway_httpd_answer_seconds", label, &latency[i]);
	}
}

static void put_server(struct scrape *s)
{
	struct collector_stats stats;

	collector_stats(&stats);
	metric_number(s, "headway_httpd_connections", GAUGE, "Connections open.", peers_count());
	metric_number(s, "headway_httpd_event_streams", GAUGE, "Event streams open.",
		      events_count());
	metric_number(s, "headway_httpd_lists_held", GAUGE, "Lists that are being sent.",
		      transfers_count());
	metric_number(s, "headway_httpd_walks", COUNTER, "Walks over the arena.", stats.walks);
	metric_number(s, "headway_httpd_serialized", COUNTER, "Records whose JSON was written.",
		      stats.serialized);
	metric_seconds(s, "headway_httpd_walk_seconds", COUNTER, "Time that walks took.",
		       stats.total_walk_ns);
	metric_seconds(s, "headway_httpd_last_walk_seconds", GAUGE, "Time that the last walk took.",
		       stats.last_walk_ns);
	put_latency(s);
}

/* The newest: items are in the order of their start. */
static size_t first_shown(const struct list_snapshot *snap)
{
	size_t most = options.metrics_records;

	return snap->count > most ? snap->count - most : 0;
}

/* NAME{id="…",name="…" : the label set is left open. */
static void put_series(struct scrape *s, const char *name, const struct item *item)
{
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&item->id, id);
	text_format(&s->text, "%s{id=\"%s\",", name, id);
	if (item->host) {
		metric_label(s, "host", item->host);
		text_put(&s->text, ",");
	}
	metric_label(s, "name", item->name);
}

static void put_record_counts(struct scrape *s, const struct list_snapshot *snap)
{
	metric_family(s, "headway_record_done", GAUGE, "What a record has done.");
	for (size_t i = first_shown(snap); i < snap->count; i++) {
		put_series(s, "headway_record_done", snap->items[i]);
		text_format(&s->text, "} %" PRIu64 "\n", snap->items[i]->done);
	}
	metric_family(s, "headway_record_expected", GAUGE,
		      "What a record expects to do; 0 is unknown.");
	for (size_t i = first_shown(snap); i < snap->count; i++) {
		put_series(s, "headway_record_expected", snap->items[i]);
		text_format(&s->text, "} %" PRIu64 "\n", snap->items[i]->total);
	}
}

static void put_record_idle(struct scrape *s, const struct list_snapshot *snap)
{
	static const char name[] = "headway_record_idle_seconds";
	int64_t now = now_ns();

	metric_family(s, name, GAUGE,
		      "Time without a change, counters included, of a record that is running.");
	for (size_t i = first_shown(snap); i < snap->count; i++) {
		const struct item *item = snap->items[i];

		if (item->status != HEADWAY_RUNNING)
			continue;
		put_series(s, name, item);
		text_format(&s->text, "} %.3f\n", (double)(now - item->moved_ns) / SECOND_NS);
	}
}

/* Each state is a series of its own; a record that is lost is in error, too. */
static void put_record_states(struct scrape *s, const struct list_snapshot *snap)
{
	static const char name[] = "headway_record_status";
	static const char *const states[] = {"running", "finished", "error", "lost"};

	metric_family(s, name, STATE_SET, "The status of a record.");
	for (size_t i = first_shown(snap); i < snap->count; i++) {
		const struct item *item = snap->items[i];

		for (int k = 0; k < 4; k++) {
			bool is = k < 3 ? item->status == HEADWAY_RUNNING + k : item->lost;

			put_series(s, name, item);
			text_format(&s->text, ",%s=\"%s\"} %d\n", name, states[k], is);
		}
	}
}

static void put_records(struct scrape *s, const struct list_snapshot *snap)
{
	if (options.metrics_records == 0)
		return;
	put_record_counts(s, snap);
	put_record_idle(s, snap);
	put_record_states(s, snap);
}

static void put_arena(struct scrape *s, const struct list_snapshot *snap)
{
	struct headway_info info = {.size = sizeof(info)};
	struct source *source;
	int rc = snap->error;

	source = rc == 0 ? source_get(&rc) : NULL;
	if (source) {
		rc = source_info(source, &info);
		source_put(source);
	}
	metric_number(s, "headway_up", GAUGE, "1 when the arena can be read.", rc == 0);
	if (rc < 0)
		return;
	put_counts(s, snap, NULL);
	put_capacity(s, &info);
	put_totals(s, &info);
	put_records(s, snap);
}

static void put_fleet(struct scrape *s, const struct list_snapshot *snap, const char *host)
{
	origin_fleet->metrics(s, host);
	if (snap->error)
		return;
	put_counts(s, snap, host);
	put_records(s, snap);
}

static enum MHD_Result send_metrics(struct request *request, struct scrape *s)
{
	bool compressed = s->text.length >= GZIP_LEAST && header_accepts_gzip(request);
	struct MHD_Response *response;
	struct text plain;

	if (compressed && !s->text.failed) {
		plain = s->text;
		s->text = gzip_text(plain.data, plain.length, 1);
		text_free(&plain);
	}
	response = reply_text(&s->text);
	if (compressed)
		reply_header(response, "Content-Encoding", "gzip");
	reply_header(response, "Content-Type",
		     s->open ? TYPE_OPENMETRICS "; version=1.0.0; charset=utf-8"
			     : "text/plain; version=0.0.4; charset=utf-8");
	reply_header(response, "Cache-Control", "no-store");
	reply_header(response, "Vary", "Accept, Accept-Encoding");
	return reply_send(request, 200, response);
}

enum MHD_Result metrics_get(struct request *request)
{
	enum MHD_Result result;
	struct list_snapshot *snap;
	const char *host;
	struct scrape s = {0};
	int64_t began = now_ns();

	if (!select_host(request, &host, &result))
		return result;
	snap = wait_for_walk(request, &result);
	if (!snap)
		return result;
	s.open = header_prefers(header_get(request, "Accept"), TYPE_OPENMETRICS, "text/plain");
	metric_family(&s, "headway_build_info", GAUGE, "The version of this program.");
	text_format(&s.text, "headway_build_info{version=\"%s\"} 1\n", headway_version());
	if (origin_fleet)
		put_fleet(&s, snap, host);
	else
		put_arena(&s, snap);
	list_snapshot_put(snap);
	put_server(&s);
	metric_process(&s);
	metric_seconds(&s, "headway_httpd_scrape_seconds", GAUGE,
		       "Time that this answer took to write.", now_ns() - began);
	if (s.open)
		text_put(&s.text, "# EOF\n");
	return send_metrics(request, &s);
}
