/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/hosts.h"

#include "answer/reply.h"
#include "answer/select.h"
#include "snapshot/origin.h"

enum MHD_Result hosts_get(struct request *request)
{
	const char *pattern;
	struct MHD_Response *response;
	enum MHD_Result result;
	struct text text = {0};
	int error;

	if (!origin_fleet)
		return reply_problem(request, 404, "this server shows one host: see --nats");
	if (!select_host(request, &pattern, &result))
		return result;
	error = origin_fleet->error();
	if (error < 0)
		return reply_no_arena(request, error);
	origin_fleet->hosts(&text, pattern);
	response = reply_text(&text);
	reply_header(response, "Content-Type", TYPE_JSON);
	reply_header(response, "Cache-Control", "no-cache");
	return reply_send(request, 200, response);
}
