/* SPDX-License-Identifier: BSD-3-Clause */
/* A snapshot as JSON: the status view and the full view. */
#include "headway.h"

#include "json/estimate.h"
#include "json/json_out.h"

#include <errno.h>

/* ---- the status view ------------------------------------------------------------------------- */

static char *put_messages(struct hw__out *out, char *p, const struct headway_message *m,
			  size_t count)
{
	if (!count)
		return PUT(p, "[]");
	p = PUT(p, "[{\"key\":\"");
	for (;; m++) {
		p = hw__out_text(out, p, m->key);
		p = PUT(p, "\",\"value\":\"");
		p = hw__out_text(out, p, m->value);
		if (!--count)
			return PUT(p, "\"}]");
		p = PUT(p, "\"},{\"key\":\"");
	}
}

/* Writes the first members, which both views have, and leaves the object open. */
static char *put_status_members(struct hw__out *out, char *p, const struct headway_snapshot *s)
{
	if (s->status == HEADWAY_RUNNING)
		p = PUT(p, "{\"status\":\"Running\",\"messages\":");
	else if (s->status == HEADWAY_FINISHED)
		p = PUT(p, "{\"status\":\"Finished\",\"messages\":");
	else
		p = PUT(p, "{\"status\":\"Error\",\"messages\":");
	p = put_messages(out, p, s->messages, s->message_count);
	if (s->results) {
		p = PUT(p, ",\"results\":");
		p = hw__out_json(out, p, s->results, s->results_length);
	}
	p = PUT(p, ",\"url\":\"");
	p = hw__out_text(out, p, s->url);
	*p++ = '"';
	return p;
}

int headway_json(const struct headway_snapshot *snapshot, char *buffer, size_t size)
{
	struct hw__out out;
	char *p;

	if (!snapshot)
		return -EINVAL;
	p = hw__out_begin(&out, buffer, size);
	p = put_status_members(&out, p, snapshot);
	p = PUT(p, "}\n");
	return hw__out_end(&out, p);
}

/* ---- the full view --------------------------------------------------------------------------- */

static char *put_counters(struct hw__out *out, char *p, const struct headway_snapshot *s)
{
	p = PUT(p, ",\"counters\":{");
	for (size_t i = 0; i < s->counter_count; i++) {
		p = hw__out_room(out, p);
		if (i)
			*p++ = ',';
		*p++ = '"';
		p = hw__out_text(out, p, s->counter_names[i]);
		p = PUT(p, "\":");
		p = hw__put_number(p, s->counters[i]);
	}
	*p++ = '}';
	return p;
}

static char *put_owner(struct hw__out *out, char *p, const struct headway_snapshot *s)
{
	p = PUT(p, ",\"owner\":");
	if (s->detached || !s->owner_pid)
		return PUT(p, "null");
	p = PUT(p, "{\"pid\":");
	p = hw__put_number(p, s->owner_pid);
	p = PUT(p, ",\"command\":\"");
	p = hw__out_text(out, p, s->owner_command);
	if (s->owner_alive < 0)
		return PUT(p, "\",\"alive\":null}");
	return s->owner_alive ? PUT(p, "\",\"alive\":true}") : PUT(p, "\",\"alive\":false}");
}

static char *put_rate_and_eta(char *p, const struct hw__estimate *e)
{
	p = PUT(p, ",\"rate\":");
	p = e->has_rate ? hw__put_millionths(p, e->rate_millionths) : PUT(p, "null");
	p = PUT(p, ",\"eta_seconds\":");
	return e->has_eta ? hw__put_millionths(p, e->eta_millionths) : PUT(p, "null");
}

/* Only in records that carry a profile of earlier runs. */
static char *put_band(char *p, const struct headway_snapshot *s, const struct hw__estimate *e)
{
	if (!s->profile)
		return p;
	p = PUT(p, ",\"eta_low_seconds\":");
	p = e->has_band ? hw__put_millionths(p, e->low_millionths) : PUT(p, "null");
	p = PUT(p, ",\"eta_high_seconds\":");
	return e->has_band ? hw__put_millionths(p, e->high_millionths) : PUT(p, "null");
}

static char *put_times(struct hw__out *out, char *p, const struct headway_snapshot *s,
		       const struct hw__estimate *e)
{

	p = hw__out_room(out, p);
	p = PUT(p, ",\"started_at\":");
	p = hw__put_time(p, s->started_ns);
	p = PUT(p, ",\"updated_at\":");
	p = hw__put_time(p, s->updated_ns);
	p = hw__out_room(out, p);
	p = PUT(p, ",\"finished_at\":");
	p = hw__put_time(p, s->finished_ns);
	p = PUT(p, ",\"elapsed_seconds\":");
	p = e->elapsed_ns < 0 ? PUT(p, "null")
			      : hw__put_millionths(p, (uint64_t)e->elapsed_ns / 1000);
	return put_rate_and_eta(hw__out_room(out, p), e);
}

static char *put_cancel(struct hw__out *out, char *p, const struct headway_snapshot *s)
{
	p = PUT(p, ",\"cancel_requested\":");
	if (!s->cancel_reason)
		return PUT(p, "null");
	p = PUT(p, "{\"reason\":\"");
	p = hw__out_text(out, p, s->cancel_reason);
	p = PUT(p, "\",\"at\":");
	p = hw__put_time(p, s->cancel_requested_ns);
	*p++ = '}';
	return p;
}

static char *put_more_members(struct hw__out *out, char *p, const struct headway_snapshot *s)
{
	p = PUT(p, ",\"id\":");
	p = hw__put_id(p, &s->id);
	p = PUT(p, ",\"name\":\"");
	p = hw__out_text(out, p, s->name);
	p = PUT(p, "\",\"unit\":\"");
	p = hw__out_text(out, p, s->unit);
	p = PUT(p, "\",\"done\":");
	p = hw__put_number(p, s->done);
	p = PUT(p, ",\"total\":");
	p = hw__put_number(p, s->total);
	p = hw__out_room(out, p);
	p = put_counters(out, p, s);
	p = hw__out_room(out, p);
	p = PUT(p, ",\"parent\":");
	p = s->parent ? hw__put_id(p, s->parent) : PUT(p, "null");
	return put_owner(out, hw__out_room(out, p), s);
}

int headway_json_full(const struct headway_snapshot *snapshot, char *buffer, size_t size)
{
	struct hw__estimate e;
	struct hw__out out;
	char *p;

	if (!snapshot)
		return -EINVAL;
	hw__estimate(snapshot, &e);
	p = hw__out_begin(&out, buffer, size);
	p = put_status_members(&out, p, snapshot);
	p = put_more_members(&out, p, snapshot);
	p = put_times(&out, p, snapshot, &e);
	p = hw__out_room(&out, p);
	p = snapshot->lost ? PUT(p, ",\"lost\":true") : PUT(p, ",\"lost\":false");
	p = PUT(p, ",\"version\":");
	p = hw__put_number(p, snapshot->version);
	p = put_cancel(&out, p, snapshot);
	p = put_band(hw__out_room(&out, p), snapshot, &e);
	p = PUT(p, "}\n");
	return hw__out_end(&out, p);
}
