/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hostile requests: everything that headway-httpd does from a request's line and header to its
 * answer, with libmicrohttpd replaced by the functions below. An input is
 *
 *	METHOD TARGET \n NAME: VALUE \n NAME: VALUE ...
 *
 * The target is parsed as libmicrohttpd parses it. The arena has a handful of records and is
 * collected once. A request that would wait is answered at once, as when the server shuts down.
 * Each request must be answered exactly once, with an allowed status and well-formed header lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "snapshot/collector.h"
#include "net/listen.h"
#include "base/options.h"
#include "answer/page.h"
#include "snapshot/waiters.h"
#include "answer/route.h"
#include "security/canceller.h"
#include "snapshot/walk.h"

enum { PAIRS = 64, INPUT = 2048 };

struct pairs {
	const char *name[PAIRS], *value[PAIRS];
	int count;
};

struct MHD_Connection {
	struct pairs headers, arguments;
	int answers;
	unsigned status;
};

struct MHD_Response {
	int references;
	MHD_ContentReaderCallback read;
	MHD_ContentReaderFreeCallback free;
	void *argument, *owned;
	const char *body;
	size_t length;
};

static struct list_snapshot *snap;
static struct listener listener = {.host = "127.0.0.1"};

static void broken(const char *what, unsigned number)
{
	fprintf(stderr, "fuzz_url: %s (%u)\n", what, number);
	abort();
}

/* ---- the collector, and those who wait ------------------------------------------------------- */

uint64_t collector_epoch = 0x1234;

struct list_snapshot *collector_latest(int64_t since_ns)
{
	(void)since_ns;
	return list_snapshot_get(snap) ? snap : NULL;
}

struct list_snapshot *collector_current(void)
{
	return snap;
}

void collector_request(int64_t since_ns)
{
	(void)since_ns;
}

void collector_stats(struct collector_stats *stats)
{
	*stats = (struct collector_stats){0};
}

bool waiter_suspend(struct waiter *waiter, struct MHD_Connection *connection, int64_t deadline_ns)
{
	(void)connection;
	(void)deadline_ns;
	waiter->outcome = WAIT_STOPPING;
	return false;
}

bool waiters_are_stopping(void)
{
	return false;
}

void waiters_wake(void)
{
}

/* ---- the process that cancels: what comes of an order depends on its reason ------------------- */

int canceller_order(const struct headway_id *id, const char *reason, uint64_t *number)
{
	static const int codes[] = {0,       -EALREADY, -ENOENT, -ESTALE,
				    -EACCES, -EBUSY,    -EPIPE,  -ENOSPC};

	(void)id;
	if (strlen(reason) >= CANCEL_REASON)
		broken("a reason that is too long", 0);
	*number = 1;
	return codes[strlen(reason) % (sizeof(codes) / sizeof(codes[0]))];
}

int canceller_answer(uint64_t number)
{
	(void)number;
	return -EINPROGRESS;
}

void canceller_forget(uint64_t number)
{
	(void)number;
}

/* ---- libmicrohttpd --------------------------------------------------------------------------- */

int MHD_get_connection_values(struct MHD_Connection *c, enum MHD_ValueKind kind,
			      MHD_KeyValueIterator each, void *argument)
{
	const struct pairs *p = kind == MHD_HEADER_KIND ? &c->headers : &c->arguments;

	for (int i = 0; i < p->count; i++)
		if (each(argument, kind, p->name[i], p->value[i]) != MHD_YES)
			return i + 1;
	return p->count;
}

const char *MHD_lookup_connection_value(struct MHD_Connection *c, enum MHD_ValueKind kind,
					const char *name)
{
	const struct pairs *p = kind == MHD_HEADER_KIND ? &c->headers : &c->arguments;

	for (int i = 0; i < p->count; i++)
		if (strcasecmp(p->name[i], name) == 0)
			return p->value[i];
	return NULL;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *c,
							enum MHD_ConnectionInfoType type, ...)
{
	static const union MHD_ConnectionInfo none, fd = {.connect_fd = -1};

	(void)c;
	return type == MHD_CONNECTION_INFO_CONNECTION_FD ? &fd : &none;
}

/* Not 0.9: this replacement does not keep the strings of a request where that version does. */
const char *MHD_get_version(void)
{
	return "1.0";
}

static struct MHD_Response *response_new(void)
{
	struct MHD_Response *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->references = 1;
	return r;
}

struct MHD_Response *MHD_create_response_from_buffer(size_t length, void *body,
						     enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *r = response_new();

	r->body = body;
	r->length = length;
	r->owned = mode == MHD_RESPMEM_MUST_FREE ? body : NULL;
	return r;
}

#if MHD_VERSION >= 0x01000000
#define BUFFER const void
#else
#define BUFFER void
#endif
struct MHD_Response *MHD_create_response_from_buffer_with_free_callback_cls(
	size_t length, BUFFER *body, MHD_ContentReaderFreeCallback crfc, void *argument)
{
	struct MHD_Response *r = response_new();

	r->body = body;
	r->length = length;
	r->free = crfc;
	r->argument = argument;
	return r;
}

struct MHD_Response *MHD_create_response_from_callback(uint64_t size, size_t block,
						       MHD_ContentReaderCallback crc,
						       void *argument,
						       MHD_ContentReaderFreeCallback crfc)
{
	struct MHD_Response *r = response_new();

	(void)size;
	(void)block;
	r->read = crc;
	r->free = crfc;
	r->argument = argument;
	return r;
}

/* Refuses the same header lines as libmicrohttpd. */
enum MHD_Result MHD_add_response_header(struct MHD_Response *r, const char *name, const char *value)
{
	(void)r;
	if (!*name || !*value || strpbrk(name, "\t\r\n") || strpbrk(value, "\t\r\n"))
		return MHD_NO;
	return MHD_YES;
}

