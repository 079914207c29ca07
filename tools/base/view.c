/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/view.h"

#include "base/record.h"
#include "base/say.h"
#include "base/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t view_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

const char *view_status(const struct headway_snapshot *s)
{
	return s->status == HEADWAY_RUNNING    ? "Running"
	       : s->status == HEADWAY_FINISHED ? "Finished"
					       : "Error";
}

enum term_colour view_status_colour(const struct headway_snapshot *s)
{
	return s->status == HEADWAY_RUNNING    ? TERM_CYAN
	       : s->status == HEADWAY_FINISHED ? TERM_GREEN
					       : TERM_RED;
}

int64_t view_elapsed_ns(const struct headway_snapshot *s, int64_t now_ns)
{
	int64_t end = s->finished_ns ? s->finished_ns : now_ns;

	return s->started_ns && end > s->started_ns ? end - s->started_ns : 0;
}

double view_fraction(const struct headway_snapshot *s)
{
	if (!s->total)
		return -1;
	return (double)s->done / (double)s->total;
}

double view_rate(const struct headway_snapshot *s, int64_t now_ns)
{
	int64_t elapsed_ns = view_elapsed_ns(s, now_ns);

	return s->done && elapsed_ns > 0 ? (double)s->done / ((double)elapsed_ns / 1e9) : -1;
}

struct order_values view_order(const struct headway_snapshot *s, int64_t now_ns)
{
	bool is_complete = s->status == HEADWAY_FINISHED && !s->total;

	return (struct order_values){
		.id = s->id,
		.started_ns = s->started_ns,
		.updated_ns = s->updated_ns,
		.finished_ns = s->finished_ns,
		.elapsed_ns = view_elapsed_ns(s, now_ns),
		.name = s->name,
		.status_rank = order_status_rank(s->status, s->lost),
		.fraction = is_complete ? 1 : view_fraction(s),
		.per_second = view_rate(s, now_ns),
		.done = s->done,
	};
}

char *view_text(const struct view_field *field, const struct headway_snapshot *snapshot,
		int64_t now_ns)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = say_memory(open_memstream(&text, &length));

	field->write(out, snapshot, now_ns);
	if (fclose(out))
		say_memory(NULL);
	return text;
}

static void write_id(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	char text[HEADWAY_ID_TEXT] = "";

	(void)now_ns;
	(void)headway_format_id(&s->id, text);
	fputs(text, out);
}

static void write_parent(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	char text[HEADWAY_ID_TEXT] = "-";

	(void)now_ns;
	if (s->parent)
		(void)headway_format_id(s->parent, text);
	fputs(text, out);
}

static void write_status(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fprintf(out, "%s", view_status(s));
}

static void write_name(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fputs(s->name, out);
}

static void write_unit(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fputs(s->unit, out);
}

static void write_url(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fputs(s->url, out);
}

static void write_done(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fprintf(out, "%" PRIu64, s->done);
}

static void write_total(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fprintf(out, "%" PRIu64, s->total);
}

/* "12.5 MiB/4.0 GiB", "3/10 files", "-" when nothing was counted. */
static void write_progress(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	char done[UNITS_TEXT], total[UNITS_TEXT];

	(void)now_ns;
	if (!s->done && !s->total) {
		fputc('-', out);
		return;
	}
	fputs(unit_format_amount(s->done, s->unit, done), out);
	if (s->total)
		fprintf(out, "/%s", unit_format_amount(s->total, s->unit, total));
	if (*s->unit && !unit_is_bytes(s->unit))
		fprintf(out, " %s", s->unit);
}

static void write_percent(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	double fraction = view_fraction(s);

	(void)now_ns;
	if (fraction < 0)
		fputc('-', out);
	else
		fprintf(out, "%.0f%%", floor(fraction * 100));
}

static void write_elapsed(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	char text[UNITS_TEXT];

	fputs(unit_format_duration(view_elapsed_ns(s, now_ns), text), out);
}

static void write_time(FILE *out, int64_t ns)
{
	char text[UNITS_TEXT];

	fputs(unit_format_time(ns, text), out);
}

static void write_started(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	write_time(out, s->started_ns);
}

static void write_updated(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	write_time(out, s->updated_ns);
}

static void write_finished(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	write_time(out, s->finished_ns);
}

static void write_owner(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	if (s->owner_pid)
		fprintf(out, "%" PRIu32 " %s", s->owner_pid, s->owner_command);
	else
		fputc('-', out);
}

static void write_version(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fprintf(out, "%" PRIu64, s->version);
}

static void write_lost(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fputs(s->lost ? "lost" : "-", out);
}

static void write_results(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fputs(s->results ? s->results : "-", out);
}

static void write_counters(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	for (size_t i = 0; i < s->counter_count; i++)
		fprintf(out, "%s%s=%" PRIu64, i ? ", " : "", s->counter_names[i], s->counters[i]);
}

static void write_messages(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	for (size_t i = 0; i < s->message_count; i++)
		fprintf(out, "%s%s: %s", i ? ", " : "", s->messages[i].key, s->messages[i].value);
}

static void write_cancel(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	(void)now_ns;
	fputs(!s->cancel_reason ? "-" : *s->cancel_reason ? s->cancel_reason : "yes", out);
}

/* The error of a record in Error, else the last message. */
static void write_message(FILE *out, const struct headway_snapshot *s, int64_t now_ns)
{
	const char *error = snapshot_message(s, "Error");
	const struct headway_message *last = snapshot_last_message(s);

	(void)now_ns;
	if (s->status == HEADWAY_ERROR && error)
		fputs(error, out);
	else if (last)
		fprintf(out, "%s: %s", last->key, last->value);
}

const struct view_field view_fields[] = {
	{"id", {"ID", TABLE_LEFT}, write_id},
	{"status", {"STATUS", TABLE_LEFT}, write_status},
	{"progress", {"PROGRESS", TABLE_RIGHT}, write_progress},
	{"percent", {"%", TABLE_RIGHT}, write_percent},
	{"elapsed", {"ELAPSED", TABLE_RIGHT}, write_elapsed},
	{"name", {"NAME", TABLE_LEFT}, write_name},
	{"message", {"MESSAGE", TABLE_LEFT}, write_message},
	{"messages", {"MESSAGES", TABLE_LEFT}, write_messages},
	{"unit", {"UNIT", TABLE_LEFT}, write_unit},
	{"done", {"DONE", TABLE_RIGHT}, write_done},
	{"total", {"TOTAL", TABLE_RIGHT}, write_total},
	{"counters", {"COUNTERS", TABLE_LEFT}, write_counters},
	{"parent", {"PARENT", TABLE_LEFT}, write_parent},
	{"owner", {"OWNER", TABLE_LEFT}, write_owner},
	{"url", {"URL", TABLE_LEFT}, write_url},
	{"results", {"RESULTS", TABLE_LEFT}, write_results},
	{"started", {"STARTED", TABLE_LEFT}, write_started},
	{"updated", {"UPDATED", TABLE_LEFT}, write_updated},
	{"finished", {"FINISHED", TABLE_LEFT}, write_finished},
	{"lost", {"LOST", TABLE_LEFT}, write_lost},
	{"cancel", {"CANCEL", TABLE_LEFT}, write_cancel},
	{"version", {"VERSION", TABLE_RIGHT}, write_version},
	{.name = NULL},
};

const struct view_field *view_field_find(const char *name, size_t length)
{
	for (const struct view_field *field = view_fields; field->name; field++)
		if (strlen(field->name) == length && !memcmp(field->name, name, length))
			return field;
	return NULL;
}
