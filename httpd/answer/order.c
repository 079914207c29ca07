/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define COMPARE(x, y) (((x) > (y)) - ((x) < (y)))

static int by_started(const struct item *a, const struct item *b, int64_t at_ns)
{
	(void)at_ns;
	return COMPARE(a->started_ns, b->started_ns);
}

static int by_updated(const struct item *a, const struct item *b, int64_t at_ns)
{
	(void)at_ns;
	return COMPARE(a->updated_ns, b->updated_ns);
}

static int by_finished(const struct item *a, const struct item *b, int64_t at_ns)
{
	(void)at_ns;
	return COMPARE(a->finished_ns, b->finished_ns);
}

static int by_name(const struct item *a, const struct item *b, int64_t at_ns)
{
	(void)at_ns;
	return strcmp(a->name, b->name);
}

/* Running, Finished, Error, lost. */
static int rank(const struct item *item)
{
	return item->lost ? HEADWAY_ERROR + 1 : item->status;
}

static int by_status(const struct item *a, const struct item *b, int64_t at_ns)
{
	(void)at_ns;
	return rank(a) - rank(b);
}

/* Of a finished record without a total 1. Below 0: unknown. */
static double fraction(const struct item *item)
{
	if (item->total)
		return (double)item->done / (double)item->total;
	return item->status == HEADWAY_FINISHED ? 1 : -1;
}

static int by_progress(const struct item *a, const struct item *b, int64_t at_ns)
{
	(void)at_ns;
	return COMPARE(fraction(a), fraction(b));
}

static int by_done(const struct item *a, const struct item *b, int64_t at_ns)
{
	(void)at_ns;
	return COMPARE(a->done, b->done);
}

static int64_t elapsed_ns(const struct item *item, int64_t at_ns)
{
	int64_t end_ns = item->finished_ns ? item->finished_ns : at_ns;

	return item->started_ns && end_ns > item->started_ns ? end_ns - item->started_ns : 0;
}

/* As headway_estimate(): the mean over the whole time. Below 0: unknown. */
static double rate(const struct item *item, int64_t at_ns)
{
	int64_t ns = elapsed_ns(item, at_ns);

	return item->done && ns ? (double)item->done / (double)ns : -1;
}

static int by_rate(const struct item *a, const struct item *b, int64_t at_ns)
{
	return COMPARE(rate(a, at_ns), rate(b, at_ns));
}

static int by_elapsed(const struct item *a, const struct item *b, int64_t at_ns)
{
	return COMPARE(elapsed_ns(a, at_ns), elapsed_ns(b, at_ns));
}

static int by_id(const struct item *a, const struct item *b, int64_t at_ns)
{
	(void)at_ns;
	return memcmp(a->id.bytes, b->id.bytes, sizeof(a->id.bytes));
}

static const struct order_key keys[] = {
	{"started", by_started, true},    {"updated", by_updated, false},
	{"finished", by_finished, false}, {"name", by_name, true},
	{"status", by_status, false},     {"progress", by_progress, false},
	{"done", by_done, false},         {"rate", by_rate, false},
	{"elapsed", by_elapsed, false},   {"id", by_id, true},
};

bool order_parse(const char *text, struct order *order)
{
	*order = (struct order){.descending = *text == '-', .at_ns = wall_ns()};
	text += order->descending;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !order->key; i++) {
		if (strcmp(keys[i].name, text) == 0)
			order->key = &keys[i];
	}
	return order->key != NULL;
}

bool order_is_default(const struct order *order)
{
	return order->key->compare == by_started && !order->descending;
}

int order_compare_items(const struct order *order, const struct item *a, const struct item *b)
{
	int result = order->key->compare(a, b, order->at_ns);

	if (result == 0)
		result = by_started(a, b, 0);
	if (result == 0)
		result = by_id(a, b, 0);
	return order->descending ? -result : result;
}

static int compare(const void *a, const void *b, void *order)
{
	return order_compare_items(order, *(struct item *const *)a, *(struct item *const *)b);
}

void order_sort(const struct order *order, struct item **items, size_t count)
{
	if (!order_is_default(order))
		qsort_r(items, count, sizeof(*items), compare, (void *)(uintptr_t)order);
}
