/* SPDX-License-Identifier: BSD-3-Clause */
/* The handler is called at least twice for each request. The first call, after the header, does not
 * answer: libmicrohttpd would close the connection (which reduces 99,000 requests a second to
 * 20,000). A request with a body is the exception: it is refused at once, and the body is not
 * read. */
#include "answer/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "answer/cancel.h"
#include "answer/conformance.h"
#include "answer/events.h"
#include "answer/hosts.h"
#include "answer/list.h"
#include "answer/metrics.h"
#include "answer/page.h"
#include "answer/query.h"
#include "answer/record.h"
#include "answer/reply.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/text.h"
#include "net/peers.h"
#include "security/security.h"
#include "snapshot/origin.h"
#include "snapshot/source.h"

void *route_begin(void *unused, const char *target, struct MHD_Connection *connection)
{
	size_t length = strlen(target);
	struct request *request = calloc(1, sizeof(*request) + length + 1);

	(void)unused;
	if (!request)
		return NULL;
	memcpy(request->target, target, length + 1);
	request->arrived_ns = now_ns();
	request->connection = connection;
	return request;
}

void route_end(void *unused, struct MHD_Connection *connection, void **context,
	       enum MHD_RequestTerminationCode code)
{
	struct request *request = *context;

	(void)unused;
	(void)connection;
	(void)code;
	if (!request)
		return;
	peer_set(request->peer, PEER_IDLE);
	request_free(request);
	*context = NULL;
}

static enum MHD_Result health(struct request *request, const char *path)
{
	static const char ok[] = "ok\n";
	struct MHD_Response *response;
	int error = strcmp(path, "/readyz") == 0 ? origin_error() : 0;

	if (error < 0)
		return reply_no_arena(request, error);
	response = reply_static(ok, sizeof(ok) - 1);
	reply_header(response, "Content-Type", "text/plain; charset=utf-8");
	reply_header(response, "Cache-Control", "no-store");
	return reply_send(request, 200, response);
}

static enum MHD_Result events(struct request *request, const char *path)
{
	(void)path;
	return events_get(request);
}

static enum MHD_Result metrics(struct request *request, const char *path)
{
	(void)path;
	return metrics_get(request);
}

static enum MHD_Result hosts(struct request *request, const char *path)
{
	(void)path;
	return hosts_get(request);
}

static enum MHD_Result list(struct request *request, const char *path)
{
	(void)path;
	return list_get(request);
}

/* Redirects "/_/status", which lacks the final slash. */
static enum MHD_Result add_slash(struct request *request, const char *path)
{
	struct MHD_Response *response = reply_static("", 0);
	const char *query = strchr(request->target, '?');
	struct text location = {0};

	text_format(&location, "%s/%s", path, query ? query : "");
	if (!location.failed)
		reply_header(response, "Location", location.data);
	text_free(&location);
	return reply_send(request, 308, response);
}

struct route {
	const char *path;
	enum MHD_Result (*answer)(struct request *, const char *path);
	bool is_open; /* no token needed: the answer contains nothing about records */
};

static const struct route routes[] = {
	{"/healthz", health, true},   {"/readyz", health, true},  {"/metrics", metrics, false},
	{"/_/events", events, false}, {"/_/hosts", hosts, false},
};

static const struct route page_route = {NULL, page_get, true};
static const struct route list_route = {NULL, list, false};
static const struct route record_route = {NULL, records_get, false};
static const struct route cancel_route = {NULL, cancel_post, false};
static const struct route slash_route = {NULL, add_slash, false};

/* The route of a path, and the part of the path for its handler; NULL: there is none. */
static const struct route *route_find(const char *path, const char **rest)
{
	char base[BASE_PATH_BYTES];
	size_t length = source_base_path(base);

	*rest = path;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	}
	if (page_has(path))
		return &page_route;
	if (options.allow_cancel && strncmp(path, CANCEL_PATH, strlen(CANCEL_PATH)) == 0) {
		*rest = path + strlen(CANCEL_PATH);
		return &cancel_route;
	}
	if (strncmp(path, base, length - 1) != 0)
		return NULL;
	if (path[length - 1] == '\0')
		return length > 1 ? &slash_route : NULL;
	if (path[length - 1] != '/' || strchr(path + length, '/'))
		return NULL;
	*rest = path + length;
	return **rest ? &record_route : &list_route;
}

