/* SPDX-License-Identifier: BSD-3-Clause */
/* A page token contains the id of the last record that was sent, so the next page begins after it,
 * even if that record is gone, and what tells its place: start and name, which never change, or the
 * number of an order that is kept. So each record that stays is listed exactly once. */
#include "answer/select.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/pages.h"
#include "answer/query.h"
#include "answer/reply.h"
#include "base/glob.h"
#include "base/parse.h"
#include "base/text.h"

/* STARTED.ID.NAME, start and name in hex. */
static void put_fixed(struct text *text, const struct item *item, const char *id)
{
	text_format(text, "%" PRIx64 ".%s.", (uint64_t)item->started_ns, id);
	for (const char *c = item->name; *c; c++)
		text_format(text, "%02x", (unsigned char)*c);
}

/* NUMBER-ID, the number in hex. */
static void put_kept(struct text *text, const struct selection *s, const struct chosen *chosen,
		     const char *id)
{
	uint64_t number = s->kept ? s->kept : pages_keep(chosen->items, chosen->all);

	text_format(text, "%" PRIx64 "-%s", number, id);
	text->failed |= !number;
}

char *select_token(const struct selection *s, const struct chosen *chosen)
{
	const struct item *last = chosen->items[chosen->count - 1];
	struct text text = {0};
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&last->id, id);
	if (s->order.key->is_fixed)
		put_fixed(&text, last, id);
	else
		put_kept(&text, s, chosen, id);
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

static bool parse_fixed(const char *token, struct selection *s)
{
	uint64_t started;
	char id[HEADWAY_ID_TEXT];
	int behind = 0;

	if (sscanf(token, "%16" SCNx64 ".%36[0-9a-f-].%n", &started, id, &behind) != 2 ||
	    behind == 0 || headway_parse_id(id, &s->after.id) != 0)
		return false;
	s->after_name = unhex(token + behind);
	s->after.name = s->after_name;
	s->after.started_ns = (int64_t)started;
	s->has_after = s->after_name != NULL;
	return s->has_after;
}

static bool parse_kept(const char *token, struct selection *s)
{
	char id[HEADWAY_ID_TEXT];
	int behind = 0;

	return sscanf(token, "%16" SCNx64 "-%36[0-9a-f-]%n", &s->kept, id, &behind) == 2 &&
	       token[behind] == '\0' && s->kept && headway_parse_id(id, &s->after.id) == 0;
}

static bool parse_token(struct request *request, struct selection *s, enum MHD_Result *result)
{
	const char *token = query_get(request->connection, "page_token");

	if (!token || !*token)
		return true;
	if (!(s->order.key->is_fixed ? parse_fixed(token, s) : parse_kept(token, s))) {
		*result = reply_problem(request, 400,
					"page_token: '%.80s' is not from this server, or not from "
					"a list in the order '%s'",
					token, s->order.key->name);
		return false;
	}
	if (!s->kept || pages_after(s->kept, &s->after.id, &s->ids, &s->id_count))
		return true;
	*result = reply_problem(
		request, 410, "page_token: the order of that list is no longer kept: begin again");
	return false;
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

	if (order_parse(sort ? sort : "started", &s->order))
		return true;
	*result = reply_problem(request, 400,
				"sort: '%s' is not " ORDER_NAMES ", with or without '-'", sort);
	return false;
}

bool select_parse(struct request *request, struct selection *s, enum MHD_Result *result)
{
	const char *limit = query_get(request->connection, "limit");
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
	return parse_token(request, s, result);
}

void select_free(struct selection *s)
{
	free(s->after_name);
	free(s->ids);
}

bool select_is_whole(const struct selection *s)
{
	return !s->statuses && !s->name && !s->host && !s->has_after && !s->kept && !s->limit &&
	       order_is_default(&s->order);
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

/* All that match, in the order of the snapshot, or in that which was kept. */
static size_t select_matching(const struct selection *s, const struct list_snapshot *snap,
			      struct item **items)
{
	size_t count = s->kept ? s->id_count : snap->count, n = 0;

	for (size_t i = 0; i < count; i++) {
		struct item *item = s->kept ? list_snapshot_find(snap, &s->ids[i]) : snap->items[i];

		if (item && select_matches(s, item))
			items[n++] = item;
	}
	return n;
}

static uint64_t state_of(struct item *const *items, size_t count)
{
	uint64_t newest = 0;

	for (size_t i = 0; i < count; i++)
		newest = items[i]->change > newest ? items[i]->change : newest;
	return newest * 0x9e3779b97f4a7c15ULL ^ count;
}

/* How many of the items the earlier pages have shown. */
static size_t shown_before(const struct selection *s, struct item *const *items, size_t count)
{
	size_t shown = 0;

	while (s->has_after && shown < count &&
	       order_compare_items(&s->order, items[shown], &s->after) <= 0)
		shown++;
	return shown;
}

bool select_items(const struct selection *s, const struct list_snapshot *snap,
		  struct chosen *chosen)
{
	size_t most = s->kept ? s->id_count : snap->count, all, shown;
	struct item **items = malloc((most + 1) * sizeof(*items));

	if (!items)
		return false;
	all = select_matching(s, snap, items);
	*chosen = (struct chosen){.items = items, .state = state_of(items, all)};
	if (!s->kept)
		order_sort(&s->order, items, all);
	shown = shown_before(s, items, all);
	chosen->all = all - shown;
	memmove(items, items + shown, chosen->all * sizeof(*items));
	chosen->count = s->limit && s->limit < chosen->all ? s->limit : chosen->all;
	return true;
}
