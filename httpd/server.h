/* SPDX-License-Identifier: BSD-3-Clause */
/* The HTTP servers: one libmicrohttpd daemon a listener, all with the same routes. */
#ifndef HTTPD_SERVER_H
#define HTTPD_SERVER_H

#include "net/listen.h"

struct server;

/* Returns NULL after a line that says what is wrong. */
struct server *server_start(struct listener *, int count);

/* Stop accepting connections. */
void server_quiesce(struct server *);
void server_stop(struct server *);

#endif