unsigned touched; /* not static, so that the reads are not optimized away */

/* Reads every byte of the answer. */
static void consume(struct MHD_Response *r)
{
	char buffer[200];
	unsigned sum = 0;
	ssize_t got;
	int rest = 10000;

	for (size_t i = 0; i < r->length; i++)
		sum += (unsigned char)r->body[i];
	while (r->read && (got = r->read(r->argument, 0, buffer, sizeof(buffer))) > 0) {
		if ((size_t)got > sizeof(buffer) || !rest--)
			broken("an event stream overflows or never ends", (unsigned)got);
	}
	touched = sum;
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *c, unsigned status,
				   struct MHD_Response *r)
{
	c->answers++;
	c->status = status;
	r->references++;
	consume(r);
	MHD_destroy_response(r);
	return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *r)
{
	if (--r->references)
		return;
	if (r->free)
		r->free(r->argument);
	free(r->owned);
	free(r);
}

/* ---- one request ----------------------------------------------------------------------------- */

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Decodes in place; an invalid escape is left unchanged. */
static char *unescape(char *text, bool plus)
{
	char *to = text;

	for (char *from = text; *from; to++) {
		if (*from == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
			*to = (char)(hex(from[1]) << 4 | hex(from[2]));
			from += 3;
		} else {
			*to = plus && *from == '+' ? ' ' : *from;
			from++;
		}
	}
	*to = '\0';
	return text;
}

static void pairs_add(struct pairs *p, const char *name, const char *value)
{
	if (p->count == PAIRS)
		return;
	p->name[p->count] = name;
	p->value[p->count++] = value;
}

static void take_arguments(struct pairs *p, char *query)
{
	for (char *next; query; query = next) {
		char *value;

		next = strchr(query, '&');
		if (next)
			*next++ = '\0';
		value = strchr(query, '=');
		if (value)
			*value++ = '\0';
		pairs_add(p, unescape(query, true), value ? unescape(value, true) : NULL);
	}
}

static void take_headers(struct pairs *p, char *line)
{
	for (char *next; line; line = next) {
		char *value;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = '\0';
		pairs_add(p, line, value + strspn(value, " \t"));
	}
}

static void judge(const struct MHD_Connection *c)
{
	static const unsigned fit[] = {200, 202, 204, 304, 308, 400, 401, 403,
				       404, 405, 409, 410, 412, 413, 421, 503};

	if (c->answers != 1)
		broken("a request is not answered once", (unsigned)c->answers);
	for (size_t i = 0; i < sizeof(fit) / sizeof(fit[0]); i++)
		if (c->status == fit[i])
			return;
	broken("an unexpected status", c->status);
}

static void serve(char *method, char *target, char *headers)
{
	struct MHD_Connection c = {0};
	void *context = route_begin(NULL, target, &c);
	char *query = strchr(target, '?');
	enum MHD_Result result = MHD_YES;
	size_t none = 0;

	if (query)
		*query++ = '\0';
	take_arguments(&c.arguments, query);
	take_headers(&c.headers, headers);
	if (!MHD_lookup_connection_value(&c, MHD_HEADER_KIND, "Host"))
		/* else refused early */
		pairs_add(&c.headers, "Host", "localhost");
	unescape(target, false);
	for (int call = 0; call < 2 && result == MHD_YES && !c.answers; call++)
		result = route_handle(&listener, &c, target, method, "HTTP/1.1", NULL, &none,
				      &context);
	judge(&c);
	route_end(NULL, &c, &context, MHD_REQUEST_TERMINATED_COMPLETED_OK);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text, *target, *headers;

	if (size > INPUT || memchr(data, '\0', size))
		return 0;
	/* an allocation of its own, so that AddressSanitizer detects reads beyond it */
	text = strndup((const char *)data, size);
	if (!text)
		abort();
	headers = strchr(text, '\n');
	if (headers)
		*headers++ = '\0';
	target = strchr(text, ' ');
	if (target) {
		*target++ = '\0';
		serve(text, target, headers);
	}
	free(text);
	return 0;
}

/* ---- what is served -------------------------------------------------------------------------- */

static char path[64];

static void fill(struct headway_arena *arena)
{
	static const char *const names[] = {"job", "a \"b\"\\c", "\xc3\xa4\xe2\x82\xac", "x*y[z]"};

	for (int i = 0; i < 8; i++) {
		struct headway_spec spec = {.size = sizeof(spec),
					    .flags = HEADWAY_DETACHED,
					    .name = names[i % 4],
					    .total = 100};
		struct headway_record *record;

		if (headway_start(arena, &spec, &record) != 0)
			abort();
		headway_message(record, "Step", "1 of 2");
		if (i == 1)
			headway_results(record, "[1]", 3);
		if (i < 3)
			headway_finish(record);
		else if (i < 5)
			headway_error(record, "why");
		headway_release(record);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char *words[] = {"fuzz_url",
				"--metrics-records=3",
				"--allow-host",
				"*.example",
				"--allow-origin",
				"http://a.example",
				"--arena",
				path,
				NULL};
	struct headway_options how = {.size = sizeof(how), .flags = HEADWAY_CREATE, .slots = 64};
	struct headway_arena *arena;
	uint64_t serialized = 0;

	(void)argc;
	(void)argv;
	snprintf(path, sizeof(path), "%s", getenv("HEADWAY_ARENA")); /* run.sh removes it */
	if (options_parse(8, words) != -1 || headway_open(path, &how, &arena) != 0)
		abort();
	options.allow_cancel = true; /* by an option it also wants a token, which no input has */
	fill(arena);
	snap = walk(NULL, &serialized);
	if (!snap || snap->count != 8 || page_init() != 0)
		abort();
	return 0;
}
