/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/order.h"

#include "base/glob.h"
#include "base/options.h"

#include <string.h>

const char order_keys[] = "started updated finished name status progress done rate elapsed id";
const char order_statuses[] = "running finished error lost";

void order_parse(struct order *order, const char *text)
{
	if (*text == '-') {
		order->reverse = !order->reverse;
		text++;
	}
	order->key = (enum order_key)options_choice("sort", order_keys, text);
}

const char *order_word(enum order_key key, size_t *length)
{
	const char *word = order_keys;

	for (enum order_key i = 0; i < key; i++)
		word += strcspn(word, " ") + 1;
	*length = strcspn(word, " ");
	return word;
}

#define COMPARE(x, y) (((x) > (y)) - ((x) < (y)))

static int compare_key(enum order_key key, const struct order_values *a,
		       const struct order_values *b)
{
	switch (key) {
	case ORDER_STARTED:
		return COMPARE(a->started_ns, b->started_ns);
	case ORDER_UPDATED:
		return COMPARE(a->updated_ns, b->updated_ns);
	case ORDER_FINISHED:
		return COMPARE(a->finished_ns, b->finished_ns);
	case ORDER_NAME:
		return strcmp(a->name, b->name);
	case ORDER_STATUS:
		return COMPARE(a->status_rank, b->status_rank);
	case ORDER_PROGRESS:
		return COMPARE(a->fraction, b->fraction);
	case ORDER_DONE:
		return COMPARE(a->done, b->done);
	case ORDER_RATE:
		return COMPARE(a->per_second, b->per_second);
	case ORDER_ELAPSED:
		return COMPARE(a->elapsed_ns, b->elapsed_ns);
	case ORDER_ID:
	case ORDER_KEYS:
		break;
	}
	return memcmp(&a->id, &b->id, sizeof(a->id));
}

int order_compare(const struct order *order, const struct order_values *a,
		  const struct order_values *b)
{
	int result = compare_key(order->key, a, b);

	if (!result)
		result = COMPARE(a->started_ns, b->started_ns);
	if (!result)
		result = memcmp(&a->id, &b->id, sizeof(a->id));
	return order->reverse ? -result : result;
}

int order_matches(unsigned statuses, const char *pattern, int status, int lost, const char *name)
{
	unsigned is = status == HEADWAY_RUNNING    ? STATUS_RUNNING
		      : status == HEADWAY_FINISHED ? STATUS_FINISHED
						   : STATUS_ERROR;

	if (lost)
		is |= STATUS_LOST;
	if (statuses && !(statuses & is))
		return 0;
	return !pattern || glob_match(pattern, name);
}

int order_status_rank(int status, int lost)
{
	return lost ? HEADWAY_ERROR + 1 : status;
}
