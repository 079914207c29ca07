/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One thread follows the bucket through a consumer that hands out the last value of each key and then what
 * changes.  It does not trust the consumer: once a second it asks for the stream's state, which says
 *
 *	what is gone        values older than the oldest in the stream: their time was over, or all was purged
 *	that it is cut off  there are newer values, but nothing has come for some seconds: subscribe again, from
 *	                    the last one on.  A reader that is slow is left alone: what was sent to it is on its
 *	                    way, and would be sent again.
 *	that it is wrong    the stream was made anew, or has another number of keys: read all of it again.  When
 *	                    that does not help, it waits twice as long before it does so again.
 *
 * After each new connection it subscribes again, from the last value on.
 */
#include "reader/reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/uatomic.h>

#include "answer/exposition.h"
#include "base/clock.h"
#include "base/log.h"
#include "reader/store.h"
#include "shared/bucket.h"

#define LOOK_NS    SECOND_NS
#define CUT_OFF_NS (3 * SECOND_NS)  /* at first */
#define LONGEST_NS (30 * SECOND_NS) /* after some in vain */
enum { WAIT_MS = 100, RETRY_MS = 500, HOSTS_SHOWN = 1000, WRONG_LOOKS = 3, WRONG_LOOKS_MOST = 600 };

struct watch {
	struct link link;
	natsSubscription *sub;
	uint64_t connects;        /* the connection that it was made on */
	struct bucket_state seen; /* at the last look */
	bool is_catching_up;
	int64_t look_ns;    /* when to look next */
	int64_t came_ns;    /* when the last value came, or it was subscribed */
	int64_t cut_off_ns; /* the silence after which it is subscribed again */
	unsigned wrong;     /* looks in a row at which the number of keys was another */
	unsigned patience;  /* looks at which it must be, before all is read again */
};

static const struct link_options *how;
static const char *bucket;
static pthread_t thread;
static int ending, is_complete, is_up;
static uint64_t subscriptions;
static char last_fault[512];

static bool is_ending(void)
{
	return CMM_LOAD_SHARED(ending);
}

static void pause_ms(int64_t ms)
{
	for (; ms > 0 && !is_ending(); ms -= 50)
		nats_Sleep(50);
}

/* Say it once, until something else is to be said. */
static void warn_once(const char *text)
{
	if (*text && strcmp(text, last_fault) != 0)
		log_warning("cannot read the fleet: %s", text);
	snprintf(last_fault, sizeof(last_fault), "%s", text);
}

static void unsubscribe(struct watch *w)
{
	if (w->sub && link_is_up(&w->link))
		natsSubscription_Unsubscribe(w->sub);
	natsSubscription_Destroy(w->sub);
	w->sub = NULL;
}

/* all: the last value of each key; else what came after the last that is known. */
static bool subscribe(struct watch *w, bool all, char *fault, size_t size)
{
	char subject[WIRE_SUBJECT_BYTES], stream[WIRE_BUCKET_BYTES + 4];
	jsSubOptions options;
	natsStatus s;

	snprintf(subject, sizeof(subject), "$KV.%s.>", bucket);
	snprintf(stream, sizeof(stream), "KV_%s", bucket);
	jsSubOptions_Init(&options);
	options.Stream = stream;
	options.Ordered = true;
	options.Config.DeliverPolicy = all ? js_DeliverLastPerSubject : js_DeliverByStartSequence;
	options.Config.OptStartSeq = all ? 0 : store_revision() + 1;
	w->connects = link_connects();
	s = js_SubscribeSync(&w->sub, w->link.js, subject, NULL, &options, NULL);
	if (s != NATS_OK) {
		snprintf(fault, size, "%s", natsStatus_GetText(s));
		w->sub = NULL;
		return false;
	}
	uatomic_inc(&subscriptions);
	natsSubscription_SetPendingLimits(w->sub, -1, 256 * 1024 * 1024);
	if (all)
		store_begin_all();
	w->is_catching_up = all;
	w->wrong = 0;
	w->came_ns = now_ns();
	w->look_ns = w->came_ns + LOOK_NS;
	return true;
}

static void caught_up(struct watch *w)
{
	struct store_counts counts;

	w->is_catching_up = false;
	store_end_all(now_ns());
	if (!CMM_LOAD_SHARED(is_complete)) {
		store_counts(&counts);
		log_line("the bucket '%s' is read: %llu records of %llu hosts", bucket,
			 (unsigned long long)counts.records, (unsigned long long)counts.hosts);
	}
	CMM_STORE_SHARED(is_complete, 1);
}

