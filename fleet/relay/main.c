/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * headway-relay: starts, confines the process, and keeps the bucket equal to the arena until a signal comes.
 *
 *	this thread	walks the arena, writes, reads answers
 *	libnats		reads and writes the connection, and reconnects
 *	libmicrohttpd	answers /healthz, /readyz and /metrics, with --listen
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <urcu-bp.h>
#include <urcu/uatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "net/notify.h"
#include "relay/claim.h"
#include "relay/keep.h"
#include "relay/options.h"
#include "relay/relay.h"
#include "relay/serve.h"
#include "relay/window.h"
#include "security/sandbox.h"
#include "snapshot/sigbus.h"
#include "snapshot/source.h"

#define RETRY_NS SECOND_NS
/* A write that is not answered in ANSWER_FACTOR times the delay of the last answer counts as lost. */
#define ANSWER_FACTOR   4
#define ANSWER_NS       (5 * SECOND_NS)        /* at least */
#define LATE_ANSWER_NS  (60 * SECOND_NS)       /* at most */
#define LONGEST_GAP_NS  (100 * MILLISECOND_NS) /* between walks; an ended record waits so long */
#define SHORTEST_GAP_NS (10 * MILLISECOND_NS)

struct relay_counts relay_counts;

static struct relay relay;
static struct window window;
static int signal_fd = -1;
static bool ending;
static int64_t paused_until_ns; /* a server refused a write */
static int64_t answer_ns = ANSWER_NS;

/* Wait for a signal, for at most wait_ns; a negative time only checks.  true: the program is to end. */
static bool is_ending(int64_t wait_ns)
{
	struct pollfd fd = {.fd = signal_fd, .events = POLLIN};
	struct signalfd_siginfo info;

	if (!ending && wait_ns >= 0)
		poll(&fd, 1, (int)((wait_ns + MILLISECOND_NS - 1) / MILLISECOND_NS));
	if (read(signal_fd, &info, sizeof(info)) > 0)
		ending = true;
	return ending;
}

/* Log a warning, but not the same one twice in a row.  Two empty strings: the trouble is over, the next
 * warning is logged whatever it is. */
static void warn_once(const char *what, const char *text)
{
	static char last[512];
	char line[512];

	snprintf(line, sizeof(line), "%s%s", what, text);
	if (*line && strcmp(line, last) != 0)
		log_warning("%s", line);
	memcpy(last, line, sizeof(last));
}

/* ---- one connection ------------------------------------------------------------------------------ */

/* Overloaded servers answer late. A write that is sent again meanwhile costs them as much as a new one, so an
 * answer to a write that counted as lost makes the relay wait longer for the others. */
static void learn_delay(int64_t delay_ns)
{
	int64_t wait = ANSWER_FACTOR * delay_ns;

	answer_ns = wait < ANSWER_NS ? ANSWER_NS : wait > LATE_ANSWER_NS ? LATE_ANSWER_NS : wait;
}

static void answer_one(struct flight *f, enum answer answer, uint64_t sequence, const char *text)
{
	if (answer != ANSWER_LOST)
		learn_delay(now_ns() - f->sent_ns);
	if (answer == ANSWER_REFUSED) {
		warn_once("a server refuses the writes: ", text);
		paused_until_ns = now_ns() + RETRY_NS;
	} else if (answer == ANSWER_YES && paused_until_ns) {
		warn_once("", "");
		paused_until_ns = 0;
	}
	if (f->row)
		keep_answer(&relay, &window, f, answer, sequence, now_ns());
	else
		claim_answer(&relay, &window, f, answer, sequence);
}

/* Count the writes that were sent before that as lost; they are queued again. */
static void expire(int64_t sent_before_ns)
{
	struct flight *f;

	while ((f = window_sent_before(&window, sent_before_ns)))
		answer_one(f, ANSWER_LOST, SEQUENCE_UNKNOWN, "");
}

static void show(int64_t now)
{
	SHOW(pending, relay.table.queued + window.used);
	SHOW(in_flight, window.used);
	SHOW(behind_ns, now - table_oldest(&relay.table, now));
	SHOW(up, link_is_up(&relay.link) && !relay.must_start_over);
	if (relay.table.queued + window.used == 0 && relay_counts.up && relay_counts.walks)
		SHOW(ready, 1);
}

