/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connections there are: how many from one address, which are idle, which take too long.
 * libmicrohttpd's own limit by address counts loopback too, and its time-out begins anew with every
 * byte, so a client that sends one now and then would stay for ever.
 */
#ifndef HTTPD_PEERS_H
#define HTTPD_PEERS_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

struct peer;

/* For MHD_start_daemon: may this client connect?  Makes room by cutting off the longest idle. */
enum MHD_Result peers_accept(void *unused, const struct sockaddr *, socklen_t);
/* For MHD_OPTION_NOTIFY_CONNECTION. */
void peers_notify(void *unused, struct MHD_Connection *, void **socket_context,
		  enum MHD_ConnectionNotificationCode);

struct peer *peer_of(struct MHD_Connection *);

/* What a connection does: idle (or sending a request's header), being answered, waiting for news. */
enum peer_state { PEER_IDLE, PEER_BUSY, PEER_WAITING };
void peer_set(struct peer *, enum peer_state);

/* Cut off what takes too long.  Returns how many connections there are. */
size_t peers_sweep(void);
size_t peers_count(void);
size_t peers_busy(void); /* being answered, or waiting */

/* Called when the first connection comes, so that somebody begins to sweep. */
extern void (*peers_on_first)(void);

#endif
