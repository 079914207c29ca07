/* SPDX-License-Identifier: BSD-3-Clause */
/* A page token contains the sort key and id of the last record that was sent, so the next page
 * begins after it, even if that record is gone. Start, name and id of a record never change: in
 * these orders each record that stays is listed exactly once. */
#include "answer/select.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/query.h"
#include "answer/reply.h"
#include "base/glob.h"
#include "base/parse.h"
#include "base/text.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_started(const struct item *a, const struct item *b)
{
	return compare_numbers((uint64_t)a->started_ns, (uint64_t)b->started_ns);
}

static int by_updated(const struct item *a, const struct item *b)
{
	return compare_numbers((uint64_t)a->updated_ns, (uint64_t)b->updated_ns);
}

static int by_finished(const struct item *a, const struct item *b)
{
	return compare_numbers((uint64_t)a->finished_ns, (uint64_t)b->finished_ns);
}

static int by_done(const struct item *a, const struct item *b)
{
	return compare_numbers(a->done, b->done);
}

static int by_status(const struct item *a, const struct item *b)
{
	return a->status - b->status;
}

static int by_name(const struct item *a, const struct item *b)
{
	return strcmp(a->name, b->name);
}

static int by_id(const struct item *a, const struct item *b)
{
	(void)a;
	(void)b;
	return 0;
}

static const struct order orders[] = {
	{"started", by_started}, {"updated", by_updated}, {"finished", by_finished},
	{"name", by_name},       {"status", by_status},   {"done", by_done},
	{"id", by_id},
};

static int compare(const struct selection *s, const struct item *a, const struct item *b)
{
	int order = s->order->compare(a, b);

	if (order == 0)
		order = memcmp(a->id.bytes, b->id.bytes, sizeof(a->id.bytes));
	return s->descending ? -order : order;
}

static int compare_items(const void *a, const void *b, void *selection)
{
	return compare(selection, *(struct item *const *)a, *(struct item *const *)b);
}

static const struct order *order_named(const char *name)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(orders[i].name, name) == 0)
			return &orders[i];
	}
	return NULL;
}

/* STARTED.UPDATED.FINISHED.DONE.STATUS.ID.NAME, numbers and name in hex. */
char *select_token(const struct selection *s, const struct item *item)
{
	struct text text = {0};
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&item->id, id);
	text_format(&text, "%" PRIx64 ".%" PRIx64 ".%" PRIx64 ".%" PRIx64 ".%d.%s.",
		    (uint64_t)item->started_ns, (uint64_t)item->updated_ns,
		    (uint64_t)item->finished_ns, item->done, item->status, id);
	for (const char *c = s->order->compare == by_name ? item->name : ""; *c; c++)
		text_format(&text, "%02x", (unsigned char)*c);
	if (text.failed)
		text_free(&text);
	return text.data;
}

static char *unhex(const char *hex)
{
	size_t length = strlen(hex);
	char *name = calloc(1, length / 2 + 1);

	for (size_t i = 0; name && i < length; i += 2) {
		char pair[3] = {hex[i], hex[i + 1], '\0'}, *end;

		name[i / 2] = (char)strtoul(pair, &end, 16);
		if (end != pair + 2) {
			free(name);
			return NULL;
		}
	}
	return name;
}

static bool token_parse(const char *token, struct selection *s)
{
	uint64_t started, updated, finished;
	char id[HEADWAY_ID_TEXT];
	int behind = 0;

	if (sscanf(token,
		   "%16" SCNx64 ".%16" SCNx64 ".%16" SCNx64 ".%16" SCNx64 ".%1d.%36[0-9a-f-].%n",
		   &started, &updated, &finished, &s->after.done, &s->after.status, id,
		   &behind) != 6 ||
	    behind == 0 || headway_parse_id(id, &s->after.id) != 0)
		return false;
	s->after_name = unhex(token + behind);
	if (!s->after_name)
		return false;
	s->after.name = s->after_name;
	s->after.started_ns = (int64_t)started;
	s->after.updated_ns = (int64_t)updated;
	s->after.finished_ns = (int64_t)finished;
	s->has_after = true;
	return true;
}

