/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A connection to NATS.  libnats connects again by itself, to whichever server answers, as long as the
 * connection is open; it closes it when the credentials are refused twice.
 */
#ifndef FLEET_LINK_H
#define FLEET_LINK_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

/* What a status means: the library's own words where it has some. */
const char *link_explain(natsStatus);

struct link_options {
	const char *name;    /* that the servers show */
	const char *servers; /* nats://HOST:PORT, tls://HOST:PORT or HOST:PORT, by commas */
	const char *inbox;   /* what subjects of answers begin with; NULL: _INBOX */
	const char *creds;   /* file with JWT and seed; NULL: none */
	const char *tls_ca;  /* file with the authorities to trust; NULL: the system's */
	const char *tls_cert, *tls_key; /* files; NULL: none */
};

struct link {
	natsConnection *nc;
	jsCtx *js;
	char server[128]; /* that it was opened to */
};

/* What is wrong with the options, in memory of the caller's; true: nothing. */
bool link_check(const struct link_options *, char *fault, size_t size);

/* Connect, within some seconds.  false: fault says why; nothing is open. */
bool link_open(struct link *, const struct link_options *, char *fault, size_t size);
/* NULL members: nothing. */
void link_close(struct link *);

bool link_is_up(const struct link *);     /* can be written to just now */
bool link_is_closed(const struct link *); /* for good: link_close() and link_open() */

/* Rises with each new connection, of whichever link; what was sent before may be lost. */
uint64_t link_connects(void);

/* The folders of the files that the options name, to read again when a connection is made anew; how
 * many.  In memory that lives as long as the program. */
size_t link_folders(const struct link_options *, const char *folders[4]);

#endif
