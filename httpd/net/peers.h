/* SPDX-License-Identifier: BSD-3-Clause */
/* The open connections: their number by address, their idle times, and time limits. libmicrohttpd's
 * own limit by address includes loopback, and its time-out restarts with every byte, so a client
 * that sends a byte now and then could stay for ever. */
#ifndef HTTPD_PEERS_H
#define HTTPD_PEERS_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

struct peer;

/* For MHD_start_daemon: true if this client may connect. Near the limit the connections that have
 * been idle longest are shut down. */
enum MHD_Result peers_accept(void *unused, const struct sockaddr *, socklen_t);
/* For MHD_OPTION_NOTIFY_CONNECTION. */
void peers_notify(void *unused, struct MHD_Connection *, void **socket_context,
		  enum MHD_ConnectionNotificationCode);

struct peer *peer_of(struct MHD_Connection *);

/* The state of a connection: idle (or sending a request's header), being answered, suspended
 * until a change. */
enum peer_state { PEER_IDLE, PEER_BUSY, PEER_WAITING };
void peer_set(struct peer *, enum peer_state);

/* Shuts down connections that exceed their time limit. Returns the number of connections. */
size_t peers_sweep(void);
size_t peers_count(void);
size_t peers_busy(void); /* being answered, or waiting */

/* Makes the eventfd that becomes readable when the first connection is opened, so that main()
 * begins to check time limits; -1: see errno. */
int peers_open(void);

#endif
