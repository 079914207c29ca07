/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * headway-httpd: starts, drops privileges step by step, and serves until a signal arrives.
 *
 *	this thread	signals, the watchdog, time limits of connections
 *	collector	walks the arena, resumes waiting connections
 *	server threads	libmicrohttpd's: read requests, send answers
 *	call_rcu	liburcu's: frees memory after the last reader
 */
#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <urcu-bp.h>

#include "answer/page.h"
#include "base/log.h"
#include "base/options.h"
#include "base/signals.h"
#include "fleet.h"
#include "net/listen.h"
#include "net/notify.h"
#include "net/peers.h"
#include "security/canceller.h"
#include "security/sandbox.h"
#include "security/security.h"
#include "server.h"
#include "snapshot/collector.h"
#include "snapshot/origin.h"
#include "snapshot/sigbus.h"
#include "snapshot/source.h"
#include "snapshot/waiters.h"

enum { SPARE_DESCRIPTORS = 64 };

/* Raises the limit of descriptors as far as allowed, and lowers the number of connections to it. */
static void raise_limits(void)
{
	struct rlimit limit;
	rlim_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	most = limit.rlim_cur > 2 * SPARE_DESCRIPTORS ? limit.rlim_cur - SPARE_DESCRIPTORS
						      : SPARE_DESCRIPTORS;
	if (options.max_connections > most) {
		log_warning("--max-connections is %u: no more descriptors are allowed",
			    (unsigned)most);
		options.max_connections = (uint32_t)most;
	}
}

static void confine(const struct listener *listeners, int count)
{
	const char *read_in[4];
	struct sandbox keep = {.has_arena = true, .arena = options.arena};
	const char **folders = calloc((size_t)count + 1, sizeof(*folders));
	char **copies = calloc((size_t)count + 1, sizeof(*copies));
	size_t n = 0;
	int rc;

	for (int i = 0; i < count && folders && copies; i++) {
		if (!listeners[i].unlink_path)
			continue;
		copies[n] = strdup(listeners[i].unlink_path);
		if (copies[n])
			folders[n] = dirname(copies[n]), n++;
	}
	fleet_keep(&keep, read_in);
	keep.remove_in = folders;
	keep.remove_count = n;
	rc = options.no_sandbox ? 0 : sandbox_enter(&keep);
	if (rc < 0)
		log_warning("the process is not confined: %s", strerror(-rc));
	for (size_t i = 0; copies && i < n; i++)
		free(copies[i]);
	free(copies);
	free(folders);
}

/* Pings the service manager as long as the collector's loop runs. */
static void watchdog(void)
{
	static uint64_t loops = UINT64_MAX;
	struct collector_stats stats;

	collector_stats(&stats);
	if (stats.loops != loops)
		notify_send("WATCHDOG=1");
	loops = stats.loops;
	waiters_wake();
}

static int poll_timeout_ms(int64_t a, int64_t b)
{
	int64_t least = a < 0 ? b : b < 0 ? a : a < b ? a : b;

	return least > 60000 ? 60000 : (int)least;
}

/* Runs until a signal arrives. Without connections and watchdog it needs no wake-ups. */
static void main_loop(int signal_fd, int peers_fd)
{
	struct pollfd fds[2] = {{.fd = signal_fd, .events = POLLIN},
				{.fd = peers_fd, .events = POLLIN}};
	int64_t watchdog_ms = notify_watchdog_ms() ? notify_watchdog_ms() : -1, sweep_ms = -1;
	struct signalfd_siginfo signal_info;
	uint64_t count;

	for (;;) {
		poll(fds, 2, poll_timeout_ms(watchdog_ms, sweep_ms));
		if (read(signal_fd, &signal_info, sizeof(signal_info)) > 0)
			return;
		if (read(peers_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
			return;
		sweep_ms = peers_sweep() ? (int64_t)options.timeout_s * 250 + 1 : -1;
		if (watchdog_ms > 0)
			watchdog();
	}
}

/* Answers the waiting requests, ends the event streams, and lets replies in progress continue for a
 * second. */
static void shut_down(struct server *server)
{
	notify_send("STOPPING=1");
	server_quiesce(server);
	waiters_stop();
	for (int i = 0; i < 100 && (!waiters_are_none() || peers_busy()); i++)
		poll(NULL, 0, 10);
	server_stop(server);
	collector_stop();
	canceller_stop();
	fleet_stop();
	source_close();
	rcu_barrier();
	security_free();
	page_free();
}

static int run(struct listener *listeners, int count, int signal_fd, int peers_fd)
{
	struct server *server;
	struct source *source;
	int rc = sigbus_install();

	if (rc == 0)
		rc = page_init();
	if (rc == 0) {
		notify_open();
		confine(listeners, count);
		rc = fleet_start();
		if (rc == 0)
			rc = collector_start();
		if (rc == 0 && options.allow_cancel)
			rc = waiters_watch(canceller_fd(), canceller_receive);
	}
	if (rc < 0) {
		log_line("cannot start: %s", strerror(-rc));
		return 1;
	}
	/* So that the log shows at once which arena is read, or why none is. */
	source = origin_fleet ? NULL : source_get(&rc);
	if (source)
		source_put(source);
	server = server_start(listeners, count);
	if (!server)
		return 1;
	for (int i = 0; i < count; i++)
		log_line("listening on %s", listeners[i].name);
	notify_send("READY=1");
	main_loop(signal_fd, peers_fd);
	shut_down(server);
	return 0;
}

int main(int argc, char **argv)
{
	struct listener *listeners = NULL;
	int status = options_parse(argc, argv), count, signal_fd, peers_fd;

	if (status < 0)
		status = fleet_configure();
	if (status >= 0)
		return status;
	source_configure(options.arena, options.base_path);
	raise_limits();
	signal_fd = signals_open();
	peers_fd = peers_open();
	if (signal_fd < 0 || peers_fd < 0) {
		log_line("cannot start: %s", strerror(errno));
		return 1;
	}
	if (security_init() != 0)
		return 1;
	status = options.allow_cancel ? canceller_start(options.arena, !options.no_sandbox) : 0;
	if (status) {
		log_line("cannot start the process that writes the arena: %s", strerror(-status));
		return 1;
	}
	count = listen_all(&options.listen, options.socket_mode, &listeners);
	if (count < 0)
		return count == -2 ? 2 : 1;
	status = run(listeners, count, signal_fd, peers_fd);
	listen_close(listeners, count);
	return status;
}
