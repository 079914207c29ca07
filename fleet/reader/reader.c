/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One thread follows the bucket through a consumer, which sends the last value of each key and then every
 * change.  A consumer does not report values that expired, and it can stop silently; so the thread also asks
 * for the stream's state once a second, and acts on three findings:
 *
 *	expired     the stream's oldest value is newer than some that are known: these are dropped
 *	cut off     the stream has newer values, but none has come for some seconds: subscribe again, from the
 *	            last one on.  As long as anything comes, the reader is only slow: subscribing again would
 *	            have the values that are on their way sent twice
 *	different   the stream was made anew, or has another number of keys: read all of it again, and wait
 *	            twice as long each time before doing that once more
 *
 * After each reconnect it subscribes again, from the last value on.
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

#define CHECK_NS     SECOND_NS
#define CUT_OFF_NS   (3 * SECOND_NS) /* silence before subscribing again, doubled each time up to */
#define LONGEST_NS   (30 * SECOND_NS)
#define HEARTBEAT_NS (5 * SECOND_NS)
enum {
	WAIT_MS = 100,
	RETRY_MS = 500,
	HOSTS_SHOWN = 1000,
	MISMATCHES_FIRST = 3,
	MISMATCHES_MOST = 600
};

struct watch {
	struct link link;
	natsSubscription *sub;
	uint64_t connects;        /* number of the connection that it was subscribed on */
	struct bucket_state seen; /* the stream's state at the last check */
	bool is_catching_up;      /* reading the whole bucket */
	uint64_t delivered;       /* messages, as the consumer numbers them */
	int64_t check_ns;         /* when to check next */
	int64_t came_ns;          /* when the last value came, or when it was subscribed */
	int64_t cut_off_ns;       /* after such a silence it subscribes again */
	unsigned mismatches;      /* checks in a row that found another number of keys */
	unsigned mismatches_most; /* as many have all of it read again */
};

static const struct link_options *link_options;
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

/* Log a warning, but not the same one twice in a row; "": the next one is logged whatever it is. */
static void warn_once(const char *text)
{
	if (*text && strcmp(text, last_fault) != 0)
		log_warning("cannot read the fleet: %s", text);
	snprintf(last_fault, sizeof(last_fault), "%s", text);
}

/* libnats before 3.6 crashes when a message comes for a subscription that is being destroyed (nats.c #637), so
 * the connection is closed first, which also ends the thread that reads from it. */
static void unsubscribe(struct watch *w)
{
	natsSubscription *sub = w->sub;

	w->sub = NULL;
	if (!sub)
		return;
	link_close(&w->link);
	natsSubscription_Destroy(sub);
}

/* all: send the last value of each key; else the values after the last that is known.  Its subject has no
 * subscriber yet; so when the answer comes too late, nothing is sent, and the server deletes the consumer. */
static natsStatus make_consumer(struct watch *w, bool all, const char *subject, const char *stream,
				jsConsumerInfo **info)
{
	char deliver[WIRE_HOST_BYTES];
	jsConsumerConfig config;
	natsInbox *inbox = NULL;
	natsStatus s = natsInbox_Create(&inbox);

	if (s == NATS_OK)
		snprintf(deliver, sizeof(deliver), "%s%s",
			 link_options->inbox ? link_options->inbox : "_INBOX", strrchr(inbox, '.'));
	jsConsumerConfig_Init(&config);
	config.DeliverSubject = deliver;
	config.FilterSubject = subject;
	config.DeliverPolicy = all ? js_DeliverLastPerSubject : js_DeliverByStartSequence;
	config.OptStartSeq = all ? 0 : store_last_sequence() + 1;
	config.AckPolicy = js_AckNone;
	config.MaxDeliver = 1;
	config.FlowControl = true;
	config.Heartbeat = HEARTBEAT_NS;
	config.InactiveThreshold = HEARTBEAT_NS;
	config.Replicas = 1;
	config.MemoryStorage = true;
	if (s == NATS_OK)
		s = js_AddConsumer(info, w->link.js, stream, &config, NULL, NULL);
	natsInbox_Destroy(inbox);
	return s;
}

