/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line. One table feeds the parser and --help; the man page follows it. */
#ifndef HTTPD_OPTIONS_H
#define HTTPD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/option_table.h"

struct options {
	const char *arena; /* NULL: $HEADWAY_ARENA or /headway */
	struct string_list listen;
	const char *base_path; /* NULL: the arena's */
	const char *token_file;
	struct string_list allow_host, allow_origin;
	uint32_t threads;
	uint32_t period_ms;
	uint32_t max_wait_s;
	uint32_t heartbeat_s;
	uint32_t timeout_s;
	uint32_t max_connections;
	uint32_t max_per_address;
	uint32_t max_header_bytes;
	uint32_t max_held;
	uint32_t metrics_records;
	uint32_t socket_mode;
	bool access_log;
	bool no_sandbox;
	bool allow_cancel;
	/* NULL: the arena of this host */
	const char *nats, *bucket, *creds, *tls_ca, *tls_cert, *tls_key;
};

/* set before the first thread starts, and constant afterwards */
extern struct options options;

/* Fills options. Returns -1 to continue, otherwise the exit status: 0 after --help, 2 after a usage
 * error. */
int options_parse(int argc, char **argv);

#endif
