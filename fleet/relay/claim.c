/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <urcu/uatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "relay/options.h"
#include "shared/wire.h"
#include "snapshot/source.h"

static uint64_t heartbeat_sequence; /* of the heartbeat that the key has, as far as is known */
static bool is_under_way;

static void read_boot_id(char boot_id[HEADWAY_ID_TEXT])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, boot_id, HEADWAY_ID_TEXT - 1);

	if (fd >= 0)
		close(fd);
	boot_id[length < 0 ? 0 : length] = '\0';
}

static uint64_t pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

static void describe(const struct relay *r, struct heartbeat *h)
{
	struct headway_info info = {.size = sizeof(info)};
	struct source *source;
	int error;

	*h = (struct heartbeat){.time_ns = wall_ns(),
				.period_ns = relay_options.period_ns,
				.records = relay_counts.records,
				.pid = (uint64_t)getpid(),
				.pid_namespace = pid_namespace()};
	snprintf(h->host, sizeof(h->host), "%s", relay_options.host);
	snprintf(h->run, sizeof(h->run), "%s", r->run);
	read_boot_id(h->boot_id);
	source = source_get(&error);
	if (source && source_info(source, &info) == 0)
		headway_format_id(&info.uuid, h->arena);
	if (source)
		source_put(source);
}

/* true: the process is dead.  false: it lives, or it is on another system or in another namespace. */
static bool is_dead(const struct heartbeat *h)
{
	char boot_id[HEADWAY_ID_TEXT];

	read_boot_id(boot_id);
	return strcmp(h->boot_id, boot_id) == 0 && h->pid > 0 && h->pid < INT32_MAX &&
	       h->pid_namespace && h->pid_namespace == pid_namespace() &&
	       kill((pid_t)h->pid, 0) != 0 && errno == ESRCH;
}

static void tell_taken(const struct heartbeat *h, char *fault, size_t size)
{
	snprintf(fault, size,
		 "another relay has the host name '%s': process %" PRIu64
		 " of the system with boot id %s; stop it, or give this one another --host",
		 h->host, h->pid, *h->boot_id ? h->boot_id : "?");
}

/* Read the heartbeat again and again, for three periods: when it changes, another relay has the name. */
static enum claim wait_for_silence(struct relay *r, const struct heartbeat *first,
				   uint64_t first_sequence, bool (*is_ending)(int64_t), char *fault,
				   size_t size)
{
	int64_t period = first->period_ns > relay_options.period_ns ? first->period_ns
								    : relay_options.period_ns;
	int64_t until = now_ns() + 3 * period;
	struct heartbeat h;
	uint64_t sequence;

	log_line("another relay had the host name '%s': waiting to see whether it still writes",
		 first->host);
	while (now_ns() < until) {
		if (is_ending(period / 4 < SECOND_NS ? period / 4 : SECOND_NS))
			return CLAIM_FAILED;
		if (bucket_heartbeat(&r->link, relay_options.bucket, relay_options.host, &h,
				     &sequence, fault, size) == BUCKET_FAILED)
			return CLAIM_FAILED;
		if (sequence == first_sequence)
			continue;
		if (sequence && !h.stopped && *h.host) {
			tell_taken(&h, fault, size);
			return CLAIM_TAKEN;
		}
		return CLAIM_OURS;
	}
	return CLAIM_OURS;
}

/* Take the name, by a write that succeeds only if the key has the expected sequence number. */
static enum claim write_first(struct relay *r, uint64_t expected, char *fault, size_t size)
{
	char subject[WIRE_SUBJECT_BYTES];
	struct text text = {0};
	struct heartbeat h;
	jsPubOptions options;
	jsPubAck *ack = NULL;
	jsErrCode code = 0;
	natsStatus s;

