/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The writes that are under way: sent, not answered yet; each is a flight.  Each carries the sequence
 * number that the key is expected to have (Nats-Expected-Last-Subject-Sequence), so a server refuses a
 * write that was delayed in a server or a network and arrives after a newer one.
 */
#ifndef RELAY_WINDOW_H
#define RELAY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/link.h"
#include "shared/wire.h"

struct row;

struct flight {
	struct row *row; /* NULL: the heartbeat */
	bool is_used;
	bool deletes, is_refresh, is_over;
	uint32_t serial; /* in the answer's subject: tells it from answers to earlier writes */
	uint64_t fingerprint;
	int64_t sent_ns;
};

enum answer { ANSWER_YES, ANSWER_CONFLICT, ANSWER_REFUSED, ANSWER_LOST };

struct window {
	natsSubscription *answers;
	char inbox[WIRE_HOST_BYTES + 64]; /* subject that answers are sent to */
	size_t size, used;
	uint32_t serial;   /* of the last write */
	bool no_responder; /* a server has no receiver for one of the writes; it does not say which */
	bool is_late;      /* an answer came to a write that counted as lost */
	struct flight *flight;
};

int window_init(struct window *, size_t size);
void window_free(struct window *);

/* Listen for the answers on this connection. */
bool window_open(struct window *, struct link *, const char *inbox);
void window_close(struct window *);

/* NULL: the window is full. */
struct flight *window_take(struct window *);
void window_give_back(struct window *, struct flight *);

/* Write a key, on the condition that it has this sequence number; SEQUENCE_UNKNOWN: without a
 * condition.  data NULL: delete it. */
bool window_send(struct window *, struct link *, struct flight *, const char *subject,
		 const char *data, size_t length, uint64_t sequence, int64_t now);

/*
 * Wait for an answer, for at most wait_ns.  NULL: none came.  *sequence: of the key now, or
 * SEQUENCE_UNKNOWN.  text: the reason, after ANSWER_REFUSED.
 */
struct flight *window_answer(struct window *, int64_t wait_ns, enum answer *, uint64_t *sequence,
			     char *text, size_t size);

/* Any write that was sent before that, or NULL. */
struct flight *window_sent_before(struct window *, int64_t sent_before_ns);

#endif
