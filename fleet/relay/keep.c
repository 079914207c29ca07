/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A key is written again before its time in the bucket is half over; which record when depends on its
 * id, so that they are not all written at once.
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
	bool failed; /* out of memory: the rest comes with the next walk */
	struct source *source;
	uint64_t records;
};

/* ---- what the arena has -------------------------------------------------------------------------- */

/* Between a quarter and a half of the time that the bucket keeps values. */
static bool is_old(const struct relay *r, const struct entry *e, int64_t now)
{
	int64_t age = r->bucket.age_ns;

	return age > 0 && now - e->there_ns > age / 4 + age / 4 / 256 * e->id.bytes[15];
}

/* Has it something to write, and may it?  A record that has just ended does not wait. */
static void queue_if_due(struct relay *r, struct entry *e, int64_t now)
{
	bool has_ended = e->over && !e->over_there;
	bool is_due = !e->was_sent || now - e->sent_ns >= relay_options.period_ns;

	if (e->state == SENT || (e->state == QUEUED && !has_ended && !e->gone))
		return;
	if (e->gone)
		table_queue(&r->table, e, true, now);
	else if (e->wanted != e->there && (is_due || has_ended))
		table_queue(&r->table, e, has_ended, now);
	else if (e->wanted == e->there && is_old(r, e, now))
		table_queue(&r->table, e, false, now);
}

static int on_record(const struct headway_snapshot *s, void *argument)
{
	struct walk *w = argument;
	uint64_t fingerprint = snapshot_fingerprint(s);
	struct entry *e = table_find(&w->relay->table, &s->id);

	if (!e) {
		e = table_add(&w->relay->table, &s->id);
		if (!e) {
			w->failed = true;
			return -ENOMEM;
		}
	}
	if (e->wanted != fingerprint && e->wanted != e->there)
		COUNT(skipped);
	e->wanted = fingerprint;
	e->over = s->status != HEADWAY_RUNNING;
	e->seen = true;
	e->gone = false;
	w->records++;
	queue_if_due(w->relay, e, w->now);
	return 0;
}

/* The walk leaves out records that it could not read just now. */
static bool is_gone(struct source *source, const struct headway_id *id)
{
	int rc = source ? source_read(source, id, &scratch) : -ENOENT;

	return rc == -ENOENT || rc == -ESTALE;
}

static void find_gone(struct entry *e, void *argument)
{
	struct walk *w = argument;

	if (!e->seen && !e->gone && is_gone(w->source, &e->id)) {
		e->gone = true;
		e->over = e->over_there = false;
	}
	e->seen = false;
	if (!e->gone)
		return;
	if (e->state == RESTING && e->revision == 0)
		table_remove(&w->relay->table, e); /* it never came into the bucket */
	else
		queue_if_due(w->relay, e, w->now);
}

static void unsee(struct entry *e, void *unused)
{
	(void)unused;
	e->seen = false;
}

/* No arena, or one from before the last boot: there are no records.  Other errors say nothing about
 * them, and they stay. */
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
		table_each(&r->table, unsee, NULL);
	if (w.source)
		source_put(w.source);
	took = now_ns() - now;
	COUNT(walks);
	SHOW(last_walk_ns, took);
	SHOW(total_walk_ns, relay_counts.total_walk_ns + took);
	SHOW(records, w.records);
}

/* ---- what the bucket has ------------------------------------------------------------------------- */

/* Nothing is under way now. */
static void forget_one(struct entry *e, void *unused)
{
	(void)unused;
	e->revision = REVISION_UNKNOWN;
	e->there = ~e->wanted;
	e->over_there = false;
	e->was_sent = false;
}

/* A key of ours that is in the bucket. */
static void on_key(const struct headway_id *id, void *argument)
{
	struct relay *r = argument;
	struct entry *e = table_find(&r->table, id);

	if (!e)
		e = table_add(&r->table, id);
	if (!e)
		return;
	e->revision = REVISION_UNKNOWN; /* the walk that follows says whether it is gone */
	e->there = ~e->wanted;
}

bool keep_reconcile(struct relay *r, char *fault, size_t size)
{
	table_each(&r->table, forget_one, NULL);
	return bucket_each_key(&r->link, relay_options.bucket, relay_options.host, on_key, r, fault,
			       size);
}

