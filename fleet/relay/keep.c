/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A key that does not change is written again before half of the bucket's age has passed; the last byte
 * of its id says when, so that not all keys are written at once.
 */
#include "relay/keep.h"

#include <errno.h>
#include <string.h>
#include <urcu/uatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "relay/options.h"
#include "shared/wire.h"
#include "snapshot/fingerprint.h"
#include "snapshot/source.h"

static struct headway_snapshot *scratch;
static struct text text; /* of the state being written */

struct walk {
	struct relay *relay;
	int64_t now;
	bool failed; /* out of memory: the next walk adds the rest */
	struct source *source;
	uint64_t records;
};

/* ---- the arena ----------------------------------------------------------------------------------- */

/* Between a quarter and a half of the time that the bucket keeps values. */
static bool is_old(const struct relay *r, const struct row *row, int64_t now)
{
	int64_t age = r->bucket.age_ns;

	return age > 0 && now - row->confirmed_ns > age / 4 + age / 4 / 256 * row->id.bytes[15];
}

/* Queue a record that differs from the bucket, and one that must be written again; at most once in a
 * period, but at once when it has just ended. */
static void queue_if_due(struct relay *r, struct row *row, int64_t now)
{
	bool has_ended = row->has_ended && !row->bucket_has_ended;
	bool is_due = !row->was_sent || now - row->sent_ns >= relay_options.period_ns;

	if (row->state == SENT || (row->state == QUEUED && !has_ended && !row->is_gone))
		return;
	if (row->is_gone)
		table_queue(&r->table, row, true, now);
	else if (row->in_arena != row->in_bucket && (is_due || has_ended))
		table_queue(&r->table, row, has_ended, now);
	else if (row->in_arena == row->in_bucket && is_old(r, row, now))
		table_queue(&r->table, row, false, now);
}

static int on_record(const struct headway_snapshot *s, void *argument)
{
	struct walk *w = argument;
	uint64_t fingerprint = snapshot_fingerprint(s);
	struct row *row = table_find(&w->relay->table, &s->id);

	if (!row) {
		row = table_add(&w->relay->table, &s->id);
		if (!row) {
			w->failed = true;
			return -ENOMEM;
		}
	}
	if (row->in_arena != fingerprint && row->in_arena != row->in_bucket)
		COUNT(skipped);
	row->in_arena = fingerprint;
	row->has_ended = s->status != HEADWAY_RUNNING;
	row->is_seen = true;
	row->is_gone = false;
	w->records++;
	queue_if_due(w->relay, row, w->now);
	return 0;
}

/* Not for every record that the walk did not meet: it leaves out those that it cannot read just now. */
static bool is_gone(struct source *source, const struct headway_id *id)
{
	int rc = source ? source_read(source, id, &scratch) : -ENOENT;

	return rc == -ENOENT || rc == -ESTALE;
}

static void find_gone(struct row *row, void *argument)
{
	struct walk *w = argument;

	if (!row->is_seen && !row->is_gone && is_gone(w->source, &row->id)) {
		row->is_gone = true;
		row->has_ended = row->bucket_has_ended = false;
	}
	row->is_seen = false;
	if (!row->is_gone)
		return;
	if (row->state == RESTING && row->sequence == 0)
		table_remove(&w->relay->table, row); /* the bucket never had it */
	else
		queue_if_due(w->relay, row, w->now);
}

static void clear_seen(struct row *row, void *unused)
{
	(void)unused;
	row->is_seen = false;
}

/* There is no arena, or it is from before the last boot: all records are gone.  After another error
 * they may still be there, and their keys stay. */
static bool is_no_arena(int error)
{
	return error == -ENOENT || error == -ESTALE;
}

void keep_walk(struct relay *r, int64_t now)
{
	struct walk w = {.relay = r, .now = now};
	int error = 0;
	int64_t took;

	w.source = source_get(&error);
	if (w.source)
		error = source_each(w.source, on_record, &w);
	if (error >= 0 || (!w.source && is_no_arena(error)))
		table_each(&r->table, find_gone, &w);
	else
		table_each(&r->table, clear_seen, NULL);
	if (w.source)
		source_put(w.source);
	took = now_ns() - now;
	COUNT(walks);
	SHOW(last_walk_ns, took);
	SHOW(total_walk_ns, relay_counts.total_walk_ns + took);
	SHOW(records, w.records);
}

/* ---- the bucket ---------------------------------------------------------------------------------- */

/* No write is under way when this is called. */
static void forget_one(struct row *row, void *unused)
{
	(void)unused;
	row->sequence = SEQUENCE_UNKNOWN;
	row->in_bucket = ~row->in_arena;
	row->bucket_has_ended = false;
	row->was_sent = false;
}

