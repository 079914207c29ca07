/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct options options;

#define N(field) &options.field

static const struct option_row table[] = {
	{"arena", 'a', TEXT, "NAME", N(arena), 0, 0, 0,
	 "arena to read: /NAME in /dev/shm, or a path ($HEADWAY_ARENA, else /headway)"},
	{"listen", 'l', LIST, "ADDRESS", N(listen), 0, 0, 0,
	 "127.0.0.1:8080 (the default), [::1]:8080, localhost:8080, unix:PATH; port 0: any "
	 "free one; may be given again"},
	{"nats", 'n', TEXT, "URL[,URL...]", N(nats), 0, 0, 0,
	 "show the records of all hosts instead, which headway-relay writes to NATS: "
	 "nats://HOST:PORT, tls://HOST:PORT"},
	{"bucket", 0, TEXT, "NAME", N(bucket), 0, 0, 0, "the bucket they are in (headway)"},
	{"creds", 0, TEXT, "FILE", N(creds), 0, 0, 0, "credentials for NATS: JWT and seed"},
	{"tls-ca", 0, TEXT, "FILE", N(tls_ca), 0, 0, 0,
	 "authorities to trust; the connection to NATS must be TLS"},
	{"tls-cert", 0, TEXT, "FILE", N(tls_cert), 0, 0, 0, "certificate to show to NATS"},
	{"tls-key", 0, TEXT, "FILE", N(tls_key), 0, 0, 0, "its key"},
	{"base-path", 'b', TEXT, "PATH", N(base_path), 0, 0, 0,
	 "where records are, begins and ends in '/' (the arena's, usually /_/status/)"},
	{"threads", 't', NUMBER, "N", N(threads), 1, 64, 0,
	 "server threads for each listener (one a processor, at most 4)"},
	{"period", 'p', NUMBER, "MS", N(period_ms), 10, 60000, 100,
	 "milliseconds between two looks at the arena while somebody watches"},
	{"max-wait", 0, NUMBER, "SECONDS", N(max_wait_s), 1, 3600, 60,
	 "longest long poll; a longer wish is cut to this"},
	{"heartbeat", 0, NUMBER, "SECONDS", N(heartbeat_s), 1, 3600, 15,
	 "silence after which an event stream gets a comment line"},
	{"timeout", 0, NUMBER, "SECONDS", N(timeout_s), 1, 3600, 30,
	 "how long a connection may be idle, or take to send a request's header"},
	{"max-connections", 0, NUMBER, "N", N(max_connections), 16, 1000000, 8192,
	 "connections at once; the longest idle ones make room"},
	{"max-per-address", 0, NUMBER, "N", N(max_per_address), 1, 1000000, 256,
	 "connections at once from one address; loopback and Unix sockets are exempt"},
	{"max-header", 0, NUMBER, "BYTES", N(max_header_bytes), 4096, 1048576, 16384,
	 "memory for a request's line and header"},
	{"max-held", 0, NUMBER, "N", N(max_held), 2, 65536, 16,
	 "versions of the list kept for slow readers; the slowest is cut off beyond that"},
	{"allow-host", 0, LIST, "NAME", N(allow_host), 0, 0, 0,
	 "accept this Host besides loopback names; '*' accepts all; may be given again"},
	{"allow-origin", 0, LIST, "ORIGIN", N(allow_origin), 0, 0, 0,
	 "let pages of this origin read (CORS); '*' for all; may be given again"},
	{"token-file", 0, TEXT, "FILE", N(token_file), 0, 0, 0,
	 "require 'Authorization: Bearer TOKEN' with one of the file's lines"},
	{"allow-cancel", 0, FLAG, NULL, N(allow_cancel), 0, 0, 0,
	 "let clients with a token ask owners to stop; needs --token-file"},
	{"socket-mode", 0, OCTAL, "MODE", N(socket_mode), 0, 0777, 0660,
	 "permissions of a Unix socket, in octal"},
	{"metrics-records", 0, OPTIONAL_NUMBER, "N", N(metrics_records), 0, 1000000, 1000,
	 "series for each of at most N (1000) records in /metrics, the newest"},
	{"access-log", 0, FLAG, NULL, N(access_log), 0, 0, 0, "a line a request on stderr"},
	{"no-sandbox", 0, FLAG, NULL, N(no_sandbox), 0, 0, 0,
	 "do not confine the process with seccomp and Landlock"},
	{"help", 'h', HELP, NULL, NULL, 0, 0, 0, "this text"},
	{"version", 'V', VERSION, NULL, NULL, 0, 0, 0, "the version"},
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

static const struct option_table all = {
	.program = "headway-httpd",
	.before = "Usage: headway-httpd [OPTION]...\n"
		  "Serve the records of a Headway arena over HTTP: JSON, events, metrics and a "
		  "page.\n",
	.after = "\nGET /_/status/ID  one record       GET /_/status/  all of them\n"
		 "GET /_/events     as they change   GET /metrics    for Prometheus\n"
		 "GET /             a live page      GET /healthz, /readyz",
	.row = table,
	.count = ROWS,
};

_Static_assert(ROWS <= OPTION_ROWS_MOST, "the table of options is too long");

static int check(void)
{
	const char *base = options.base_path;
	size_t length = base ? strlen(base) : 0;

	if (base && (base[0] != '/' || base[length - 1] != '/' || length > 255)) {
		fprintf(stderr,
			"headway-httpd: --base-path: '%s' must begin and end in '/' and have at "
			"most 255 bytes\n",
			base);
		return 2;
	}
	if (options.nats && options.arena) {
		fputs("headway-httpd: --nats shows all hosts, --arena this one: only one of them\n",
		      stderr);
		return 2;
	}
	if (options.allow_cancel && (!options.token_file || options.nats)) {
		fputs(options.nats ? "headway-httpd: --allow-cancel is for an arena of this host, "
				     "not for "
				     "--nats\n"
				   : "headway-httpd: --allow-cancel needs --token-file\n",
		      stderr);
		return 2;
	}
	if (options.listen.count == 0 && !string_list_add(&options.listen, "127.0.0.1:8080"))
		return 1;
	return -1;
}

int options_parse(int argc, char **argv)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int status = option_table_parse(&all, argc, argv);

	if (options.threads == 0)
		options.threads = processors < 1 ? 1 : processors > 4 ? 4 : (uint32_t)processors;
	return status >= 0 ? status : check();
}
