/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/cancel.h"

#include <errno.h>
#include <string.h>

#include "answer/query.h"
#include "answer/reply.h"
#include "base/log.h"
#include "security/canceller.h"
#include "security/security.h"

static enum MHD_Result refused(struct request *request, const char *id, int code)
{
	switch (code) {
	case -EALREADY:
		return reply_problem(request, 409, "record %s is over", id);
	case -ENOENT:
		return reply_problem(request, 404, "no record %s: it never was in this arena", id);
	case -ESTALE:
		return reply_problem(request, 410,
				     "record %s is gone: it was removed, or its time is over", id);
	case -EACCES:
		return reply_problem(request, 403, "this server may not write the arena");
	case -EPIPE:
	case -ETIMEDOUT:
		return reply_problem(request, 503,
				     "the process that writes the arena does not answer");
	default:
		return reply_problem(request, 503, "record %s cannot be cancelled: %s", id,
				     headway_strerror(code));
	}
}

static enum MHD_Result accepted(struct request *request, const char *id)
{
	struct MHD_Response *response;
	struct text text = {0};

	text_format(&text, "{\"id\":\"%s\",\"cancel_requested\":true}\n", id);
	response = reply_text(&text);
	reply_header(response, "Content-Type", TYPE_JSON);
	reply_header(response, "Cache-Control", "no-store");
	return reply_send(request, 202, response);
}

enum MHD_Result cancel_post(struct request *request, const char *text)
{
	const char *host = header_get(request, "Host"), *reason, *origin;
	char id_text[HEADWAY_ID_TEXT];
	struct headway_id id;
	int code;

	if (strcmp(request->method, "POST") != 0)
		return reply_problem(request, 405, "a record is cancelled by POST");
	origin = header_get(request, "Origin");
	if (!security_origin_allowed(origin, host ? host : ""))
		return reply_problem(request, 403, "pages of this origin may not cancel");
	if (headway_parse_id(text, &id) != 0)
		return reply_problem(request, 404, "no record %.64s", text);
	(void)headway_format_id(&id, id_text);
	reason = query_get(request->connection, "reason");
	if (reason && strlen(reason) >= CANCEL_REASON)
		return reply_problem(request, 400, "reason: longer than %d bytes",
				     CANCEL_REASON - 1);
	code = canceller_ask(&id, reason ? reason : "");
	if (code)
		return refused(request, id_text, code);
	log_line("record %s was asked to stop", id_text);
	return accepted(request, id_text);
}
