/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/cancel.h"

#include <errno.h>
#include <string.h>
#include <urcu/compiler.h>

#include "answer/query.h"
#include "answer/reply.h"
#include "base/clock.h"
#include "security/canceller.h"
#include "security/security.h"
#include "snapshot/waiters.h"

#define WAIT_NS (6 * SECOND_NS) /* an order ends within 5 */

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
	case -EBUSY:
		return reply_problem(request, 503, "%d requests to cancel wait already",
				     CANCEL_ORDERS);
	case -EPIPE:
	case -EINPROGRESS:
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

static enum MHD_Result answer(struct request *request, int code)
{
	char id[HEADWAY_ID_TEXT];

	(void)headway_format_id(&request->id, id);
	return code ? refused(request, id, code) : accepted(request, id);
}

static bool is_answered(struct waiter *waiter, const struct list_snapshot *snap, int64_t walked_ns)
{
	const struct request *request = caa_container_of(waiter, struct request, waiter);

	(void)snap;
	(void)walked_ns;
	return canceller_answer(request->cancel_order) != -EINPROGRESS;
}

/* The thread serves others meanwhile. */
static enum MHD_Result order(struct request *request, const char *reason)
{
	int code = canceller_order(&request->id, reason, &request->cancel_order);

	if (code) {
		request->cancel_order = 0;
		return answer(request, code);
	}
	request->waiting = true;
	request->waiter.is_due = is_answered;
	if (!request_suspend(request, request->arrived_ns + WAIT_NS))
		return reply_problem(request, 503, "the server is about to end");
	waiters_wake(); /* the answer may have come first */
	return MHD_YES;
}

enum MHD_Result cancel_post(struct request *request, const char *text)
{
	const char *host = header_get(request, "Host"), *reason, *origin;

	if (request->waiting)
		return answer(request, canceller_answer(request->cancel_order));
	if (strcmp(request->method, "POST") != 0)
		return reply_problem(request, 405, "a record is cancelled by POST");
	origin = header_get(request, "Origin");
	if (!security_origin_allowed(origin, host ? host : ""))
		return reply_problem(request, 403, "pages of this origin may not cancel");
	if (headway_parse_id(text, &request->id) != 0)
		return reply_problem(request, 404, "no record %.64s", text);
	reason = query_get(request->connection, "reason");
	if (reason && strlen(reason) >= CANCEL_REASON)
		return reply_problem(request, 400, "reason: longer than %d bytes",
				     CANCEL_REASON - 1);
	return order(request, reason ? reason : "");
}
