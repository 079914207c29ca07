/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/live.h"

#include "base/arena.h"
#include "base/record.h"
#include "base/remote.h"

#include <errno.h>
#include <string.h>

static int refresh_arena(struct live *live)
{
	int error = live->arena ? 0 : arena_open_existing(live->arena_name, &live->arena);

	return error ? error : watch_refresh(&live->watch, live->arena);
}

int live_refresh(struct live *live)
{
	int seen = live->url ? watch_refresh_url(&live->watch, live->url, NULL, 0)
			     : refresh_arena(live);

	live->trouble = seen < 0 ? seen : 0;
	tree_build(&live->tree, &live->watch);
	return live->trouble;
}

const char *live_label(const struct live *live)
{
	return live->url ? live->url : arena_label(live->arena_name);
}

const char *live_trouble(const struct live *live)
{
	return live->url ? remote_trouble() : arena_missing(live->arena_name, live->trouble);
}

int live_may_pass(const struct live *live)
{
	return live->url ? live->trouble == -EAGAIN : arena_may_come(live->trouble);
}

struct read {
	void (*fn)(const struct headway_snapshot *, void *);
	void *argument;
};

static int take(const struct headway_snapshot *s, const char *json, size_t length, void *argument)
{
	struct read *read = argument;

	(void)json;
	(void)length;
	read->fn(s, read->argument);
	return 0;
}

int live_read(const struct live *live, const struct headway_id *id,
	      void (*fn)(const struct headway_snapshot *, void *), void *argument)
{
	struct read read = {fn, argument};
	struct headway_snapshot *snapshot = NULL;
	int error;

	if (live->url)
		return remote_read(live->url, id, 0, take, &read);
	error = live->arena ? record_read(live->arena, id, &snapshot) : -ENOENT;
	if (!error)
		fn(snapshot, argument);
	headway_snapshot_free(snapshot);
	return error;
}

static void find_chosen(struct live *live)
{
	for (size_t i = 0; live->has_chosen && i < live->tree.count; i++) {
		if (!memcmp(&live->tree.rows[i]->id, &live->chosen, sizeof(live->chosen))) {
			live->cursor = i;
			return;
		}
	}
}

/* After the filter was edited the cursor is on what it finds, not on an ancestor of that. */
static void find_match(struct live *live)
{
	const struct tree *tree = &live->tree;
	const struct watched *chosen = live_chosen(live);
	int is_search = live->is_search;

	live->is_search = 0;
	if (!is_search || (chosen && tree_finds(tree, chosen)))
		return;
	for (size_t i = 0; i < tree->count; i++) {
		if (tree_finds(tree, tree->rows[i])) {
			live->cursor = i;
			return;
		}
	}
}

void live_settle(struct live *live)
{
	size_t count = live->tree.count, lines = live->lines;

	find_chosen(live);
	if (live->cursor >= count)
		live->cursor = count ? count - 1 : 0;
	find_match(live);
	live->has_chosen = count > 0;
	if (count)
		live->chosen = live->tree.rows[live->cursor]->id;
	if (live->cursor < live->top)
		live->top = live->cursor;
	if (live->cursor >= live->top + lines)
		live->top = live->cursor - lines + 1;
	if (live->top && live->top + lines > count)
		live->top = count > lines ? count - lines : 0;
}

struct watched *live_chosen(const struct live *live)
{
	return live->cursor < live->tree.count ? live->tree.rows[live->cursor] : NULL;
}

void live_move_to(struct live *live, size_t row)
{
	size_t count = live->tree.count;

	live->cursor = row < count ? row : count ? count - 1 : 0;
	if (count)
		live->chosen = live->tree.rows[live->cursor]->id;
}

static size_t moved(size_t from, long by)
{
	if (by < 0)
		return from > (size_t)-by ? from - (size_t)-by : 0;
	return from + (size_t)by;
}

void live_move_by(struct live *live, long rows)
{
	live_move_to(live, moved(live->cursor, rows));
}

void live_scroll_by(struct live *live, long lines)
{
	size_t most = live->text_end > live->lines ? live->text_end - live->lines : 0;

	live->scroll = moved(live->scroll, lines);
	if (live->scroll > most)
		live->scroll = most;
}

static int is_error(const struct watched *item)
{
	return item->status == HEADWAY_ERROR;
}

/* Unfold the parents of errors, so that each has a row. */
static void unfold_errors(struct live *live)
{
	for (size_t i = 0; i < live->tree.count; i++)
		if (live->tree.rows[i]->failed_below)
			live->tree.rows[i]->is_folded = 0;
}

void live_next_error(struct live *live, int step)
{
	size_t count, row = live->cursor, folded;

	do { /* an unfolded parent may have folded children */
		folded = live->tree.count;
		unfold_errors(live);
		tree_build(&live->tree, &live->watch);
	} while (live->tree.count != folded);
	find_chosen(live);
	row = live->cursor;
	count = live->tree.count;
	for (size_t i = 0; i < count; i++) {
		row = step > 0 ? (row + 1) % count : (row + count - 1) % count;
		if (is_error(live->tree.rows[row])) {
			live_move_to(live, row);
			return;
		}
	}
}

void live_sort_by(struct live *live, enum order_key key)
{
	struct order *order = &live->tree.order;
	int is_number = key == ORDER_PROGRESS || key == ORDER_DONE || key == ORDER_RATE ||
			key == ORDER_ELAPSED || key == ORDER_STATUS;

	live->tree.running_first = 0;
	order->reverse = order->key == key ? !order->reverse : is_number;
	order->key = key;
}
