/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/follow.h"

#include "base/arena.h"
#include "base/record.h"
#include "base/say.h"
#include "base/stop.h"
#include "base/watch.h"

#include <stdlib.h>
#include <string.h>

enum { INTERVAL_MS = 500, GRACE_SECONDS = 2 };

struct follow {
	struct dump *dump;
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
		dump_print(follow->dump, &printed);
		dump_item_free(&printed);
	}
	if (snapshot->status != HEADWAY_RUNNING)
		end_one(follow, place);
}

/* Collect the named ids; one that is not in the arena is an error. */
static void check_named(struct follow *follow, struct headway_arena *arena,
			const struct arguments *arguments)
{
	struct headway_snapshot *snapshot = NULL;

	follow->ids = say_memory(calloc((size_t)arguments->count + 1, sizeof(*follow->ids)));
	follow->is_over = say_memory(calloc((size_t)arguments->count + 1, sizeof(int)));
	follow->count = follow->left = arguments->count;
	for (int i = 0; i < arguments->count; i++) {
		follow->ids[i] = record_operand(arena, arguments->operands[i]);
		if (record_result(NULL, &follow->ids[i],
				  record_read(arena, &follow->ids[i], &snapshot))) {
			follow->code = EXIT_FAILED;
			end_one(follow, i);
		}
	}
	headway_snapshot_free(snapshot);
}

/* Print what changes until there is nothing more to follow.  Returns what say_flush() does. */
static int print_changes(struct follow *follow, struct headway_arena *arena, const char *name,
			 int interval_ms)
{
	struct watch watch = {.fn = changed, .argument = follow};
	int shown, seen;

	for (;;) {
		seen = watch_refresh(&watch, arena);
		if (seen < 0)
			follow->code = say_failed("%s", arena_missing(name, seen));
		shown = say_flush();
		if (shown || seen < 0 || stop_requested() || (follow->count && !follow->left))
			break;
		if (stop_wait(interval_ms)) {
			shown = SAY_GONE;
			break;
		}
	}
	watch_free(&watch);
	return shown;
}

int dump_follow(struct dump *dump, const struct arguments *arguments)
{
	const struct option_number *interval = &dump->values->interval;
	int interval_ms = interval->given ? (int)interval->value : INTERVAL_MS, shown = 0;
	struct follow follow = {.dump = dump};
	struct headway_arena *arena;

	stop_catch(GRACE_SECONDS);
	arena = arena_wait(arguments->arena, interval_ms);
	if (arena)
		check_named(&follow, arena, arguments);
	dump_begin(dump);
	if (arena)
		shown = print_changes(&follow, arena, arguments->arena, interval_ms);
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
	headway_close(arena);
	return follow.code;
}
