/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/follow.h"

#include "base/arena.h"
#include "base/record.h"
#include "base/remote.h"
#include "base/say.h"
#include "base/stop.h"
#include "base/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { INTERVAL_MS = 500, GRACE_SECONDS = 2 };

struct follow {
	struct dump *dump;
	struct watch watch;
	struct headway_arena *arena; /* NULL: a server's records */
	const char *arena_name;
	int is_told;            /* that the server does not answer */
	struct headway_id *ids; /* the named records */
	int *is_over;           /* one for each id */
	int count, left;        /* ids; those that are not over yet */
	int code;
};

static int place_among(const struct follow *follow, const struct headway_id *id)
{
	for (int i = 0; i < follow->count; i++)
		if (!memcmp(&follow->ids[i], id, sizeof(*id)))
			return i;
	return -1;
}

static void end_one(struct follow *follow, int place)
{
	if (place >= 0 && !follow->is_over[place]) {
		follow->is_over[place] = 1;
		follow->left--;
	}
}

static void changed(struct watched *item, const struct headway_snapshot *snapshot,
		    enum watch_event event, void *argument)
{
	struct follow *follow = argument;
	int place = place_among(follow, &item->id);
	struct dump_item printed = {.name = NULL};

	if (event == WATCH_SAME || (follow->count && place < 0))
		return;
	if (event == WATCH_GONE) {
		end_one(follow, place);
		return;
	}
	follow->dump->now_ns = view_now_ns();
	if (dump_is_wanted(follow->dump->values, snapshot)) {
		dump_render(follow->dump, &printed, snapshot);
		if (follow->watch.json)
			dump_render_sent(follow->dump, &printed, follow->watch.json,
					 follow->watch.json_length);
		dump_print(follow->dump, &printed);
		dump_item_free(&printed);
	}
	if (snapshot->status != HEADWAY_RUNNING)
		end_one(follow, place);
}

static int is_there(const struct follow *follow, const struct headway_id *id)
{
	struct headway_snapshot *snapshot = NULL;
	int error = record_read(follow->arena, id, &snapshot);

	headway_snapshot_free(snapshot);
	return !record_result(NULL, id, error);
}

/* Collect the named ids; one that is not in the arena is an error. */
static void check_named(struct follow *follow, const struct arguments *arguments)
{
	follow->ids = say_memory(calloc((size_t)arguments->count + 1, sizeof(*follow->ids)));
	follow->is_over = say_memory(calloc((size_t)arguments->count + 1, sizeof(int)));
	follow->count = follow->left = arguments->count;
	for (int i = 0; i < arguments->count; i++) {
		follow->ids[i] = follow->arena
					 ? record_operand(follow->arena, arguments->operands[i])
					 : remote_operand(arguments->operands[i]);
		if (follow->arena && !is_there(follow, &follow->ids[i])) {
			follow->code = EXIT_FAILED;
			end_one(follow, i);
		}
	}
}

/* Those of a server that its first answer did not have. */
static void check_found(struct follow *follow)
{
	for (int i = 0; i < follow->count; i++) {
		if (!watch_find(&follow->watch, &follow->ids[i])) {
			follow->code = record_result(NULL, &follow->ids[i], -ENOENT);
			end_one(follow, i);
		}
	}
}

/* Returns a negative errno when it is not worth another try. */
static int refresh_url(struct follow *follow)
{
	const char *url = follow->dump->values->url;
	int is_first = !follow->watch.refreshes;
	int error = watch_refresh_url(&follow->watch, url, follow->ids, follow->count);

	if (!error && is_first)
		check_found(follow);
	if (error == -EAGAIN && !stop_requested() && !follow->is_told++)
		say("%s; trying again", remote_trouble());
	if (!error)
		follow->is_told = 0;
	if (error && error != -EAGAIN)
		follow->code = say_failed("%s", remote_trouble());
	return error == -EAGAIN ? 0 : error;
}

static int refresh_arena(struct follow *follow)
{
	int seen = watch_refresh(&follow->watch, follow->arena);

	if (seen < 0)
		follow->code = say_failed("%s", arena_missing(follow->arena_name, seen));
	return seen;
}

/* Print what changes until there is nothing more to follow.  Returns what say_flush() does. */
static int print_changes(struct follow *follow, int interval_ms)
{
	int shown, seen;

	follow->watch.fn = changed;
	follow->watch.argument = follow;
	for (;;) {
		seen = follow->arena ? refresh_arena(follow) : refresh_url(follow);
		shown = say_flush();
		if (shown || seen < 0 || stop_requested() || (follow->count && !follow->left))
			break;
		if (stop_wait((int)watch_interval_ms(&follow->watch, interval_ms))) {
			shown = SAY_GONE;
			break;
		}
	}
	watch_free(&follow->watch);
	return shown;
}

int dump_follow(struct dump *dump, const struct arguments *arguments)
{
	const struct option_number *interval = &dump->values->interval;
	int interval_ms = interval->given ? (int)interval->value : INTERVAL_MS, shown = 0;
	struct follow follow = {.dump = dump, .arena_name = arguments->arena};

	stop_catch(GRACE_SECONDS);
	if (!dump->values->url)
		follow.arena = arena_wait(arguments->arena, interval_ms);
	if (follow.arena || dump->values->url)
		check_named(&follow, arguments);
	dump_begin(dump);
	if (follow.arena || dump->values->url)
		shown = print_changes(&follow, interval_ms);
	if (!shown) {
		dump_end(dump);
		shown = say_flush();
	}
	if (shown > 0)
		follow.code = shown;
	if (stop_requested())
		stop_die_by(stop_requested());
	free(follow.ids);
	free(follow.is_over);
	headway_close(follow.arena);
	return follow.code;
}
