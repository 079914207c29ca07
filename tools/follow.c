/* SPDX-License-Identifier: BSD-3-Clause */
/* headway dump --follow: print each record again whenever it changed. */
#include "cmd.h"
#include "dump.h"
#include "say.h"
#include "watch.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define INTERVAL_MS 500

struct follow {
	struct dump *dump;
	struct headway_id *ids; /* the named ones */
	int *is_over;           /* for each of them */
	int count, left;        /* named; not over yet */
	int code;
};

static volatile sig_atomic_t end_signal;

static void take_end(int number)
{
	end_signal = number;
}

/* So that what was begun is ended before the signal does what it always does. */
static void watch_for_end(void)
{
	const struct sigaction action = {.sa_handler = take_end};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void end_as_told(void)
{
	if (!end_signal)
		return;
	signal(end_signal, SIG_DFL);
	raise(end_signal);
}

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

/* Those that are named and not there will not come. */
static void check_named(struct follow *follow, struct headway_arena *arena,
			const struct arguments *arguments)
{
	struct headway_snapshot *snapshot = NULL;

	follow->ids = say_memory(calloc((size_t)arguments->count + 1, sizeof(*follow->ids)));
	follow->is_over = say_memory(calloc((size_t)arguments->count + 1, sizeof(int)));
	follow->count = follow->left = arguments->count;
	for (int i = 0; i < arguments->count; i++) {
		follow->ids[i] = options_id(arguments->operands[i]);
		if (record_result(NULL, &follow->ids[i],
				  record_read(arena, &follow->ids[i], &snapshot))) {
			follow->code = EXIT_FAILED;
			end_one(follow, i);
		}
	}
	headway_snapshot_free(snapshot);
}

int dump_follow(struct dump *dump, struct headway_arena *arena, const struct arguments *arguments)
{
	const struct option_number *interval = &dump->values->interval;
	struct follow follow = {.dump = dump};
	struct watch watch = {.fn = changed, .argument = &follow};
	int shown;

	check_named(&follow, arena, arguments);
	watch_for_end();
	dump_begin(dump);
	for (;;) {
		int seen = watch_look(&watch, arena);

		if (seen < 0)
			follow.code = say_failed("%s", arena_missing(arguments->arena, seen));
		shown = say_shown();
		if (shown > 0)
			follow.code = shown;
		if (shown || seen < 0 || end_signal || (follow.count && !follow.left))
			break;
		if (say_pause(interval->given ? (int)interval->value : INTERVAL_MS)) {
			shown = SAY_GONE;
			break;
		}
	}
	if (!shown)
		dump_end(dump);
	fflush(stdout);
	end_as_told();
	watch_free(&watch);
	free(follow.ids);
	free(follow.is_over);
	return follow.code;
}