/* Read answers until the time given; return early when no answer is left and a write can be sent. */
static void take_answers(int64_t until_ns)
{
	char text[256] = "";
	enum answer answer;
	uint64_t sequence;
	struct flight *f;
	int64_t wait;

	do {
		bool may_send = relay.table.queued && window.used < window.size &&
				link_is_up(&relay.link) && now_ns() >= paused_until_ns;

		wait = may_send ? 0 : until_ns - now_ns();
		f = window_answer(&window, wait, &answer, &sequence, text, sizeof(text));
		if (f)
			answer_one(f, answer, sequence, text);
		if (f && wait > 0) /* read the answers that came with it, then return */
			until_ns = 0;
	} while (f && !relay.must_start_over && !relay.is_refused);
}

/* When to walk next.  Walks take at most a quarter of the thread's time. */
static int64_t next_walk(int64_t began)
{
	int64_t gap = relay_options.period_ns / 4, least = 4 * (now_ns() - began);

	gap = gap < SHORTEST_GAP_NS ? SHORTEST_GAP_NS : gap > LONGEST_GAP_NS ? LONGEST_GAP_NS : gap;
	return began + (gap > least ? gap : least);
}

static bool goes_on(void)
{
	return !is_ending(-1) && !relay.must_start_over && !relay.is_refused &&
	       !link_is_closed(&relay.link);
}

static void check_connection(int64_t now)
{
	if (relay.connects != link_connects()) {
		relay.connects = link_connects();
		expire(INT64_MAX); /* their answers went to the old connection */
		answer_ns = ANSWER_NS;
	}
	if (window.is_late)
		answer_ns = LATE_ANSWER_NS;
	window.is_late = false;
	expire(now - answer_ns);
}

/* Writes have no responder: the bucket was deleted, or its servers are electing a leader. */
static void find_bucket(void)
{
	struct bucket_state state;
	char fault[512];

	if (now_ns() < paused_until_ns)
		return;
	switch (bucket_look(&relay.link, relay_options.bucket, &state, fault, sizeof(fault))) {
	case BUCKET_IS:
		if (state.created_ns == relay.bucket.created_ns)
			break;
		/* fall through */
	case BUCKET_IS_NOT:
		log_warning("the bucket is gone: writing all of it again");
		relay.must_start_over = true;
		return;
	case BUCKET_FAILED:
		warn_once("cannot write to NATS: ", fault);
		paused_until_ns = now_ns() + RETRY_NS;
		return;
	}
	window.no_responder = false;
	expire(INT64_MAX);
	paused_until_ns = now_ns() + RETRY_NS;
}

/* Keep the bucket equal to the arena until the connection is closed, the bucket is lost, another relay has
 * the name, or a signal comes. */
static void work(void)
{
	int64_t walk_ns = 0, heartbeat_ns = now_ns() + relay_options.period_ns;

	while (goes_on()) {
		int64_t now = now_ns(), wake;

		check_connection(now);
		if (window.no_responder)
			find_bucket();
		if (now >= walk_ns) {
			keep_walk(&relay, now);
			walk_ns = next_walk(now);
		}
		if (now >= heartbeat_ns) {
			claim_heartbeat(&relay, &window, false, now);
			heartbeat_ns = now + relay_options.period_ns;
			notify_send("WATCHDOG=1");
		}
		if (now >= paused_until_ns)
			keep_send(&relay, &window, now);
		show(now);
		wake = walk_ns < heartbeat_ns ? walk_ns : heartbeat_ns;
		take_answers(wake);
	}
}

/* Write what has changed and a last heartbeat, which frees the name, and wait a second for the answers. */
static void write_last(void)
{
	int64_t until = now_ns() + SECOND_NS;

	if (!link_is_up(&relay.link) || relay.must_start_over)
		return;
	keep_walk(&relay, now_ns());
	keep_send(&relay, &window, now_ns());
	claim_heartbeat(&relay, &window, true, now_ns());
	while (window.used && now_ns() < until) {
		take_answers(now_ns() + 20 * MILLISECOND_NS);
		keep_send(&relay, &window, now_ns());
	}
	natsConnection_FlushTimeout(relay.link.nc, 1000);
}

