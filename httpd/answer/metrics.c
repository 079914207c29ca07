/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The number of series does not depend on the number of records, unless --metrics-records asks for
 * some of each.
 */
#include "answer/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "answer/events.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "answer/wait.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/text.h"
#include "net/peers.h"
#include "snapshot/collector.h"
#include "snapshot/list_snapshot.h"
#include "snapshot/source.h"
#include "snapshot/transfers.h"

#define TYPE_OPENMETRICS "application/openmetrics-text"

enum { GAUGE, COUNTER };

struct scrape {
	struct text text;
	bool open; /* OpenMetrics: a counter's family is named without its _total */
};

static void family(struct scrape *s, const char *name, int type, const char *help)
{
	const char *end = type == COUNTER && !s->open ? "_total" : "";

	text_format(&s->text, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, end, help, name, end,
		    type == COUNTER ? "counter" : "gauge");
}

static void number(struct scrape *s, const char *name, int type, const char *help, uint64_t value)
{
	family(s, name, type, help);
	text_format(&s->text, "%s%s %" PRIu64 "\n", name, type == COUNTER ? "_total" : "", value);
}

static void seconds(struct scrape *s, const char *name, int type, const char *help, int64_t ns)
{
	family(s, name, type, help);
	text_format(&s->text, "%s%s %.9f\n", name, type == COUNTER ? "_total" : "",
		    (double)ns / SECOND_NS);
}

static void put_label(struct text *text, const char *name, const char *value)
{
	text_format(text, "%s=\"", name);
	while (*value) {
		unsigned length = utf8_length(value);

		if (*value == '"' || *value == '\\')
			text_format(text, "\\%c", *value);
		else if (*value == '\n')
			text_put(text, "\\n");
		else if (length == 0)
			text_put(text, "\xef\xbf\xbd");
		else
			text_add(text, value, length);
		value += length ? length : 1;
	}
	text_put(text, "\"");
}

static void put_counts(struct scrape *s, const struct list_snapshot *snap)
{
	static const char *const names[] = {"running", "finished", "error"};
	uint64_t counts[3] = {0};
	int64_t oldest = 0, now = wall_ns();

	for (size_t i = 0; i < snap->count; i++) {
		const struct item *item = snap->items[i];

		if (item->status < HEADWAY_RUNNING || item->status > HEADWAY_ERROR)
			continue;
		counts[item->status - HEADWAY_RUNNING]++;
		if (item->status == HEADWAY_RUNNING && (!oldest || item->started_ns < oldest))
			oldest = item->started_ns;
	}
	family(s, "headway_records", GAUGE, "Records in the arena by status.");
	for (int i = 0; i < 3; i++)
		text_format(&s->text, "headway_records{status=\"%s\"} %" PRIu64 "\n", names[i],
			    counts[i]);
	seconds(s, "headway_oldest_running_seconds", GAUGE,
		"Age of the oldest record that is running; 0 when none is.",
		oldest && now > oldest ? now - oldest : 0);
}

static void put_capacity(struct scrape *s, const struct headway_info *i)
{
	number(s, "headway_arena_bytes", GAUGE, "Size of the arena.", i->bytes);
	number(s, "headway_slots", GAUGE, "Records there is room for.", i->slots);
	number(s, "headway_slots_used", GAUGE, "Slots in use.", i->slots_used);
	number(s, "headway_blocks", GAUGE, "Blocks for the contents of records.", i->blocks);
	number(s, "headway_blocks_free", GAUGE, "Blocks that are free.", i->blocks_free);
	number(s, "headway_extents", GAUGE, "Bigger blocks, for results and long texts.",
	       i->extents);
	number(s, "headway_extents_free", GAUGE, "Bigger blocks that are free.", i->extents_free);
	number(s, "headway_members", GAUGE, "Writing processes there is room for.", i->members);
	number(s, "headway_members_alive", GAUGE, "Writing processes attached.", i->members_alive);
	number(s, "headway_members_dead", GAUGE, "Dead processes not cleaned up after yet.",
	       i->members_dead);
	seconds(s, "headway_arena_created_timestamp_seconds", GAUGE,
		"When the arena was made, since 1970.", i->created_ns);
}

