/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection to NATS.  While it is open, libnats reconnects by itself, to whichever server answers.
 * libnats closes it when the credentials are refused twice.
 */
#ifndef FLEET_LINK_H
#define FLEET_LINK_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

/* The text for a status: the details of the last error where libnats has any. */
const char *link_explain(natsStatus);

struct link_options {
	const char *name; /* shown in the servers' lists of connections */
	const char
		*servers;  /* nats://HOST:PORT, tls://HOST:PORT or HOST:PORT, with commas between */
	const char *inbox; /* prefix of the subjects of answers; NULL: _INBOX */
	const char *creds; /* file with JWT and seed; NULL: none */
	const char *tls_ca;             /* file with the authorities to trust; NULL: the system's */
	const char *tls_cert, *tls_key; /* files; NULL: none */
};

struct link {
	natsConnection *nc;
	jsCtx *js;
	char server[128]; /* to which link_open() connected, for messages */
};

/* true: the options are valid, and the files that they name can be read; false: fault says why not. */
bool link_check(const struct link_options *, char *fault, size_t size);

/* Connect, within some seconds.  false: fault says why; nothing is open. */
bool link_open(struct link *, const struct link_options *, char *fault, size_t size);
/* Does nothing to a link that is not open. */
void link_close(struct link *);

bool link_is_up(const struct link *); /* connected at this moment */
bool link_is_closed(
	const struct link *); /* libnats does not reconnect: link_close(), link_open() */

/* Counts the connections made, of all links.  What was sent on an earlier one may be lost. */
uint64_t link_connects(void);

/* The folders of the files that the options name, which libnats reads again when it reconnects.  Returns how
 * many; the texts are never freed. */
size_t link_folders(const struct link_options *, const char *folders[4]);

#endif