/* ---- all connections ----------------------------------------------------------------------------- */

/* Connect, find or make the bucket, take the name, and list the host's keys.  false: try again later, or
 * is_refused is set. */
static bool begin(char *fault, size_t size)
{
	const struct relay_options *o = &relay_options;
	char inbox[sizeof(window.inbox)];

	if (link_is_closed(&relay.link)) {
		window_close(&window);
		link_close(&relay.link);
		if (!link_open(&relay.link, &o->link, fault, size))
			return false;
		snprintf(inbox, sizeof(inbox), "%s.%s", o->link.inbox, relay.run);
		if (!window_open(&window, &relay.link, inbox))
			return false;
		log_line("connected to %s", relay.link.server);
	}
	relay.connects = link_connects();
	if (!bucket_make(&relay.link, o->bucket, o->age_ns, o->replicas, &relay.bucket, fault,
			 size))
		return false;
	switch (claim_take(&relay, is_ending, fault, size)) {
	case CLAIM_TAKEN:
		log_line("%s", fault);
		relay.is_refused = true;
		return false;
	case CLAIM_FAILED:
		return false;
	case CLAIM_OURS:
		break;
	}
	return keep_reconcile(&relay, fault, size);
}

static void start_over(void)
{
	char fault[512] = "";

	expire(INT64_MAX);
	window.no_responder = false;
	relay.must_start_over = false;
	if (!begin(fault, sizeof(fault))) {
		relay.must_start_over = true;
		if (!relay.is_refused && *fault)
			warn_once("cannot write to NATS: ", fault);
		return;
	}
	warn_once("", "");
	log_line("writing the records of host '%s' to the bucket '%s'", relay_options.host,
		 relay_options.bucket);
	notify_send("READY=1");
}

static void run(void)
{
	notify_send("READY=1"); /* without waiting for the servers, which may start later */
	while (!is_ending(-1) && !relay.is_refused) {
		start_over();
		if (!relay.must_start_over && !relay.is_refused)
			work();
		show(now_ns());
		notify_send("WATCHDOG=1");
		if ((relay.must_start_over || link_is_closed(&relay.link)) && !relay.is_refused)
			is_ending(RETRY_NS);
	}
	notify_send("STOPPING=1");
	if (!relay.is_refused)
		write_last();
}

static void confine(void)
{
	const char *folders[4], *socket_folder = serve_folder();
	struct sandbox keep = {.has_arena = true,
			       .arena = relay_options.arena,
			       .connects = true,
			       .remove_in = &socket_folder,
			       .remove_count = socket_folder != NULL,
			       .read_in = folders,
			       .read_count = link_folders(&relay_options.link, folders)};
	int rc = relay_options.no_sandbox ? 0 : sandbox_enter(&keep);

	if (rc < 0)
		log_warning("the process is not confined: %s", strerror(-rc));
}

static int prepare(void)
{
	uint64_t number;
	int rc;

	signal_fd = signals_open();
	if (signal_fd < 0)
		return -errno;
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (uint64_t)wall_ns() ^ (uint64_t)getpid() << 48;
	snprintf(relay.run, sizeof(relay.run), "%016" PRIx64, number);
	relay.must_start_over = true;
	rc = sigbus_install();
	if (rc == 0)
		rc = table_init(&relay.table);
	return rc == 0 ? window_init(&window, relay_options.window) : rc;
}

int main(int argc, char **argv)
{
	int status, rc;

	log_program = "headway-relay";
	status = relay_options_parse(argc, argv);
	if (status >= 0)
		return status;
	source_configure(relay_options.arena, NULL);
	rc = prepare();
	if (rc < 0) {
		log_line("cannot start: %s", strerror(-rc));
		return 1;
	}
	if (!serve_start())
		return 1;
	notify_open();
	confine();
	run();
	serve_stop();
	window_free(&window);
	link_close(&relay.link);
	keep_free();
	table_free(&relay.table);
	source_close();
	rcu_barrier();
	nats_Close();
	return relay.is_refused ? 1 : 0;
}
