/* SPDX-License-Identifier: BSD-3-Clause */
/* headway rm: remove an arena, or records that were abandoned. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

#include <errno.h>
#include <inttypes.h>

struct rm_values {
	int force;
};

static const struct option_row rows[] = {
	ROW("force", 'f', OPTION_FLAG, offsetof(struct rm_values, force), NULL,
	    "remove the arena although processes write to it; they continue in the removed file"),
	{.name = NULL},
};

static int rm_run(int argc, char **argv);

const struct command cmd_rm = {
	.name = "rm",
	.synopsis = "[ID...]",
	.summary = "remove the arena, or end and free abandoned records",
	.notes = "With ids, each of these records that is Running becomes Error (removed), and all "
		 "are freed. A record whose owner is alive, or that a process has open, is not "
		 "changed.",
	.options = rows,
	.most_operands = -1,
	.run = rm_run,
};

static int rm_records(const struct arguments *arguments)
{
	struct headway_arena *arena;
	int code = EXIT_OK;

	for (int i = 0; i < arguments->count; i++)
		(void)options_id(arguments->operands[i]);
	arena = arena_open(arguments->arena, HEADWAY_EXISTING);
	for (int i = 0; i < arguments->count; i++) {
		struct headway_id id = options_id(arguments->operands[i]);

		if (record_result(NULL, &id, headway_remove(arena, &id)))
			code = EXIT_FAILED;
	}
	headway_close(arena);
	return code;
}

/* Check that no process writes to the arena; one from before the last boot has no users. */
static int check_unused(const char *name)
{
	struct headway_options options = {.size = sizeof(options), .flags = HEADWAY_READ_ONLY};
	struct headway_info info = {.size = sizeof(info)};
	struct headway_arena *arena = NULL;
	int error = headway_open(name, &options, &arena);

	if (error == -ESTALE)
		return EXIT_OK;
	if (error == -ENOENT || error == -EPROTO)
		return say_failed("%s", arena_missing(name, error));
	if (!error)
		error = headway_info(arena, &info);
	headway_close(arena);
	if (error)
		return say_failed("arena %s: %s: --force removes it all the same",
				  arena_label(name), headway_strerror(error));
	if (info.members_alive > 0)
		return say_failed("arena %s is used by %" PRIu32 " writing process%s: --force "
				  "removes it all the same",
				  arena_label(name), info.members_alive,
				  info.members_alive == 1 ? "" : "es");
	return EXIT_OK;
}

static int rm_run(int argc, char **argv)
{
	struct rm_values values = {.force = 0};
	struct arguments arguments = options_parse(&cmd_rm, argc, argv, &values);
	int error;

	if (arguments.count)
		return rm_records(&arguments);
	if (!values.force && check_unused(arguments.arena))
		return EXIT_FAILED;
	error = headway_unlink(arguments.arena);
	if (error == -ENOENT)
		return say_failed("no arena %s", arena_label(arguments.arena));
	if (error)
		return say_failed("arena %s: %s", arena_label(arguments.arena),
				  headway_strerror(error));
	return EXIT_OK;
}