static void take(struct watch *w, natsMsg *msg)
{
	struct store_message m = {.subject = natsMsg_GetSubject(msg),
				  .data = natsMsg_GetData(msg),
				  .length = (size_t)natsMsg_GetDataLength(msg)};
	const char *operation = NULL;
	jsMsgMetaData *meta = NULL;
	uint64_t left;

	if (natsMsg_GetMetaData(&meta, msg) != NATS_OK)
		return;
	w->came_ns = now_ns();
	w->cut_off_ns = CUT_OFF_NS;
	m.revision = meta->Sequence.Stream;
	m.created_ns = meta->Timestamp;
	left = meta->NumPending;
	jsMsgMetaData_Destroy(meta);
	m.is_mark = natsMsgHeader_Get(msg, "KV-Operation", &operation) == NATS_OK;
	if (!m.data)
		m.data = "";
	store_apply(&m, w->came_ns);
	if (w->is_catching_up && left == 0)
		caught_up(w);
}

/* The consumer has nothing more for us, but the last message did not say so: there was none. */
static bool has_nothing_left(struct watch *w)
{
	jsConsumerInfo *info = NULL;
	bool nothing = natsSubscription_GetConsumerInfo(&info, w->sub, NULL, NULL) == NATS_OK &&
		       info->NumPending == 0 && info->Delivered.Stream <= store_revision();

	jsConsumerInfo_Destroy(info);
	return nothing;
}

enum verdict { FINE, SUBSCRIBE_AGAIN, READ_ALL_AGAIN };

static enum verdict count_keys(struct watch *w, uint64_t keys)
{
	if (store_keys() == keys) {
		w->wrong = 0;
		w->patience = WRONG_LOOKS;
		return FINE;
	}
	if (++w->wrong < w->patience)
		return FINE;
	w->patience = w->patience < WRONG_LOOKS_MOST ? 2 * w->patience : WRONG_LOOKS_MOST;
	return READ_ALL_AGAIN;
}

/* Subscribing in vain again and again would keep a loaded server from sending anything. */
static bool is_cut_off(struct watch *w, int64_t now)
{
	if (w->seen.last <= store_revision() || now - w->came_ns <= w->cut_off_ns)
		return false;
	w->cut_off_ns = w->cut_off_ns < LONGEST_NS / 2 ? 2 * w->cut_off_ns : LONGEST_NS;
	return true;
}

static enum verdict judge(struct watch *w, const struct bucket_state *state, int64_t now)
{
	uint64_t revision = store_revision();

	if (state->created_ns != w->seen.created_ns || state->last < revision)
		return READ_ALL_AGAIN;
	if (w->is_catching_up) {
		if (state->keys == 0 || has_nothing_left(w))
			caught_up(w);
		else if (is_cut_off(w, now))
			return READ_ALL_AGAIN;
		return FINE;
	}
	store_drop_older(state->first);
	if (is_cut_off(w, now))
		return SUBSCRIBE_AGAIN;
	if (revision == state->last)
		return count_keys(w, state->keys);
	w->wrong = 0;
	return FINE;
}

/* true: what is subscribed to is as it should be. */
static bool look(struct watch *w, bool *all, char *fault, size_t size)
{
	struct bucket_state state;
	int64_t now = now_ns();
	enum verdict verdict = FINE;

	if (now < w->look_ns)
		return true;
	w->look_ns = now + LOOK_NS;
	switch (bucket_look(&w->link, bucket, &state, fault, size)) {
	case BUCKET_IS:
		verdict = judge(w, &state, now);
		w->seen = state;
		*all = verdict == READ_ALL_AGAIN;
		CMM_STORE_SHARED(is_up, 1);
		return verdict == FINE;
	case BUCKET_IS_NOT:
		*all = true;
		store_drop_older(UINT64_MAX);
		return false;
	case BUCKET_FAILED:
		break;
	}
	CMM_STORE_SHARED(is_up, 0);
	warn_once(fault);
	return true;
}

/* Until it has to be subscribed to again; *all: to all of it. */
static void follow(struct watch *w, bool *all)
{
	char fault[512] = "";
	natsMsg *msg = NULL;

	*all = w->is_catching_up;
	while (!is_ending() && !link_is_closed(&w->link) && w->connects == link_connects()) {
		natsStatus s = natsSubscription_NextMsg(&msg, w->sub, WAIT_MS);

		if (s == NATS_OK) {
			take(w, msg);
			natsMsg_Destroy(msg);
		} else if (s != NATS_TIMEOUT && s != NATS_MISSED_HEARTBEAT && s != NATS_MISMATCH &&
			   s != NATS_SLOW_CONSUMER) {
			pause_ms(WAIT_MS);
		}
		*all = w->is_catching_up;
		store_look_at_hosts(now_ns());
		if (!look(w, all, fault, sizeof(fault)))
			return;
	}
	CMM_STORE_SHARED(is_up, 0);
}

