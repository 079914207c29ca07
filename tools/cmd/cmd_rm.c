/* SPDX-License-Identifier: BSD-3-Clause */
/* headway rm: end and free abandoned records, or remove an arena. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct rm_values {
	int any_owner, force;
};

static const struct option_row rows[] = {
	ROW("any-owner", 0, OPTION_FLAG, offsetof(struct rm_values, any_owner), NULL,
	    "remove records also when the arena belongs to another user, who can end this process "
	    "by truncating it"),
	ROW("force", 0, OPTION_FLAG, offsetof(struct rm_values, force), NULL,
	    "remove the arena although processes write to it; they continue in the removed file"),
	{.name = NULL},
};

static int rm_run(int argc, char **argv);

const struct command cmd_rm = {
	.name = "rm",
	.synopsis = "ID... | ARENA",
	.summary = "end and free abandoned records, or remove the arena",
	.notes = "With ids, each of these records that is Running becomes Error (removed), and all "
		 "are freed. A record whose owner is alive, or that a process has open, is not "
		 "changed.\n"
		 "The arena is removed only when the command names it, as an operand with a '/', "
		 "like /headway, or with --arena; and only with --force while it has Running "
		 "records or processes write to it. These processes continue in the removed file.",
	.options = rows,
	.most_operands = -1,
	.run = rm_run,
};

static int rm_records(const struct arguments *arguments, int any_owner)
{
	struct headway_arena *arena;
	struct headway_id *ids;
	int code = EXIT_OK;

	ids = say_memory(calloc((size_t)arguments->count, sizeof(*ids)));
	arena = arena_open(arguments->arena,
			   HEADWAY_EXISTING | (any_owner ? HEADWAY_ANY_OWNER : 0u));
	for (int i = 0; i < arguments->count; i++)
		ids[i] = record_operand(arena, arguments->operands[i]);
	for (int i = 0; i < arguments->count; i++)
		if (record_result(NULL, &ids[i], headway_remove(arena, &ids[i])))
			code = EXIT_FAILED;
	free(ids);
	headway_close(arena);
	return code;
}

/* Check that the arena is not in use; one from before the last boot has no users. */
static int check_unused(const char *name)
{
	struct headway_options options = {.size = sizeof(options), .flags = HEADWAY_READ_ONLY};
	struct headway_info info = {.size = sizeof(info)};
	struct headway_arena *arena = NULL;
	int error = headway_open(name, &options, &arena);

	if (error == -ESTALE)
		return EXIT_OK;
	if (!error)
		error = headway_info(arena, &info);
	headway_close(arena);
	if (error == -EBADMSG || error == -ENOTSUP)
		return say_failed("arena %s: %s: --force removes it all the same",
				  arena_label(name), headway_strerror(error));
	if (error)
		return say_failed("%s", arena_missing(name, error));
	if (info.members_alive > 0)
		return say_failed("arena %s is used by %" PRIu32 " writing process%s: --force "
				  "removes it all the same",
				  arena_label(name), info.members_alive,
				  info.members_alive == 1 ? "" : "es");
	if (info.slots_running > 0)
		return say_failed(
			"arena %s has %" PRIu32 " Running record%s: --force removes it all "
			"the same",
			arena_label(name), info.slots_running, info.slots_running == 1 ? "" : "s");
	return EXIT_OK;
}

static int rm_arena(const char *name, int force)
{
	int error;

	if (!force && check_unused(name))
		return EXIT_FAILED;
	error = headway_unlink(name);
	if (error == -ENOENT)
		return say_failed("no arena %s", arena_label(name));
	if (error == -EPERM) /* a sticky folder, like /dev/shm */
		error = -EACCES;
	return error ? say_failed("%s", arena_trouble(name, error)) : EXIT_OK;
}

static int rm_run(int argc, char **argv)
{
	struct rm_values values = {.force = 0};
	struct arguments arguments = options_parse(&cmd_rm, argc, argv, &values);
	const char *name = arguments.arena;

	if (arguments.count && strchr(arguments.operands[0], '/')) {
		if (name)
			return say_usage("'%s': the arena was named with --arena: leave out one of "
					 "the two",
					 arguments.operands[0]);
		if (arguments.count > 1)
			return say_usage("'%s' is one operand too many", arguments.operands[1]);
		return rm_arena(arguments.operands[0], values.force);
	}
	if (arguments.count && values.force)
		return say_usage("--force is for arenas, not for records");
	if (arguments.count)
		return rm_records(&arguments, values.any_owner);
	if (!name)
		return say_usage("no operand: 'headway rm %s' removes the arena",
				 arena_label(NULL));
	return rm_arena(name, values.force);
}