bool select_host(struct request *request, const char **host, enum MHD_Result *result)
{
	*host = query_get(request->connection, "host");
	if (!*host || strlen(*host) <= GLOB_BYTES)
		return true;
	*result = reply_problem(request, 400, "host: the pattern has more than %d bytes",
				GLOB_BYTES);
	return false;
}

static bool parse_filters(struct request *request, struct selection *s, enum MHD_Result *result)
{
	const char *status = query_get(request->connection, "status");

	s->name = query_get(request->connection, "name");
	if (status)
		s->statuses = query_statuses(status);
	if (status && !s->statuses) {
		*result = reply_problem(
			request, 400,
			"status: '%s' is not a list of Running, Finished, Error, Lost", status);
		return false;
	}
	if (s->name && strlen(s->name) > GLOB_BYTES) {
		*result = reply_problem(request, 400, "name: the pattern has more than %d bytes",
					GLOB_BYTES);
		return false;
	}
	return select_host(request, &s->host, result);
}

static bool parse_order(struct request *request, struct selection *s, enum MHD_Result *result)
{
	const char *sort = query_get(request->connection, "sort");

	s->descending = sort && *sort == '-';
	s->order = order_named(sort ? sort + s->descending : "started");
	if (s->order)
		return true;
	*result = reply_problem(
		request, 400,
		"sort: '%s' is not started, updated, finished, name, status, done or id, "
		"with or without '-'",
		sort);
	return false;
}

bool select_parse(struct request *request, struct selection *s, enum MHD_Result *result)
{
	const char *limit = query_get(request->connection, "limit");
	const char *token = query_get(request->connection, "page_token");
	uint64_t number = 0;

	*s = (struct selection){0};
	if (!parse_filters(request, s, result) || !parse_order(request, s, result))
		return false;
	if (limit && !parse_number(limit, 1, 1000000, &number)) {
		*result = reply_problem(request, 400,
					"limit: '%s' is not a number from 1 to 1000000", limit);
		return false;
	}
	s->limit = (size_t)number;
	if (token && *token && !token_parse(token, s)) {
		*result = reply_problem(request, 400, "page_token: '%.80s' is not from this server",
					token);
		return false;
	}
	return true;
}

void select_free(struct selection *s)
{
	free(s->after_name);
}

bool select_is_whole(const struct selection *s)
{
	return !s->statuses && !s->name && !s->host && !s->has_after && !s->limit &&
	       !s->descending && s->order->compare == by_started;
}

bool select_matches(const struct selection *s, const struct item *item)
{
	unsigned statuses = 1u << item->status | (item->lost ? 1u << STATUS_LOST : 0);

	if (s->statuses && !(s->statuses & statuses))
		return false;
	if (s->host && !glob_match(s->host, item->host ? item->host : ""))
		return false;
	return !s->name || glob_match(s->name, item->name);
}

struct item **select_items(const struct selection *s, const struct list_snapshot *snap,
			   size_t *count, bool *more, uint64_t *state)
{
	struct item **items = malloc((snap->count + 1) * sizeof(*items));
	uint64_t newest = 0;
	size_t n = 0;

	if (!items)
		return NULL;
	for (size_t i = 0; i < snap->count; i++) {
		struct item *item = snap->items[i];

		if (!select_matches(s, item))
			continue;
		newest = item->change > newest ? item->change : newest;
		items[n++] = item;
	}
	*state = newest * 0x9e3779b97f4a7c15ULL ^ n;
	if (s->descending || s->order->compare != by_started)
		qsort_r(items, n, sizeof(*items), compare_items, (void *)(uintptr_t)s);
	if (s->has_after) {
		size_t skip = 0;

		while (skip < n && compare(s, items[skip], &s->after) <= 0)
			skip++;
		n -= skip;
		memmove(items, items + skip, n * sizeof(*items));
	}
	*more = s->limit && n > s->limit;
	*count = *more ? s->limit : n;
	return items;
}
