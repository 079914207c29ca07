/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/options.h"

#include <errno.h>
#include <getopt.h>
#include <headway.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"

struct options options;

enum kind { TEXT, LIST, NUMBER, OCTAL, FLAG, OPTIONAL_NUMBER, HELP, VERSION };

struct option_row {
	const char *name;
	char letter; /* 0: long form only */
	enum kind kind;
	const char *argument; /* NULL: none */
	void *target;
	uint32_t least, most, initial;
	const char *help;
};

#define N(field) &options.field

static const struct option_row table[] = {
	{"arena", 'a', TEXT, "NAME", N(arena), 0, 0, 0,
	 "arena to read: /NAME in /dev/shm, or a path ($HEADWAY_ARENA, else /headway)"},
	{"listen", 'l', LIST, "ADDRESS", N(listen), 0, 0, 0,
	 "127.0.0.1:8080 (the default), [::1]:8080, localhost:8080, unix:PATH; port 0: any "
	 "free one; may be given again"},
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

static void help(void)
{
	puts("Usage: headway-httpd [OPTION]...\n"
	     "Serve the records of a Headway arena over HTTP: JSON, events, metrics and a page.\n");
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &table[i];
		char left[64], short_form[8] = "    ";

		if (row->letter)
			snprintf(short_form, sizeof(short_form), "-%c, ", row->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s%s", short_form, row->name,
			 row->kind == OPTIONAL_NUMBER ? "[="
			 : row->argument              ? " "
						      : "",
			 row->argument ? row->argument : "",
			 row->kind == OPTIONAL_NUMBER ? "]" : "");
		printf("  %-28s  %s", left, row->help);
		if (row->kind == OCTAL)
			printf(" (%04o)", row->initial);
		else if (row->kind == NUMBER && row->initial)
			printf(" (%u)", row->initial);
		putchar('\n');
	}
	puts("\nGET /_/status/ID  one record       GET /_/status/  all of them\n"
	     "GET /_/events     as they change   GET /metrics    for Prometheus\n"
	     "GET /             a live page      GET /healthz, /readyz");
}

static int usage_error(const struct option_row *row, const char *value)
{
	if (row->kind == OCTAL)
		fprintf(stderr, "headway-httpd: --%s: '%s' is not an octal mode up to %04o\n",
			row->name, value, row->most);
	else
		fprintf(stderr, "headway-httpd: --%s: '%s' is not a whole number from %u to %u\n",
			row->name, value, row->least, row->most);
	return 2;
}

static bool list_add(struct string_list *list, const char *value)
{
	const char **item = realloc(list->item, (list->count + 1) * sizeof(*item));

	if (!item)
		return false;
	list->item = item;
	list->item[list->count++] = value;
	return true;
}

static bool store_octal(const struct option_row *row, const char *value)
{
	char *end;
	unsigned long mode = strtoul(value, &end, 8);

	*(uint32_t *)row->target = (uint32_t)mode;
	return *value >= '0' && *value <= '7' && *end == '\0' && mode <= row->most;
}

/* Stores one option. Returns -1 to continue, or the exit status. */
static int store(const struct option_row *row, const char *value)
{
	uint64_t number = row->initial;

	switch (row->kind) {
	case TEXT:
		*(const char **)row->target = value;
		return -1;
	case LIST:
		return list_add(row->target, value) ? -1 : 1;
	case FLAG:
		*(bool *)row->target = true;
		return -1;
	case OCTAL:
		return store_octal(row, value) ? -1 : usage_error(row, value);
	case NUMBER:
	case OPTIONAL_NUMBER:
		if (value && !parse_number(value, row->least, row->most, &number))
			return usage_error(row, value);
		*(uint32_t *)row->target = (uint32_t)number;
		return -1;
	case HELP:
		help();
		return 0;
	case VERSION:
		printf("headway-httpd %s\n", headway_version());
		return 0;
	}
	return 2;
}

static void set_defaults(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].kind == NUMBER || table[i].kind == OCTAL)
			*(uint32_t *)table[i].target = table[i].initial;
	}
	options.threads = processors < 1 ? 1 : processors > 4 ? 4 : (uint32_t)processors;
}

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
	if (options.listen.count == 0 && !list_add(&options.listen, "127.0.0.1:8080"))
		return 1;
	return -1;
}

/* Makes getopt's two tables from the options table. */
static void getopt_tables(struct option *longs, char *letters)
{
	*letters++ = ':';
	for (size_t i = 0; i < ROWS; i++) {
		longs[i] = (struct option){table[i].name,
					   table[i].kind == OPTIONAL_NUMBER ? optional_argument
					   : table[i].argument              ? required_argument
									    : no_argument,
					   NULL, (int)(i + 256)};
		if (!table[i].letter)
			continue;
		*letters++ = table[i].letter;
		if (table[i].argument)
			*letters++ = ':';
	}
	longs[ROWS] = (struct option){0};
	*letters = '\0';
}

static const struct option_row *row_of(int code)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (code == (int)(i + 256) || (table[i].letter && code == table[i].letter))
			return &table[i];
	}
	return NULL;
}

int options_parse(int argc, char **argv)
{
	struct option longs[ROWS + 1];
	char letters[2 * ROWS + 2];
	int code, status;

	set_defaults();
	getopt_tables(longs, letters);
	opterr = 0;
	while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = row_of(code);

		if (!row) {
			fprintf(stderr, "headway-httpd: %s '%s'; try --help\n",
				code == ':' ? "an argument is missing after" : "unknown option",
				argv[optind - 1]);
			return 2;
		}
		status = store(row, optarg);
		if (status >= 0)
			return status;
	}
	if (optind < argc) {
		fprintf(stderr, "headway-httpd: '%s' is not an option; try --help\n", argv[optind]);
		return 2;
	}
	return check();
}
