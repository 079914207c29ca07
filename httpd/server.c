/* SPDX-License-Identifier: BSD-3-Clause */
#include "server.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "answer/route.h"
#include "base/log.h"
#include "base/options.h"
#include "net/peers.h"

struct server {
	int count;
	struct MHD_Daemon *daemon[];
};

/* The messages of libmicrohttpd report faults of single clients, who could fill the log with
 * them. */
static void discard_message(void *unused, const char *format, va_list ap)
{
	(void)unused;
	(void)format;
	(void)ap;
}

static struct MHD_Daemon *daemon_start(struct listener *listener)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG;
	/* libmicrohttpd divides the limit among its threads; peers_accept() enforces one limit for
	 * all. */
	unsigned connections = options.max_connections * options.threads;

	return MHD_start_daemon(
		flags, 0, peers_accept, NULL, route_handle,
		listener, /* must be the first option: it is used at once */
		MHD_OPTION_EXTERNAL_LOGGER, discard_message, NULL, MHD_OPTION_LISTEN_SOCKET,
		listener->fd, MHD_OPTION_THREAD_POOL_SIZE,
		options.threads > 1 ? options.threads : 0u, MHD_OPTION_CONNECTION_LIMIT,
		connections, MHD_OPTION_CONNECTION_TIMEOUT, options.timeout_s,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)options.max_header_bytes,
		MHD_OPTION_STRICT_FOR_CLIENT,
		0, /* request_fault() checks instead, with problem answers */
		MHD_OPTION_URI_LOG_CALLBACK, route_begin, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		route_end, NULL, MHD_OPTION_NOTIFY_CONNECTION, peers_notify, NULL, MHD_OPTION_END);
}

struct server *server_start(struct listener *listeners, int count)
{
	struct server *server = calloc(1,
				       sizeof(*server) + (size_t)count * sizeof(server->daemon[0]));

	if (!server) {
		log_line("out of memory");
		return NULL;
	}
	for (int i = 0; i < count; i++) {
		server->daemon[i] = daemon_start(&listeners[i]);
		if (!server->daemon[i]) {
			log_line("cannot serve %s: libmicrohttpd refuses", listeners[i].name);
			server_stop(server);
			return NULL;
		}
		server->count++;
		listeners[i].fd = -1; /* libmicrohttpd closes it */
	}
	return server;
}

void server_quiesce(struct server *server)
{
	for (int i = 0; i < server->count; i++) {
		int fd = MHD_quiesce_daemon(server->daemon[i]);

		if (fd >= 0)
			close(fd);
	}
}

void server_stop(struct server *server)
{
	for (int i = 0; i < server->count; i++)
		MHD_stop_daemon(server->daemon[i]);
	free(server);
}