static enum MHD_Result options_answer(struct request *request, const struct route *route)
{
	struct MHD_Response *response = reply_static("", 0);

	reply_header(response, "Allow",
		     route == &cancel_route ? "POST, OPTIONS" : "GET, HEAD, OPTIONS");
	if (options.allow_cancel) /* for the page */
		reply_header(response, "Headway-Cancel", CANCEL_PATH);
	return reply_send(request, 204, response);
}

/* Splits "http://host/path", the form for proxies, whose host overrides the Host header. */
static const char *split_authority(const char *url, char *host, size_t size)
{
	const char *begin, *path;

	if (strncasecmp(url, "http://", 7) != 0)
		return url;
	begin = url + 7;
	path = begin + strcspn(begin, "/");
	snprintf(host, size, "%.*s", (int)(path - begin), begin);
	return *path ? path : "/";
}

/* Without an arena and --base-path the base path is unknown; then the answer may be a 503. */
static enum MHD_Result reply_not_found(struct request *request, const char *path, int error)
{
	if (error < 0 && !options.base_path)
		return reply_no_arena(request, error);
	return reply_problem(request, 404, "there is nothing at %.200s", path);
}

/* The base path may be that of an arena that was just created: looks it up again before a 404. */
static const struct route *route_find_again(const char *path, const char **rest, int *error)
{
	struct source *source = origin_fleet ? NULL : source_look(error);

	if (source)
		source_put(source);
	return route_find(path, rest);
}

static bool is_method_known(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
	       strcmp(method, "OPTIONS") == 0;
}

static enum MHD_Result reply_method(struct request *request)
{
	return reply_problem(request, 405, "%.40s is not possible here: records are only read",
			     request->method);
}

static enum MHD_Result answer(struct request *request, const char *url)
{
	const char *header = header_get(request, "Host"), *path, *rest;
	bool is_options = strcmp(request->method, "OPTIONS") == 0;
	const struct route *route;
	char host[256];
	int error = 0;

	snprintf(host, sizeof(host), "%s", header ? header : "localhost");
	path = split_authority(url, host, sizeof(host));
	if (!security_host_allowed(request->listener, host))
		return reply_problem(request, 421, "Host '%s' is not served here; see --allow-host",
				     host);
	route = route_find(path, &rest);
	if (is_options && strcmp(path, "*") == 0)
		return options_answer(request, NULL);
	if (!route)
		route = route_find_again(path, &rest, &error);
	if (!route)
		return reply_not_found(request, path, error);
	if (is_options)
		return options_answer(request, route);
	if (route != &cancel_route && !is_method_known(request->method))
		return reply_method(request);
	if (!route->is_open && !security_authorized(header_get(request, "Authorization")))
		return reply_problem(request, 401,
				     "show a bearer token in the Authorization header");
	return route->answer(request, rest);
}

static enum MHD_Result header_received(struct request *request, const char *url, const char *method,
				       const char *version, void *listener)
{
	const char *fault;
	bool has_body;

	request->started = true;
	request->method = method;
	request->listener = listener;
	request->peer = peer_of(request->connection);
	peer_set(request->peer, PEER_BUSY);
	fault = request_fault(request->connection, url, request->target, version, &has_body);
	if (fault)
		return reply_problem(request, 400, "%s", fault);
	if (has_body && !is_method_known(method) && !request_is_cancel(request))
		return reply_method(request);
	if (has_body)
		return reply_problem(request, 413, "a request has no body here");
	return MHD_YES;
}

enum MHD_Result route_handle(void *listener, struct MHD_Connection *connection, const char *url,
			     const char *method, const char *version, const char *upload_data,
			     size_t *upload_size, void **context)
{
	struct request *request = *context;
	enum MHD_Result result;

	(void)connection;
	(void)upload_data;
	if (!request)
		return MHD_NO;
	if (!request->started)
		return header_received(request, url, method, version, listener);
	*upload_size = 0;
	if (request->answered)
		return MHD_YES;
	peer_set(request->peer, PEER_BUSY);
	/* The request must not be used after this: another thread may have resumed and freed it. */
	result = answer(request, url);
	return result;
}