	jsPubOptions_Init(&options);
	options.MaxWait = 3000;
	options.ExpectLastSubjectSeq = expected;
	options.ExpectNoMessage = expected == 0;
	describe(r, &h);
	wire_heartbeat(&text, &h);
	wire_subject(subject, relay_options.bucket, relay_options.host, NULL);
	s = text.failed ? NATS_NO_MEMORY
			: js_Publish(&ack, r->link.js, subject, text.data, (int)text.length,
				     &options, &code);
	text_free(&text);
	if (s == NATS_OK) {
		heartbeat_sequence = ack->Sequence;
		is_under_way = false;
	} else if (code == JSStreamWrongLastSequenceErr) {
		snprintf(fault, size, "another relay took the host name '%s' at this moment",
			 relay_options.host);
	} else {
		snprintf(
			fault, size, "the heartbeat cannot be written: %s%s", natsStatus_GetText(s),
			s == NATS_TIMEOUT ? " (no leader is elected, or it is not permitted)" : "");
	}
	jsPubAck_Destroy(ack);
	return s == NATS_OK                           ? CLAIM_OURS
	       : code == JSStreamWrongLastSequenceErr ? CLAIM_TAKEN
						      : CLAIM_FAILED;
}

enum claim claim_take(struct relay *r, bool (*is_ending)(int64_t), char *fault, size_t size)
{
	struct heartbeat h;
	uint64_t sequence;
	enum claim claim = CLAIM_OURS;

	*fault = '\0';
	switch (bucket_heartbeat(&r->link, relay_options.bucket, relay_options.host, &h, &sequence,
				 fault, size)) {
	case BUCKET_FAILED:
		return CLAIM_FAILED;
	case BUCKET_IS_NOT:
		break;
	case BUCKET_IS:
		if (strcmp(h.run, r->run) != 0 && !h.stopped && !is_dead(&h))
			claim = wait_for_silence(r, &h, sequence, is_ending, fault, size);
		break;
	}
	return claim == CLAIM_OURS ? write_first(r, sequence, fault, size) : claim;
}

void claim_heartbeat(struct relay *r, struct window *w, bool stopped, int64_t now)
{
	char subject[WIRE_SUBJECT_BYTES];
	struct text text = {0};
	struct heartbeat h;
	struct flight *f;

	if (is_under_way || !link_is_up(&r->link) || !(f = window_take(w)))
		return;
	describe(r, &h);
	h.stopped = stopped;
	wire_heartbeat(&text, &h);
	wire_subject(subject, relay_options.bucket, relay_options.host, NULL);
	is_under_way = !text.failed && window_send(w, &r->link, f, subject, text.data, text.length,
						   heartbeat_sequence, now);
	if (!is_under_way)
		window_give_back(w, f);
	text_free(&text);
}

/* The key has another sequence number than expected.  Either it is gone, since the bucket was purged or made
 * anew; or a heartbeat of this relay arrived and its answer was lost; or another relay has written it. */
static void resolve_conflict(struct relay *r)
{
	char fault[512];
	struct heartbeat h;

	switch (bucket_heartbeat(&r->link, relay_options.bucket, relay_options.host, &h,
				 &heartbeat_sequence, fault, sizeof(fault))) {
	case BUCKET_FAILED:
		log_warning("the heartbeat cannot be read: %s", fault);
		return; /* the next one asks again */
	case BUCKET_IS_NOT:
		log_warning("the bucket was emptied: writing all records again");
		r->must_start_over = true;
		return;
	case BUCKET_IS:
		break;
	}
	if (strcmp(h.run, r->run) == 0)
		return;
	tell_taken(&h, fault, sizeof(fault));
	log_line("%s", fault);
	r->is_refused = true;
}

void claim_answer(struct relay *r, struct window *w, struct flight *f, enum answer answer,
		  uint64_t sequence)
{
	window_give_back(w, f);
	is_under_way = false;
	switch (answer) {
	case ANSWER_YES:
		COUNT(heartbeats);
		heartbeat_sequence = sequence;
		break;
	case ANSWER_CONFLICT:
		resolve_conflict(r);
		break;
	case ANSWER_REFUSED:
	case ANSWER_LOST:
		break;
	}
}
