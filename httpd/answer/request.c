/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/request.h"

#include "net/peers.h"

bool request_park(struct request *request, int64_t deadline_ns)
{
	peer_set(request->peer, PEER_WAITING);
	return park(&request->parked, request->connection, deadline_ns);
}
