/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/option_table.h"
#include "shared/wire.h"

struct relay_options relay_options;

#define N(field) &relay_options.field

static const struct option_row table[] = {
	{"arena", 'a', TEXT, "NAME", N(arena), 0, 0, 0,
	 "arena to read: /NAME in /dev/shm, or a path ($HEADWAY_ARENA, else /headway)"},
	{"nats", 'n', TEXT, "URL[,URL...]", N(link.servers), 0, 0, 0,
	 "servers: nats://HOST:PORT, tls://HOST:PORT ($NATS_URL)"},
	{"host", 'H', TEXT, "NAME", N(host), 0, 0, 0,
	 "what this host is called in the bucket (its host name)"},
	{"bucket", 'b', TEXT, "NAME", N(bucket), 0, 0, 0, "the bucket (headway)"},
	{"period", 'p', DURATION, "TIME", N(period_ns), 10, 600000, 1000,
	 "a record that changes is written at most once in this time, one that ended at once"},
	{"replicas", 'r', NUMBER, "N", N(replicas), 1, 5, 1,
	 "of a bucket that is made: servers that keep each value"},
	{"age", 0, DURATION, "TIME", N(age_ns), 1000, 86400000, 600000,
	 "of a bucket that is made: values not written again for so long expire"},
	{"window", 0, NUMBER, "N", N(window), 1, 4096, 256,
	 "writes that are under way at once, before the servers answer"},
	{"creds", 0, TEXT, "FILE", N(link.creds), 0, 0, 0, "credentials: JWT and seed"},
	{"tls-ca", 0, TEXT, "FILE", N(link.tls_ca), 0, 0, 0,
	 "certificates of the authorities to trust; the connection must be TLS"},
	{"tls-cert", 0, TEXT, "FILE", N(link.tls_cert), 0, 0, 0, "certificate to show the servers"},
	{"tls-key", 0, TEXT, "FILE", N(link.tls_key), 0, 0, 0, "its key"},
	{"listen", 'l', TEXT, "ADDRESS", N(listen), 0, 0, 0,
	 "answer /healthz, /readyz and /metrics here: 127.0.0.1:PORT; port 0: any free one"},
	{"no-sandbox", 0, FLAG, NULL, N(no_sandbox), 0, 0, 0,
	 "do not confine the process with seccomp and Landlock"},
	{"help", 'h', HELP, NULL, NULL, 0, 0, 0, "this text"},
	{"version", 'V', VERSION, NULL, NULL, 0, 0, 0, "the version"},
};

static const struct option_table all = {
	.program = "headway-relay",
	.before = "Usage: headway-relay --nats URL[,URL...] [OPTION]...\n"
		  "Keep the records of this host's arena in a bucket of NATS JetStream, where\n"
		  "headway-httpd --nats shows those of all hosts.\n",
	.after = "\nTimes are like 500ms, 2s or 10m.",
	.row = table,
	.count = sizeof(table) / sizeof(table[0]),
};

static int fault(const char *option, const char *value, const char *what)
{
	fprintf(stderr, "headway-relay: --%s: '%s': %s\n", option, value, what);
	return 2;
}

static int check(void)
{
	static char host[WIRE_HOST_BYTES + 1], inbox[WIRE_HOST_BYTES + 8];
	struct relay_options *o = &relay_options;
	char text[512];

	if (!o->link.servers)
		o->link.servers = getenv("NATS_URL");
	if (!o->link.servers) {
		fputs("headway-relay: --nats is missing: name the servers; try --help\n", stderr);
		return 2;
	}
	if (!o->host && gethostname(host, sizeof(host) - 1) == 0)
		o->host = host;
	o->bucket = o->bucket ? o->bucket : "headway";
	if (!o->host || wire_host_fault(o->host))
		return fault("host", o->host ? o->host : "",
			     wire_host_fault(o->host ? o->host : ""));
	if (wire_bucket_fault(o->bucket))
		return fault("bucket", o->bucket, wire_bucket_fault(o->bucket));
	if (!link_check(&o->link, text, sizeof(text))) {
		fprintf(stderr, "headway-relay: %s\n", text);
		return 2;
	}
	if (o->age_ns < 4 * o->period_ns) {
		fputs("headway-relay: --age: it must be at least four times the period\n", stderr);
		return 2;
	}
	snprintf(inbox, sizeof(inbox), "_INBOX.%s", o->host);
	o->link.inbox = inbox;
	o->link.name = "headway-relay";
	return -1;
}

int relay_options_parse(int argc, char **argv)
{
	int status = option_table_parse(&all, argc, argv);

	return status >= 0 ? status : check();
}
