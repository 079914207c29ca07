/* SPDX-License-Identifier: BSD-3-Clause */
/* The HTTP servers: one libmicrohttpd daemon for each listener, all with the same routes. */
#ifndef HTTPD_SERVER_H
#define HTTPD_SERVER_H

#include "net/listen.h"

struct server;

/* Returns NULL after a line with the reason. */
struct server *server_start(struct listener *, int count);

/* Stops accepting connections. */
void server_quiesce(struct server *);
void server_stop(struct server *);

#endif
