/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/request.h"

#include "net/peers.h"

bool request_suspend(struct request *request, int64_t deadline_ns)
{
	peer_set(request->peer, PEER_WAITING);
	return waiter_suspend(&request->waiter, request->connection, deadline_ns);
}