static bool subscribe(struct watch *w, bool all, char *fault, size_t size)
{
	char subject[WIRE_SUBJECT_BYTES], stream[WIRE_BUCKET_BYTES + 4];
	jsConsumerInfo *info = NULL;
	jsSubOptions options;
	natsStatus s;

	snprintf(subject, sizeof(subject), "$KV.%s.>", bucket);
	snprintf(stream, sizeof(stream), "KV_%s", bucket);
	w->connects = link_connects();
	s = make_consumer(w, all, subject, stream, &info);
	jsSubOptions_Init(&options);
	options.Stream = stream;
	options.Consumer = s == NATS_OK ? info->Name : NULL;
	options.Config.MemoryStorage = true; /* as the consumer has it, or libnats refuses */
	if (s == NATS_OK)
		s = js_SubscribeSync(&w->sub, w->link.js, subject, NULL, &options, NULL);
	jsConsumerInfo_Destroy(info);
	if (s != NATS_OK) {
		snprintf(fault, size, "%s",
			 s == NATS_TIMEOUT ? natsStatus_GetText(s) : link_explain(s));
		w->sub = NULL;
		return false;
	}
	uatomic_inc(&subscriptions);
	natsSubscription_SetPendingLimits(w->sub, -1, 256 * 1024 * 1024);
	if (all)
		store_begin_all();
	w->is_catching_up = all;
	w->delivered = 0;
	w->mismatches = 0;
	w->came_ns = now_ns();
	w->check_ns = w->came_ns + CHECK_NS;
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

/* Apply one message.  false: a message before it is missing. */
static bool take(struct watch *w, natsMsg *msg)
{
	struct store_message m = {.subject = natsMsg_GetSubject(msg),
				  .data = natsMsg_GetData(msg),
				  .length = (size_t)natsMsg_GetDataLength(msg)};
	const char *operation = NULL;
	jsMsgMetaData *meta = NULL;
	uint64_t left;

	if (natsMsg_GetMetaData(&meta, msg) != NATS_OK)
		return true;
	if (meta->Sequence.Consumer != w->delivered + 1) {
		jsMsgMetaData_Destroy(meta);
		return false;
	}
	w->delivered++;
	w->came_ns = now_ns();
	w->cut_off_ns = CUT_OFF_NS;
	m.sequence = meta->Sequence.Stream;
	m.created_ns = meta->Timestamp;
	left = meta->NumPending;
	jsMsgMetaData_Destroy(meta);
	m.is_mark = natsMsgHeader_Get(msg, "KV-Operation", &operation) == NATS_OK;
	if (!m.data)
		m.data = "";
	store_apply(&m, w->came_ns);
	if (w->is_catching_up && left == 0)
		caught_up(w);
	return true;
}

/* Catching up ends with a message that has no others behind it.  Where no message comes at all, the consumer is
 * asked whether it has any left. */
static bool has_nothing_left(struct watch *w)
{
	jsConsumerInfo *info = NULL;
	bool nothing = natsSubscription_GetConsumerInfo(&info, w->sub, NULL, NULL) == NATS_OK &&
		       info->NumPending == 0 && info->Delivered.Stream <= store_last_sequence();

	jsConsumerInfo_Destroy(info);
	return nothing;
}

enum verdict { FINE, SUBSCRIBE_AGAIN, READ_ALL_AGAIN };

static enum verdict count_keys(struct watch *w, uint64_t keys)
{
	if (store_keys() == keys) {
		w->mismatches = 0;
		w->mismatches_most = MISMATCHES_FIRST;
		return FINE;
	}
	if (++w->mismatches < w->mismatches_most)
		return FINE;
	w->mismatches_most = w->mismatches_most < MISMATCHES_MOST ? 2 * w->mismatches_most
								  : MISMATCHES_MOST;
	return READ_ALL_AGAIN;
}

/* The silence is twice as long each time, since subscribing again and again would keep a loaded server from
 * sending anything. */
static bool is_cut_off(struct watch *w, int64_t now)
{
	if (w->seen.last <= store_last_sequence() || now - w->came_ns <= w->cut_off_ns)
		return false;
	w->cut_off_ns = w->cut_off_ns < LONGEST_NS / 2 ? 2 * w->cut_off_ns : LONGEST_NS;
	return true;
}

static enum verdict judge(struct watch *w, const struct bucket_state *state, int64_t now)
{
	uint64_t sequence = store_last_sequence();

	if (state->created_ns != w->seen.created_ns || state->last < sequence)
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
	if (sequence == state->last)
		return count_keys(w, state->keys);
	w->mismatches = 0;
	return FINE;
}

/* Once a second, compare the store with the stream.  false: subscribe again; *all: to the whole bucket. */
static bool check_stream(struct watch *w, bool *all, char *fault, size_t size)
{
	struct bucket_state state;
	int64_t now = now_ns();
	enum verdict verdict = FINE;

	if (now < w->check_ns)
		return true;
	w->check_ns = now + CHECK_NS;
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

/* Apply what comes, until it is necessary to subscribe again; *all: to the whole bucket. */
static void follow(struct watch *w, bool *all)
{
	char fault[512] = "";
	natsMsg *msg = NULL;

	*all = w->is_catching_up;
	while (!is_ending() && !link_is_closed(&w->link) && w->connects == link_connects()) {
		natsStatus s = natsSubscription_NextMsg(&msg, w->sub, WAIT_MS);

		if (s == NATS_OK) {
			bool is_next = take(w, msg);

			natsMsg_Destroy(msg);
			if (!is_next)
				return;
		} else if (s != NATS_TIMEOUT && s != NATS_MISSED_HEARTBEAT && s != NATS_MISMATCH &&
			   s != NATS_SLOW_CONSUMER) {
			pause_ms(WAIT_MS);
		}
		*all = w->is_catching_up;
		store_check_hosts(now_ns());
		if (!check_stream(w, all, fault, sizeof(fault)))
			return;
	}
	CMM_STORE_SHARED(is_up, 0);
}

/* Look for the bucket, which the first relay makes.  Until then the fleet has no hosts, and the reader counts as
 * ready. */
static bool find_bucket(struct watch *w, bool *all, char *fault, size_t size)
{
	struct bucket_state state;

	switch (bucket_look(&w->link, bucket, &state, fault, size)) {
	case BUCKET_IS:
		if (state.created_ns != w->seen.created_ns || state.last < store_last_sequence())
			*all = true;
		else if (!w->is_catching_up) /* here too, since subscribing may fail for long */
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
		if (!link_open(&w->link, link_options, fault, size))
			return false;
		log_line("connected to %s", w->link.server);
	}
	return find_bucket(w, all, fault, size) && subscribe(w, *all, fault, size);
}

static void *run(void *unused)
{
	struct watch w = {.mismatches_most = MISMATCHES_FIRST, .cut_off_ns = CUT_OFF_NS};
	bool all = true;

	(void)unused;
	while (!is_ending()) {
		char fault[512] = "";

		if (!begin(&w, &all, fault, sizeof(fault))) {
			CMM_STORE_SHARED(is_up, 0);
			warn_once(fault);
			store_check_hosts(now_ns());
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
	link_options = options;
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

/* ---- what headway-httpd calls -------------------------------------------------------------------- */

static int reader_error(void)
{
	return CMM_LOAD_SHARED(is_complete) ? 0 : -EAGAIN;
}

static const char *reader_describe(int error)
{
	return error == -EAGAIN ? "the servers were not reached yet, or the bucket is not read to "
				  "its end yet"
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
	metric_number(s, "headway_hosts_alive", GAUGE, "Hosts whose heartbeats arrive.",
		      counts.hosts_alive);
	metric_number(s, "headway_fleet_messages", COUNTER, "Values received from the bucket.",
		      counts.messages);
	metric_number(s, "headway_fleet_invalid", COUNTER,
		      "Values that are not what a relay writes.", counts.invalid);
	metric_number(s, "headway_fleet_hidden", GAUGE,
		      "Records that are not shown because another host has one of the same id.",
		      counts.hidden);
	metric_number(s, "headway_fleet_resyncs", COUNTER, "Times that the whole bucket was read.",
		      counts.resyncs);
	metric_number(s, "headway_fleet_subscriptions", COUNTER, "Subscriptions to the bucket.",
		      CMM_LOAD_SHARED(subscriptions));
	metric_number(s, "headway_fleet_connects", COUNTER, "Connections to NATS made.",
		      link_connects());
	metric_family(s, "headway_host_up", GAUGE,
		      "1 when a host's heartbeats arrive; for 1000 hosts at most.");
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
