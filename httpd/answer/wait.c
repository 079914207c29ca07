/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/wait.h"

#include <string.h>
#include <urcu/uatomic.h>

#include "answer/query.h"
#include "answer/reply.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/parse.h"
#include "snapshot/collector.h"
#include "snapshot/waiters.h"

#define WALK_DEADLINE_NS (10 * SECOND_NS)

static bool walk_is_due(struct waiter *waiter, const struct list_snapshot *snap, int64_t walked_ns)
{
	(void)snap;
	return walked_ns >= caa_container_of(waiter, struct request, waiter)->since_ns;
}

/* True for "no-cache": the list must not be older than the request. */
static bool wants_newest(struct request *request)
{
	const char *control = header_get(request, "Cache-Control");

	return control && strcasestr(control, "no-cache");
}

struct list_snapshot *wait_for_walk(struct request *request, enum MHD_Result *result)
{
	struct list_snapshot *snap;
	int64_t since_ns;

	if (request->since_ns == 0)
		request->since_ns = wants_newest(request)
					    ? request->arrived_ns
					    : request->arrived_ns -
						      options.period_ms * MILLISECOND_NS;
	snap = collector_latest(request->since_ns);
	if (snap && !snap->error)
		return snap;
	if (snap && request->since_ns >= request->arrived_ns)
		return snap;
	if (snap) { /* there was no arena at the last walk: look it up again before a 503 */
		list_snapshot_put(snap);
		request->since_ns = request->arrived_ns;
	}
	request->waiter.is_due = walk_is_due;
	*result = MHD_YES;
	since_ns = request->since_ns; /* another thread may free a suspended request */
	if (request->waiter.outcome == WAIT_TIMEOUT)
		*result = reply_problem(request, 503, "the arena could not be read in time");
	else if (!request_suspend(request, request->arrived_ns + WALK_DEADLINE_NS))
		*result = reply_problem(request, 503, "the server is about to end");
	else
		collector_request(since_ns);
	return NULL;
}

bool wait_parse(struct request *request, int64_t *ns, enum MHD_Result *result)
{
	const char *wait = query_get(request->connection, "wait");
	int64_t most = options.max_wait_s * SECOND_NS;

	*ns = 0;
	if (wait && !parse_duration(wait, ns)) {
		*result = reply_problem(request, 400, "wait: '%s' is not a time like 25s or 500ms",
					wait);
		return false;
	}
	if (!wait)
		request->preferred = header_wait(request, ns);
	if (*ns > most)
		*ns = most;
	return true;
}

bool wait_goes_on(struct request *request, int64_t wait_ns, bool is_known, uint64_t state)
{
	if (wait_ns == 0)
		return false;
	if (request->waiting)
		return request->waiter.outcome == WAIT_DUE && request->state == state;
	if (!is_known)
		return false;
	request->waiting = true;
	request->state = state;
	request->deadline_ns = request->arrived_ns + wait_ns;
	return true;
}