/* ---- writing ------------------------------------------------------------------------------------- */

/* Read the record's state into text.  false: there is nothing to write now. */
static bool read_state(struct entry *e, struct source *source, struct flight *f)
{
	int rc = source ? source_read(source, &e->id, &scratch) : -EAGAIN;

	if (rc < 0) /* the next walk says whether it is gone */
		return false;
	text.length = 0;
	wire_record(&text, scratch);
	if (text.failed) {
		text_free(&text);
		return false;
	}
	f->fingerprint = snapshot_fingerprint(scratch);
	f->is_over = scratch->status != HEADWAY_RUNNING;
	f->is_refresh = f->fingerprint == e->there;
	return true;
}

/* It stays as it is in the bucket, until it is smaller. */
static void leave_out(struct relay *r, struct entry *e, uint64_t fingerprint)
{
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&e->id, id);
	log_warning("record %s is not written: it has %zu bytes, the servers take %lld", id,
		    text.length, (long long)natsConnection_GetMaxPayload(r->link.nc));
	COUNT(too_large);
	e->there = e->wanted = fingerprint;
	e->over_there = e->over;
	e->there_ns = now_ns();
}

static bool is_too_large(const struct relay *r)
{
	return (int64_t)text.length > natsConnection_GetMaxPayload(r->link.nc) - 256;
}

/* true: it is under way. */
static bool send_one(struct relay *r, struct window *w, struct flight *f, struct entry *e,
		     struct source *source, int64_t now)
{
	char subject[WIRE_SUBJECT_BYTES];

	f->entry = e;
	f->deletes = e->gone;
	if (!e->gone && !read_state(e, source, f))
		return false;
	if (!e->gone && is_too_large(r)) {
		leave_out(r, e, f->fingerprint);
		return false;
	}
	wire_subject(subject, relay_options.bucket, relay_options.host, &e->id);
	if (!window_send(w, &r->link, f, subject, e->gone ? NULL : text.data,
			 e->gone ? 0 : text.length, e->revision, now)) {
		table_queue(&r->table, e, e->gone, now);
		return false;
	}
	e->state = SENT;
	e->was_sent = true;
	e->sent_ns = now;
	return true;
}

void keep_send(struct relay *r, struct window *w, int64_t now)
{
	struct source *source;
	struct flight *f;
	struct entry *e;
	int error;

	if (!r->table.queued || !link_is_up(&r->link))
		return;
	source = source_get(&error);
	while (r->table.queued && link_is_up(&r->link) && (f = window_take(w))) {
		e = table_next(&r->table);
		if (!send_one(r, w, f, e, source, now))
			window_give_back(w, f);
		if (e->state == QUEUED) /* it could not be sent: the connection is gone */
			break;
	}
	if (source)
		source_put(source);
}

static void confirmed(struct relay *r, struct entry *e, const struct flight *f, uint64_t revision,
		      int64_t now)
{
	if (f->deletes)
		COUNT(deleted);
	else if (f->is_refresh)
		COUNT(refreshed);
	else
		COUNT(published);
	if (f->deletes && e->gone) {
		table_remove(&r->table, e);
		return;
	}
	e->revision = revision;
	e->there = f->deletes ? ~e->wanted : f->fingerprint; /* deleted, and has come back */
	e->over_there = f->is_over;
	e->there_ns = now;
	queue_if_due(r, e, now);
}

void keep_answer(struct relay *r, struct window *w, struct flight *f, enum answer answer,
		 uint64_t revision, int64_t now)
{
	struct entry *e = f->entry;

	e->state = RESTING;
	window_give_back(w, f);
	switch (answer) {
	case ANSWER_YES:
		confirmed(r, e, f, revision, now);
		return;
	case ANSWER_CONFLICT:
		COUNT(conflicts);
		e->revision = revision;
		break;
	case ANSWER_REFUSED:
		COUNT(refused);
		break;
	case ANSWER_LOST:
		COUNT(timeouts);
		break;
	}
	table_queue(&r->table, e, e->gone || (e->over && !e->over_there), now);
}

void keep_free(void)
{
	headway_snapshot_free(scratch);
	text_free(&text);
}
