/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/access_log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/options.h"
#include "base/text.h"

enum { METHOD_BYTES = 40, TARGET_BYTES = 3000 };

static void client_name(struct MHD_Connection *connection, char *name, socklen_t size)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;

	snprintf(name, size, "unix");
	if (address && address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
			  name, size);
	else if (address && address->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
			  &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, name,
			  size);
}

/* Limits the length of a line: the fields after a long target would be lost. */
static void cut(struct text *line, size_t most)
{
	if (line->failed || line->length <= most)
		return;
	for (size_t back = 1; back <= 3; back++) { /* not within "\\x00" */
		if (line->data[most - back] == '\\')
			most -= back;
	}
	line->length = most;
	text_put(line, "...");
}

void access_log(struct MHD_Connection *connection, const char *method, const char *target,
		unsigned status, int64_t took_ns)
{
	struct text line = {0};
	char client[64];
	size_t before;

	if (!options.access_log)
		return;
	client_name(connection, client, sizeof(client));
	text_format(&line, "client=%s method=", client);
	before = line.length;
	text_escaped(&line, method);
	cut(&line, before + METHOD_BYTES);
	text_put(&line, " target=");
	before = line.length;
	text_escaped(&line, target);
	cut(&line, before + TARGET_BYTES);
	text_format(&line, " status=%u ms=%.3f", status, (double)took_ns / MILLISECOND_NS);
	if (!line.failed)
		log_line("%s", line.data);
	text_free(&line);
}
