/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/watch.h"

#include "base/record.h"
#include "base/remote.h"
#include "base/say.h"
#include "base/view.h"
#include "shared/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t watch_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int compare_ids(const void *left, const void *right)
{
	const struct watched *const *a = left, *const *b = right;

	return memcmp(&(*a)->id, &(*b)->id, sizeof((*a)->id));
}

static int compare_id(const void *key, const void *item)
{
	const struct watched *const *at = item;

	return memcmp(key, &(*at)->id, sizeof((*at)->id));
}

static struct watched *find_among(const struct watch *watch, const struct headway_id *id,
				  size_t count)
{
	struct watched **at = count ? bsearch(id, watch->items, count, sizeof(*at), compare_id)
				    : NULL;

	return at ? *at : NULL;
}

struct watched *watch_find(const struct watch *watch, const struct headway_id *id)
{
	return find_among(watch, id, watch->count);
}

static struct watched *add(struct watch *watch, const struct headway_id *id)
{
	struct watched *item = say_memory(calloc(1, sizeof(*item)));

	if (watch->count == watch->room) {
		watch->room = watch->room ? 2 * watch->room : 256;
		watch->items =
			say_memory(realloc(watch->items, watch->room * sizeof(*watch->items)));
	}
	item->id = *id;
	watch->items[watch->count++] = item;
	return item;
}

/* Replace a copy of text only when it differs. */
static void store_text(char **stored, const char *text)
{
	if (*stored && !strcmp(*stored, text))
		return;
	free(*stored);
	*stored = say_memory(strdup(text));
}

/* The error, else the last message.  The caller frees it. */
static char *message_text(const struct headway_snapshot *s)
{
	const char *error = s->status == HEADWAY_ERROR ? snapshot_message(s, "Error") : NULL;
	const struct headway_message *last = snapshot_last_message(s);
	char *text = NULL;
	int length;

	if (error || !last)
		length = asprintf(&text, "%s", error ? error : "");
	else
		length = asprintf(&text, "%s: %s", last->key, last->value);
	return say_memory(length < 0 ? NULL : text);
}

static void store_message(struct watched *item, const struct headway_snapshot *s)
{
	free(item->message);
	item->message = message_text(s);
}

static void store(struct watched *item, const struct headway_snapshot *s)
{
	struct headway_estimate estimate = {.size = sizeof(estimate)};

	item->has_parent = s->parent != NULL;
	if (s->parent)
		item->parent = *s->parent;
	item->status = s->status;
	item->started_ns = s->started_ns;
	item->updated_ns = s->updated_ns;
	item->finished_ns = s->finished_ns;
	item->done = s->done;
	item->total = s->total;
	if (item->version != s->version || !item->name) {
		store_text(&item->name, s->name);
		store_text(&item->unit, s->unit);
		store_message(item, s);
	}
	item->version = s->version;
	item->lost = s->lost;
	(void)headway_estimate(s, &estimate);
	item->own_rate = estimate.rate;
	item->own_eta = estimate.eta_seconds;
	item->eta_low = estimate.eta_low_seconds;
	item->eta_high = estimate.eta_high_seconds;
	item->is_cancelled = s->cancel_reason != NULL;
}

static bool forecast_member(struct json_part key, struct json_part value, void *argument)
{
	static const char *const names[] = {"eta_seconds", "eta_low_seconds", "eta_high_seconds"};
	double *seconds = argument;
	int64_t ns;

	for (int i = 0; i < 3; i++)
		if (json_is(key, names[i]) && json_seconds(value, &ns))
			seconds[i] = (double)ns / 1e9;
	return true;
}

/* The forecast that a server's record has: the profile itself is not in it. */
static void store_forecast(struct watched *item, const struct watch *watch)
{
	double seconds[3] = {-1, -1, -1};

	if (!watch->json ||
	    !json_object((struct json_part){watch->json, watch->json_length}, forecast_member,
			 seconds) ||
	    seconds[1] < 0)
		return;
	item->own_eta = seconds[0];
	item->eta_low = seconds[1];
	item->eta_high = seconds[2];
}

/* Time of the last change of a new item. A snapshot has only that of the version, so for a record
 * that counts, the present time is used. */
static int64_t first_change_ns(const struct watch *watch, const struct headway_snapshot *s)
{
	int64_t age_ns = watch->wall_ns - s->updated_ns;

	return s->done || s->total || age_ns < 0 ? watch->now_ns : watch->now_ns - age_ns;
}