/* The bucket, which a relay makes; until then the fleet has no hosts. */
static bool find_bucket(struct watch *w, bool *all, char *fault, size_t size)
{
	struct bucket_state state;

	switch (bucket_look(&w->link, bucket, &state, fault, size)) {
	case BUCKET_IS:
		if (state.created_ns != w->seen.created_ns || state.last < store_revision())
			*all = true;
		else if (!w->is_catching_up) /* even when it cannot be subscribed to */
			store_drop_older(state.first);
		w->seen = state;
		return true;
	case BUCKET_IS_NOT:
		store_drop_older(UINT64_MAX);
		*all = true;
		snprintf(fault, size, "there is no bucket '%s' yet: a relay makes it", bucket);
		CMM_STORE_SHARED(is_complete, 1);
		return false;
	case BUCKET_FAILED:
		break;
	}
	return false;
}

static bool begin(struct watch *w, bool *all, char *fault, size_t size)
{
	if (link_is_closed(&w->link)) {
		link_close(&w->link);
		if (!link_open(&w->link, how, fault, size))
			return false;
		log_line("connected to %s", w->link.server);
	}
	return find_bucket(w, all, fault, size) && subscribe(w, *all, fault, size);
}

static void *run(void *unused)
{
	struct watch w = {.patience = WRONG_LOOKS, .cut_off_ns = CUT_OFF_NS};
	bool all = true;

	(void)unused;
	while (!is_ending()) {
		char fault[512] = "";

		if (!begin(&w, &all, fault, sizeof(fault))) {
			CMM_STORE_SHARED(is_up, 0);
			warn_once(fault);
			store_look_at_hosts(now_ns());
			pause_ms(RETRY_MS);
			continue;
		}
		warn_once("");
		CMM_STORE_SHARED(is_up, 1);
		follow(&w, &all);
		unsubscribe(&w);
	}
	link_close(&w.link);
	return NULL;
}

int reader_start(const struct link_options *options, const char *name)
{
	how = options;
	bucket = name;
	store_configure(name);
	return -pthread_create(&thread, NULL, run, NULL);
}

void reader_stop(void)
{
	CMM_STORE_SHARED(ending, 1);
	pthread_join(thread, NULL);
	store_free();
	nats_Close();
}

/* ---- for the server ------------------------------------------------------------------------------ */

static int reader_error(void)
{
	return CMM_LOAD_SHARED(is_complete) ? 0 : -EAGAIN;
}

static const char *reader_describe(int error)
{
	return error == -EAGAIN
		       ? "the servers were not reached, or the bucket was not read to its end"
		       : headway_strerror(error);
}

static void put_alive(const struct store_host *host, void *argument)
{
	struct scrape *s = argument;

	text_put(&s->text, "headway_host_up{");
	metric_label(s, "host", host->name);
	text_format(&s->text, "} %d\n", host->is_alive);
}

static void put_records(const struct store_host *host, void *argument)
{
	static const char *const names[] = {"running", "finished", "error"};
	const uint64_t values[] = {host->running, host->finished, host->errors};
	struct scrape *s = argument;

	for (int i = 0; i < 3; i++) {
		text_put(&s->text, "headway_host_records{");
		metric_label(s, "host", host->name);
		text_format(&s->text, ",status=\"%s\"} %llu\n", names[i],
			    (unsigned long long)values[i]);
	}
}

static void reader_metrics(struct scrape *s, const char *pattern)
{
	struct store_counts counts;

	store_counts(&counts);
	metric_number(s, "headway_up", GAUGE, "1 when the bucket can be read.",
		      (uint64_t)CMM_LOAD_SHARED(is_up));
	metric_number(s, "headway_hosts", GAUGE, "Hosts in the bucket.", counts.hosts);
	metric_number(s, "headway_hosts_alive", GAUGE, "Hosts whose heartbeats come.",
		      counts.hosts_alive);
	metric_number(s, "headway_fleet_messages", COUNTER, "Values that came from the bucket.",
		      counts.messages);
	metric_number(s, "headway_fleet_invalid", COUNTER,
		      "Values that are not what a relay writes.", counts.invalid);
	metric_number(s, "headway_fleet_hidden", GAUGE,
		      "Records that are not shown because another host has one of the same id.",
		      counts.hidden);
	metric_number(s, "headway_fleet_resyncs", COUNTER, "Times that all of it was read.",
		      counts.resyncs);
	metric_number(s, "headway_fleet_subscriptions", COUNTER,
		      "Times that it was asked for what changes.", CMM_LOAD_SHARED(subscriptions));
	metric_number(s, "headway_fleet_connects", COUNTER, "Connections to NATS made.",
		      link_connects());
	metric_family(s, "headway_host_up", GAUGE,
		      "1 when a host's heartbeats come; for 1000 hosts at most.");
	store_each_host(put_alive, s, HOSTS_SHOWN, pattern);
	metric_family(s, "headway_host_records", GAUGE,
		      "Records of a host by status; for 1000 hosts at most.");
	store_each_host(put_records, s, HOSTS_SHOWN, pattern);
}

const struct fleet reader_fleet = {
	.error = reader_error,
	.describe = reader_describe,
	.state = store_state,
	.each = store_each,
	.find = store_find,
	.hosts = store_hosts,
	.metrics = reader_metrics,
};
