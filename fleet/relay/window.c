/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay/window.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "relay/table.h"
#include "shared/json.h"

enum { WRONG_LAST_SEQUENCE = 10071 };

int window_init(struct window *w, size_t size)
{
	*w = (struct window){.size = size};
	w->flight = calloc(size, sizeof(*w->flight));
	return w->flight ? 0 : -ENOMEM;
}

void window_free(struct window *w)
{
	window_close(w);
	free(w->flight);
}

bool window_open(struct window *w, struct link *link, const char *inbox)
{
	char subject[sizeof(w->inbox) + 2];
	natsStatus s;

	snprintf(w->inbox, sizeof(w->inbox), "%s", inbox);
	snprintf(subject, sizeof(subject), "%s.*", w->inbox);
	s = natsConnection_SubscribeSync(&w->answers, link->nc, subject);
	if (s != NATS_OK)
		log_warning("cannot listen for the servers' answers: %s", natsStatus_GetText(s));
	return s == NATS_OK;
}

void window_close(struct window *w)
{
	natsSubscription_Destroy(w->answers);
	w->answers = NULL;
}

struct flight *window_take(struct window *w)
{
	for (size_t i = 0; w->used < w->size && i < w->size; i++) {
		struct flight *f = &w->flight[(w->serial + i) % w->size];

		if (f->is_used)
			continue;
		*f = (struct flight){.is_used = true, .serial = ++w->serial};
		w->used++;
		return f;
	}
	return NULL;
}

void window_give_back(struct window *w, struct flight *f)
{
	w->used -= f->is_used;
	f->is_used = false;
}

static natsStatus set_headers(natsMsg *msg, bool deletes, uint64_t sequence)
{
	natsStatus s = NATS_OK;
	char number[24];

	if (deletes)
		s = natsMsgHeader_Set(msg, "KV-Operation", "DEL");
	if (s != NATS_OK || sequence == SEQUENCE_UNKNOWN)
		return s;
	snprintf(number, sizeof(number), "%" PRIu64, sequence);
	return natsMsgHeader_Set(msg, "Nats-Expected-Last-Subject-Sequence", number);
}

bool window_send(struct window *w, struct link *link, struct flight *f, const char *subject,
		 const char *data, size_t length, uint64_t sequence, int64_t now)
{
	char reply[sizeof(w->inbox) + 32];
	natsMsg *msg = NULL;
	natsStatus s;

	snprintf(reply, sizeof(reply), "%s.%zu-%" PRIu32, w->inbox, (size_t)(f - w->flight),
		 f->serial);
	s = natsMsg_Create(&msg, subject, reply, data, (int)length);
	if (s == NATS_OK)
		s = set_headers(msg, !data, sequence);
	if (s == NATS_OK)
		s = natsConnection_PublishMsg(link->nc, msg);
	natsMsg_Destroy(msg);
	f->sent_ns = now;
	return s == NATS_OK;
}

/* The write that an answer with this subject belongs to; NULL: it is not under way any more. */
static struct flight *flight_of(struct window *w, const char *subject)
{
	const char *dot = strrchr(subject, '.');
	uint32_t serial;
	size_t index;

	if (!dot || sscanf(dot + 1, "%zu-%" SCNu32, &index, &serial) != 2 || index >= w->size)
		return NULL;
	if (!w->flight[index].is_used || w->flight[index].serial != serial) {
		w->is_late = true;
		return NULL;
	}
	return &w->flight[index];
}

struct reply {
	uint64_t sequence, code;
	char *description;
	bool is_error;
};

static bool error_member(struct json_part key, struct json_part value, void *argument)
{
	struct reply *reply = argument;

	if (json_is(key, "err_code"))
		(void)json_number(value, &reply->code);
	else if (json_is(key, "description") && !reply->description)
		reply->description = json_text(value);
	return true;
}

static bool reply_member(struct json_part key, struct json_part value, void *argument)
{
	struct reply *reply = argument;

	if (json_is(key, "seq"))
		return json_number(value, &reply->sequence);
	if (!json_is(key, "error"))
		return true;
	reply->is_error = true;
	return json_object(value, error_member, reply);
}

/* The number in "wrong last sequence: 17", which the key has; 0: there is no such key. */
static uint64_t sequence_in(const char *description)
{
	const char *colon = description ? strrchr(description, ':') : NULL;
	uint64_t number;
	int end = 0;

	return colon && sscanf(colon, ": %" SCNu64 "%n", &number, &end) == 1 && !colon[end]
		       ? number
		       : SEQUENCE_UNKNOWN;
}

static enum answer read_reply(natsMsg *msg, uint64_t *sequence, char *text, size_t size)
{
	struct json_part whole = {natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg)};
	struct reply reply = {0};
	enum answer answer = ANSWER_YES;

	*sequence = SEQUENCE_UNKNOWN;
	if (!json_object(whole, reply_member, &reply) || (!reply.is_error && !reply.sequence)) {
		snprintf(text, size, "not an answer of JetStream: %.*s",
			 (int)(whole.length < 80 ? whole.length : 80), whole.text);
		answer = ANSWER_REFUSED;
	} else if (reply.is_error && reply.code == WRONG_LAST_SEQUENCE) {
		*sequence = sequence_in(reply.description);
		answer = ANSWER_CONFLICT;
	} else if (reply.is_error) {
		snprintf(text, size, "%s", reply.description ? reply.description : "no reason");
		answer = ANSWER_REFUSED;
	} else {
		*sequence = reply.sequence;
	}
	free(reply.description);
	return answer;
}

struct flight *window_answer(struct window *w, int64_t wait_ns, enum answer *answer,
			     uint64_t *sequence, char *text, size_t size)
{
	int64_t ms = wait_ns <= 0 ? 0 : (wait_ns + MILLISECOND_NS - 1) / MILLISECOND_NS;
	struct flight *f = NULL;
	natsMsg *msg = NULL;
	natsStatus s;

	do {
		s = natsSubscription_NextMsg(&msg, w->answers, ms);
		w->no_responder |= s == NATS_NO_RESPONDERS;
		f = s == NATS_OK ? flight_of(w, natsMsg_GetSubject(msg)) : NULL;
		if (f)
			*answer = read_reply(msg, sequence, text, size);
		natsMsg_Destroy(msg);
		msg = NULL;
		ms = 0;
	} while (!f && (s == NATS_OK || s == NATS_NO_RESPONDERS));
	return f;
}

struct flight *window_sent_before(struct window *w, int64_t sent_before_ns)
{
	for (size_t i = 0; w->used && i < w->size; i++) {
		if (w->flight[i].is_used && w->flight[i].sent_ns < sent_before_ns)
			return &w->flight[i];
	}
	return NULL;
}
