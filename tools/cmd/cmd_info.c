/* SPDX-License-Identifier: BSD-3-Clause */
/* headway info: geometry and use of an arena. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/options.h"
#include "base/say.h"
#include "base/term.h"
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>

#define NEARLY_FULL_PERCENT 90

struct info_values {
	int json;
};

static const struct option_row rows[] = {
	ROW("json", 'j', OPTION_FLAG, offsetof(struct info_values, json), NULL,
	    "print one JSON object"),
	{.name = NULL},
};

static int info_run(int argc, char **argv);

const struct command cmd_info = {
	.name = "info",
	.synopsis = "",
	.summary = "show the geometry and use of the arena",
	.notes = "Warns on standard error when at least 90 % of the slots, blocks or extents are "
		 "in use.",
	.options = rows,
	.run = info_run,
};

static void print_line(const char *label, const char *text)
{
	printf("%-10s ", label);
	term_clean(stdout, text);
	fputc('\n', stdout);
}

static void print_people(const struct headway_info *info)
{
	char bytes[UNITS_TEXT], made[UNITS_TEXT], ttl[UNITS_TEXT], error_ttl[UNITS_TEXT];
	char id[HEADWAY_ID_TEXT] = "";

	(void)headway_format_id(&info->uuid, id);
	print_line("file", info->path);
	printf("uuid       %s\n", id);
	printf("made       %s, layout version %" PRIu32 "\n",
	       unit_format_time(info->created_ns, made), info->layout_version);
	printf("size       %s (%" PRIu64 " bytes)\n", unit_format_bytes(info->bytes, bytes),
	       info->bytes);
	printf("slots      %" PRIu32 " of %" PRIu32 " in use, %" PRIu32 " running\n",
	       info->slots_used, info->slots, info->slots_running);
	printf("blocks     %" PRIu32 " of %" PRIu32 " in use, %" PRIu32 " bytes each\n",
	       info->blocks - info->blocks_free, info->blocks, info->block_bytes);
	printf("extents    %" PRIu32 " of %" PRIu32 " in use, %" PRIu32 " bytes each\n",
	       info->extents - info->extents_free, info->extents, info->extent_bytes);
	printf("members    %" PRIu32 " of %" PRIu32 " alive, %" PRIu32 " dead and not yet swept\n",
	       info->members_alive, info->members, info->members_dead);
	printf("striped    room for %" PRIu32 " records\n", info->striped_slots);
	printf("ttl        %s, %s in Error\n",
	       unit_format_duration(info->ttl_seconds * INT64_C(1000000000), ttl),
	       unit_format_duration(info->error_ttl_seconds * INT64_C(1000000000), error_ttl));
	printf("records    %" PRIu64 " started, %" PRIu64 " finished, %" PRIu64
	       " in error, %" PRIu64 " of those lost\n",
	       info->started, info->finished, info->errors, info->lost);
	printf("freed      %" PRIu64 " expired, %" PRIu64 " evicted; %" PRIu64
	       " times there was no room\n",
	       info->expired, info->evicted, info->no_room);
	print_line("base path", info->base_path);
}

static void print_json(const struct headway_info *info)
{
	char id[HEADWAY_ID_TEXT] = "";
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"layout_version", info->layout_version},
		{"created_ns", (uint64_t)info->created_ns},
		{"bytes", info->bytes},
		{"slots", info->slots},
		{"slots_used", info->slots_used},
		{"slots_running", info->slots_running},
		{"blocks", info->blocks},
		{"blocks_free", info->blocks_free},
		{"block_bytes", info->block_bytes},
		{"extents", info->extents},
		{"extents_free", info->extents_free},
		{"extent_bytes", info->extent_bytes},
		{"members", info->members},
		{"members_alive", info->members_alive},
		{"members_dead", info->members_dead},
		{"striped_slots", info->striped_slots},
		{"ttl_seconds", info->ttl_seconds},
		{"error_ttl_seconds", info->error_ttl_seconds},
		{"started", info->started},
		{"finished", info->finished},
		{"errors", info->errors},
		{"lost", info->lost},
		{"expired", info->expired},
		{"evicted", info->evicted},
		{"no_room", info->no_room},
	};

	(void)headway_format_id(&info->uuid, id);
	printf("{\"path\":");
	json_string(stdout, info->path);
	printf(",\"base_path\":");
	json_string(stdout, info->base_path);
	printf(",\"uuid\":\"%s\"", id);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		printf(",\"%s\":%" PRIu64, numbers[i].name, numbers[i].value);
	printf("}\n");
}

static void warn_when_full(const char *what, uint64_t used, uint64_t all)
{
	if (all > 0 && used * 100 >= all * NEARLY_FULL_PERCENT)
		say("warning: nearly full: %" PRIu64 " of %" PRIu64 " %s are in use", used, all,
		    what);
}

static int info_run(int argc, char **argv)
{
	struct info_values values = {.json = 0};
	struct arguments arguments = options_parse(&cmd_info, argc, argv, &values);
	struct headway_arena *arena = arena_open(arguments.arena, HEADWAY_READ_ONLY);
	struct headway_info info = {.size = sizeof(info)};
	int error = headway_info(arena, &info);

	headway_close(arena);
	if (error)
		return say_failed("%s", arena_trouble(arguments.arena, error));
	if (values.json)
		print_json(&info);
	else
		print_people(&info);
	warn_when_full("slots", info.slots_used, info.slots);
	warn_when_full("blocks", info.blocks - info.blocks_free, info.blocks);
	warn_when_full("extents", info.extents - info.extents_free, info.extents);
	return EXIT_OK;
}