static void note_speed(struct watched *item, const struct watch *watch, uint64_t done)
{
	double seconds = (double)(watch->now_ns - watch->before_ns) / 1e9;
	double amount = done > item->done ? (double)(done - item->done) : 0;

	item->speeds[item->speed_count++ % WATCH_SPEEDS] = seconds > 0 ? (float)(amount / seconds)
								       : 0;
}

static int observe(const struct headway_snapshot *s, void *argument)
{
	struct watch *watch = argument;
	struct watched *item = find_among(watch, &s->id, watch->known);
	enum watch_event event = WATCH_SAME;

	if (!item || item->is_gone) {
		item = item ? item : add(watch, &s->id);
		item->is_gone = 0;
		event = WATCH_NEW;
		item->changed_ns = first_change_ns(watch, s);
		item->speed_count = 0;
	} else if (item->done != s->done || item->total != s->total ||
		   item->version != s->version || item->status != s->status) {
		event = WATCH_CHANGED;
		item->changed_ns = watch->now_ns;
	}
	if (event != WATCH_NEW)
		note_speed(item, watch, s->done);
	store(item, s);
	store_forecast(item, watch);
	item->pass = watch->pass;
	if (watch->fn)
		watch->fn(item, s, event, watch->argument);
	return 0;
}

static void item_free(struct watched *item)
{
	free(item->name);
	free(item->unit);
	free(item->message);
	free(item);
}

static int counts_for_parent(const struct watch *watch, const struct watched *item)
{
	const struct watched *parent = NULL;

	if (watch->keep_gone && item->has_parent && item->status == HEADWAY_FINISHED)
		parent = watch_find(watch, &item->parent);
	return parent && parent != item && !parent->is_gone && parent->pass == watch->pass;
}

/* Frees the items that this refresh did not find. All are marked before the first is freed, since
 * an item is kept if its parent is kept. */
static void remove_gone(struct watch *watch)
{
	size_t kept = 0;

	for (size_t i = 0; i < watch->count; i++) {
		struct watched *item = watch->items[i];

		if (item->pass != watch->pass && !item->is_gone) {
			item->is_gone = 1;
			if (watch->fn)
				watch->fn(item, NULL, WATCH_GONE, watch->argument);
		}
		item->is_wanted = !item->is_gone || counts_for_parent(watch, item);
	}
	for (size_t i = 0; i < watch->count; i++) {
		if (watch->items[i]->is_wanted)
			watch->items[kept++] = watch->items[i];
		else
			item_free(watch->items[i]);
	}
	watch->count = kept;
}

static void begin(struct watch *watch)
{
	watch->pass++;
	watch->before_ns = watch->now_ns;
	watch->now_ns = watch_clock_ns();
	watch->wall_ns = view_now_ns();
	watch->known = watch->count;
}

static int end(struct watch *watch, int seen)
{
	if (watch->count > watch->known)
		qsort(watch->items, watch->count, sizeof(*watch->items), compare_ids);
	if (seen < 0)
		return seen;
	remove_gone(watch);
	watch->refreshes++;
	return seen;
}

int watch_refresh(struct watch *watch, struct headway_arena *arena)
{
	begin(watch);
	return end(watch, headway_each(arena, observe, watch));
}

static int observe_remote(const struct headway_snapshot *s, const char *json, size_t length,
			  void *argument)
{
	struct watch *watch = argument;

	watch->json = json;
	watch->json_length = length;
	(void)observe(s, watch);
	watch->json = NULL;
	return 0;
}

int watch_refresh_url(struct watch *watch, const char *url, const struct headway_id *ids, int count)
{
	int error = 0;

	begin(watch);
	if (!count)
		error = remote_each(url, observe_remote, watch);
	for (int i = 0; i < count && !error; i++) {
		error = remote_read(url, &ids[i], 0, observe_remote, watch);
		if (error == -ENOENT || error == -ESTALE)
			error = 0;
	}
	watch->took_ns = watch_clock_ns() - watch->now_ns;
	return end(watch, error);
}

int64_t watch_interval_ms(const struct watch *watch, int64_t wanted_ms)
{
	int64_t least_ms = 4 * watch->took_ns / 1000000;

	return wanted_ms > least_ms ? wanted_ms : least_ms;
}

void watch_free(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++)
		item_free(watch->items[i]);
	free(watch->items);
	watch->items = NULL;
	watch->count = watch->room = 0;
}

int watched_is_stalled(const struct watched *item, const struct watch *watch)
{
	int has_reported = item->done || item->total ||
			   item->updated_ns - item->started_ns > INT64_C(1000000000);

	return item->status == HEADWAY_RUNNING && has_reported &&
	       watch->now_ns - item->family_ns >= watch->stall_ns;
}
