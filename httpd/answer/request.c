/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "net/peers.h"
#include "security/canceller.h"

struct trimmed {
	struct trimmed *next;
	char value[];
};

bool request_is_cancel(const struct request *request)
{
	return options.allow_cancel &&
	       strncmp(request->target, CANCEL_PATH, strlen(CANCEL_PATH)) == 0;
}

void request_free(struct request *request)
{
	struct trimmed *next;

	for (struct trimmed *t = request->trimmed; t; t = next) {
		next = t->next;
		free(t);
	}
	canceller_forget(request->cancel_order);
	free(request);
}

static const char *trim(struct request *request, const char *value, size_t length)
{
	struct trimmed *t = malloc(sizeof(*t) + length + 1);

	if (!t)
		return NULL;
	memcpy(t->value, value, length);
	t->value[length] = '\0';
	t->next = request->trimmed;
	request->trimmed = t;
	return t->value;
}

/* libmicrohttpd skips only the blanks before a value. */
const char *header_get(struct request *request, const char *name)
{
	const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
	size_t length = value ? strlen(value) : 0, trimmed = length;

	while (trimmed > 0 && (value[trimmed - 1] == ' ' || value[trimmed - 1] == '\t'))
		trimmed--;
	return trimmed == length ? value : trim(request, value, trimmed);
}

bool request_suspend(struct request *request, int64_t deadline_ns)
{
	peer_set(request->peer, PEER_WAITING);
	return waiter_suspend(&request->waiter, request->connection, deadline_ns);
}