/* A key of ours that is in the bucket. */
static void on_key(const struct headway_id *id, void *argument)
{
	struct relay *r = argument;
	struct row *row = table_find(&r->table, id);

	if (!row)
		row = table_add(&r->table, id);
	if (!row)
		return;
	row->sequence = SEQUENCE_UNKNOWN; /* the next walk finds out whether the record is gone */
	row->in_bucket = ~row->in_arena;
}

bool keep_reconcile(struct relay *r, char *fault, size_t size)
{
	table_each(&r->table, forget_one, NULL);
	return bucket_each_key(&r->link, relay_options.bucket, relay_options.host, on_key, r, fault,
			       size);
}

/* ---- writing ------------------------------------------------------------------------------------- */

/* Read the record's state into text.  false: there is nothing to write now. */
static bool read_state(struct row *row, struct source *source, struct flight *f)
{
	int rc = source ? source_read(source, &row->id, &scratch) : -EAGAIN;

	if (rc < 0) /* the next walk finds out whether the record is gone */
		return false;
	text.length = 0;
	wire_record(&text, scratch);
	if (text.failed) {
		text_free(&text);
		return false;
	}
	f->fingerprint = snapshot_fingerprint(scratch);
	f->is_over = scratch->status != HEADWAY_RUNNING;
	f->is_refresh = f->fingerprint == row->in_bucket;
	return true;
}

/* The bucket keeps the last state that was small enough. */
static void leave_out(struct relay *r, struct row *row, uint64_t fingerprint)
{
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&row->id, id);
	log_warning("record %s is not written: it has %zu bytes, the servers accept %lld", id,
		    text.length, (long long)natsConnection_GetMaxPayload(r->link.nc));
	COUNT(too_large);
	row->in_bucket = row->in_arena = fingerprint;
	row->bucket_has_ended = row->has_ended;
	row->confirmed_ns = now_ns();
}

static bool is_too_large(const struct relay *r)
{
	return (int64_t)text.length > natsConnection_GetMaxPayload(r->link.nc) - 256;
}

/* true: the write is under way. */
static bool send_one(struct relay *r, struct window *w, struct flight *f, struct row *row,
		     struct source *source, int64_t now)
{
	char subject[WIRE_SUBJECT_BYTES];

	f->row = row;
	f->deletes = row->is_gone;
	if (!row->is_gone && !read_state(row, source, f))
		return false;
	if (!row->is_gone && is_too_large(r)) {
		leave_out(r, row, f->fingerprint);
		return false;
	}
	wire_subject(subject, relay_options.bucket, relay_options.host, &row->id);
	if (!window_send(w, &r->link, f, subject, row->is_gone ? NULL : text.data,
			 row->is_gone ? 0 : text.length, row->sequence, now)) {
		table_queue(&r->table, row, row->is_gone, now);
		return false;
	}
	row->state = SENT;
	row->was_sent = true;
	row->sent_ns = now;
	return true;
}

void keep_send(struct relay *r, struct window *w, int64_t now)
{
	struct source *source;
	struct flight *f;
	struct row *row;
	int error;

	if (!r->table.queued || !link_is_up(&r->link))
		return;
	source = source_get(&error);
	while (r->table.queued && link_is_up(&r->link) && (f = window_take(w))) {
		row = table_next(&r->table);
		if (!send_one(r, w, f, row, source, now))
			window_give_back(w, f);
		if (row->state == QUEUED) /* the write failed: the connection is lost */
			break;
	}
	if (source)
		source_put(source);
}

static void confirmed(struct relay *r, struct row *row, const struct flight *f, uint64_t sequence,
		      int64_t now)
{
	if (f->deletes)
		COUNT(deleted);
	else if (f->is_refresh)
		COUNT(refreshed);
	else
		COUNT(published);
	if (f->deletes && row->is_gone) {
		table_remove(&r->table, row);
		return;
	}
	row->sequence = sequence;
	/* A key that is deleted here belongs to a record that is in the arena again: to be written. */
	row->in_bucket = f->deletes ? ~row->in_arena : f->fingerprint;
	row->bucket_has_ended = f->is_over;
	row->confirmed_ns = now;
	queue_if_due(r, row, now);
}

void keep_answer(struct relay *r, struct window *w, struct flight *f, enum answer answer,
		 uint64_t sequence, int64_t now)
{
	struct row *row = f->row;

	row->state = RESTING;
	window_give_back(w, f);
	switch (answer) {
	case ANSWER_YES:
		confirmed(r, row, f, sequence, now);
		return;
	case ANSWER_CONFLICT:
		COUNT(conflicts);
		row->sequence = sequence;
		break;
	case ANSWER_REFUSED:
		COUNT(refused);
		break;
	case ANSWER_LOST:
		COUNT(timeouts);
		break;
	}
	table_queue(&r->table, row, row->is_gone || (row->has_ended && !row->bucket_has_ended),
		    now);
}

void keep_free(void)
{
	headway_snapshot_free(scratch);
	text_free(&text);
}
