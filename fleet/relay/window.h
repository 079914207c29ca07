/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writes that are under way: sent, not answered yet.  Each names the number that the key has as far as
 * is known (Nats-Expected-Last-Subject-Sequence): a server refuses one that was overtaken, so that a
 * write that was lost for a while in a server or a network never replaces a newer one.
 */
#ifndef RELAY_WINDOW_H
#define RELAY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/link.h"
#include "shared/wire.h"

struct entry;

struct flight {
	struct entry *entry; /* NULL: the heartbeat */
	bool is_used;
	bool deletes, is_refresh, is_over;
	uint32_t generation; /* an answer to an older one is not meant for this */
	uint64_t fingerprint;
	int64_t sent_ns;
};

enum answer { ANSWER_YES, ANSWER_CONFLICT, ANSWER_REFUSED, ANSWER_LOST };

struct window {
	natsSubscription *answers;
	char inbox[WIRE_HOST_BYTES + 64]; /* subject that answers are sent to */
	size_t size, used;
	uint32_t generation;
	bool is_unheard; /* a server said that nobody listens to what was sent: which, it does not say */
	bool is_late; /* an answer came to a write that was no longer waited for */
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

/* Send what a key is to be; revision REVISION_UNKNOWN: whatever it was.  data NULL: a mark of
 * deletion. */
bool window_send(struct window *, struct link *, struct flight *, const char *subject,
		 const char *data, size_t length, uint64_t revision, int64_t now);

/*
 * Wait for an answer, for at most so long.  NULL: none came.  *revision: of the key now, or
 * REVISION_UNKNOWN.  text: what a server said that refused.
 */
struct flight *window_answer(struct window *, int64_t wait_ns, enum answer *, uint64_t *revision,
			     char *text, size_t size);

/* One that is older than that, or NULL. */
struct flight *window_overdue(struct window *, int64_t sent_before_ns);

#endif