static void put_totals(struct scrape *s, const struct headway_info *i)
{
	number(s, "headway_records_started", COUNTER, "Records started.", i->started);
	number(s, "headway_records_finished", COUNTER, "Records that ended Finished.", i->finished);
	number(s, "headway_records_errors", COUNTER, "Records that ended in Error.", i->errors);
	number(s, "headway_records_lost", COUNTER, "Records whose owner died.", i->lost);
	number(s, "headway_records_expired", COUNTER, "Records freed because their time was over.",
	       i->expired);
	number(s, "headway_records_evicted", COUNTER, "Records freed because room was needed.",
	       i->evicted);
	number(s, "headway_allocation_failures", COUNTER, "Calls of writers that found no room.",
	       i->no_room);
}

static void put_server(struct scrape *s)
{
	struct collector_stats stats;

	collector_stats(&stats);
	number(s, "headway_httpd_connections", GAUGE, "Connections open.", peers_count());
	number(s, "headway_httpd_event_streams", GAUGE, "Event streams open.", events_count());
	number(s, "headway_httpd_lists_held", GAUGE, "Lists that are being sent.",
	       transfers_count());
	number(s, "headway_httpd_walks", COUNTER, "Walks over the arena.", stats.walks);
	number(s, "headway_httpd_serialized", COUNTER, "Records whose JSON was written.",
	       stats.serialized);
	seconds(s, "headway_httpd_walk_seconds", COUNTER, "Time that walks took.",
		stats.total_walk_ns);
	seconds(s, "headway_httpd_last_walk_seconds", GAUGE, "Time that the last walk took.",
		stats.last_walk_ns);
	family(s, "headway_httpd_answers", COUNTER, "Answers by class of status.");
	for (int i = 2; i < 6; i++)
		text_format(&s->text, "headway_httpd_answers_total{class=\"%dxx\"} %lu\n", i,
			    reply_count((unsigned)i));
}

static void put_record_values(struct scrape *s, const struct list_snapshot *snap, size_t from,
			      const char *name, const char *help, int which)
{
	family(s, name, GAUGE, help);
	for (size_t i = from; i < snap->count; i++) {
		const struct item *item = snap->items[i];
		char id[HEADWAY_ID_TEXT];

		headway_format_id(&item->id, id);
		text_format(&s->text, "%s{id=\"%s\",", name, id);
		put_label(&s->text, "name", item->name);
		text_format(&s->text, "} %" PRIu64 "\n",
			    which == 0   ? item->done
			    : which == 1 ? item->total
					 : (uint64_t)item->status);
	}
}

/* The newest: items stand in the order of their start. */
static void put_records(struct scrape *s, const struct list_snapshot *snap)
{
	size_t most = options.metrics_records, from = snap->count > most ? snap->count - most : 0;

	if (most == 0)
		return;
	put_record_values(s, snap, from, "headway_record_done", "What a record has done.", 0);
	put_record_values(s, snap, from, "headway_record_expected",
			  "What a record expects to do; 0 is unknown.", 1);
	put_record_values(s, snap, from, "headway_record_status", "1 running, 2 finished, 3 error.",
			  2);
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
	number(s, "headway_up", GAUGE, "1 when the arena can be read.", rc == 0);
	if (rc < 0)
		return;
	put_counts(s, snap);
	put_capacity(s, &info);
	put_totals(s, &info);
	put_records(s, snap);
}

static enum MHD_Result send_metrics(struct request *request, struct scrape *s)
{
	struct MHD_Response *response = reply_text(&s->text);

	reply_header(response, "Content-Type",
		     s->open ? TYPE_OPENMETRICS "; version=1.0.0; charset=utf-8"
			     : "text/plain; version=0.0.4; charset=utf-8");
	reply_header(response, "Cache-Control", "no-store");
	reply_header(response, "Vary", "Accept");
	return reply_send(request, 200, response);
}

enum MHD_Result metrics_get(struct request *request)
{
	enum MHD_Result result;
	struct list_snapshot *snap = wait_for_walk(request, &result);
	struct scrape s = {0};
	int64_t began = now_ns();

	if (!snap)
		return result;
	s.open = header_prefers(header_get(request, "Accept"), TYPE_OPENMETRICS, "text/plain");
	family(&s, "headway_build_info", GAUGE, "The version of this program.");
	text_format(&s.text, "headway_build_info{version=\"%s\"} 1\n", headway_version());
	put_arena(&s, snap);
	list_snapshot_put(snap);
	put_server(&s);
	seconds(&s, "headway_httpd_scrape_seconds", GAUGE, "Time that this answer took to write.",
		now_ns() - began);
	if (s.open)
		text_put(&s.text, "# EOF\n");
	return send_metrics(request, &s);
}
