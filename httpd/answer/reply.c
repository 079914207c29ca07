/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/query.h"
#include "base/clock.h"
#include "base/latency.h"
#include "net/access_log.h"
#include "security/security.h"
#include "snapshot/origin.h"

struct MHD_Response *reply_text(struct text *text)
{
	struct MHD_Response *response = NULL;

	if (!text->failed && text->data)
		response = MHD_create_response_from_buffer(text->length, text->data,
							   MHD_RESPMEM_MUST_FREE);
	if (response)
		*text = (struct text){0};
	else
		text_free(text);
	return response;
}

struct MHD_Response *reply_static(const char *body, size_t length)
{
	union {
		const char *from;
		void *to;
	} constant = {body};

	return MHD_create_response_from_buffer(length, constant.to, MHD_RESPMEM_PERSISTENT);
}

/* libmicrohttpd sends a Content-Length in every 304. 0 is ignored by all clients; the length of the
 * full answer would make some (those built on http_parser) wait for a body, and so would chunked
 * encoding. */
struct MHD_Response *reply_not_modified(void)
{
	return reply_static("", 0);
}

void reply_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (response)
		MHD_add_response_header(response, name, value);
}

enum MHD_Result reply_send(struct request *request, unsigned status, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	reply_header(response, "X-Content-Type-Options", "nosniff");
	if (request->preferred)
		reply_header(response, "Preference-Applied", "wait");
	security_cors(header_get(request, "Origin"), strcmp(request->method, "OPTIONS") == 0,
		      response);
	result = MHD_queue_response(request->connection, status, response);
	MHD_destroy_response(response);
	if (result == MHD_YES) {
		int64_t took_ns = now_ns() - request->arrived_ns;

		request->answered = true;
		latency_count(status, took_ns, !request->waiting);
		access_log(request->connection, request->method, request->target, status, took_ns);
	}
	return result;
}

static const char *reason(unsigned status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 410:
		return "Gone";
	case 412:
		return "Precondition Failed";
	case 413:
		return "Content Too Large";
	case 421:
		return "Misdirected Request";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

static void problem_headers(const struct request *request, struct MHD_Response *response,
			    unsigned status)
{
	reply_header(response, "Content-Type", "application/problem+json");
	reply_header(response, "Cache-Control", "no-store");
	if (status == 405)
		reply_header(response, "Allow",
			     request_is_cancel(request) ? "POST, OPTIONS" : "GET, HEAD, OPTIONS");
	if (status == 503)
		reply_header(response, "Retry-After", "1");
	if (status == 401)
		reply_header(response, "WWW-Authenticate", "Bearer realm=\"headway\"");
}

enum MHD_Result reply_problem(struct request *request, unsigned status, const char *detail, ...)
{
	struct text text = {0};
	struct MHD_Response *response;
	char sentence[512];
	va_list ap;

	va_start(ap, detail);
	vsnprintf(sentence, sizeof(sentence), detail, ap);
	va_end(ap);
	text_format(&text, "{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%u,\"detail\":",
		    reason(status), status);
	text_json(&text, sentence);
	text_put(&text, "}\n");
	response = reply_text(&text);
	problem_headers(request, response, status);
	return reply_send(request, status, response);
}

enum MHD_Result reply_no_arena(struct request *request, int why)
{
	return reply_problem(request, 503, "%s: %s", origin_missing(), origin_strerror(why));
}
