/* SPDX-License-Identifier: BSD-3-Clause */
/* headway init: make an arena. */
#include "cmd/cmd.h"
#include "base/arena.h"
#include "base/options.h"
#include "base/say.h"
#include "base/term.h"
#include "base/units.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct init_values {
	struct option_number slots, bytes, members, mode, ttl, error_ttl;
	const char *group, *base_path;
	int exclusive;
};

#define AT(field) offsetof(struct init_values, field)

static const struct option_row rows[] = {
	ROW_RANGE("slots", 0, OPTION_COUNT, AT(slots), "N", 4, 4194304,
		  "most records at one time (default: 4096)"),
	ROW_RANGE("bytes", 'b', OPTION_BYTES, AT(bytes), "SIZE", 1, 0,
		  "size of the whole arena, like 64M or 1GiB (default: 32M, or more if "
		  "the slots need it)"),
	ROW_RANGE("members", 0, OPTION_COUNT, AT(members), "N", 1, 256,
		  "most writing processes at one time (default: 256)"),
	ROW_RANGE("mode", 0, OPTION_OCTAL, AT(mode), "MODE", 1, 0777,
		  "permission bits in octal; the umask is not applied (default: 600)"),
	ROW("group", 'g', OPTION_TEXT, AT(group), "GROUP", "group of the arena, by name or number"),
	ROW("base-path", 0, OPTION_TEXT, AT(base_path), "PATH",
	    "start of every record's url (default: /_/status/)"),
	ROW_RANGE("ttl", 0, OPTION_SECONDS, AT(ttl), "TIME", 1, UINT32_MAX,
		  "how long a Finished record stays (default: 5m)"),
	ROW_RANGE("error-ttl", 0, OPTION_SECONDS, AT(error_ttl), "TIME", 1, UINT32_MAX,
		  "how long a record in Error stays (default: 1h)"),
	ROW("exclusive", 'x', OPTION_FLAG, AT(exclusive), NULL, "fail when the arena exists"),
	{.name = NULL},
};

static int init_run(int argc, char **argv);

const struct command cmd_init = {
	.name = "init",
	.synopsis = "",
	.summary = "make an arena",
	.notes = "An existing arena is not changed. 'headway start' makes an arena with the "
		 "defaults when there is none.",
	.options = rows,
	.run = init_run,
};

static int base_path_is_good(const char *path)
{
	size_t length = strlen(path);

	return length > 0 && length <= 255 && path[0] == '/' && path[length - 1] == '/';
}

/* The least --bytes for these slots and members, in pages.  The library checks the geometry first:
 * opening an arena in a folder that cannot exist returns -EINVAL when bytes are too few, another
 * error otherwise, and makes nothing. */
static uint64_t bytes_that_suffice(const struct headway_options *wanted)
{
	struct headway_options options = *wanted;
	struct headway_arena *arena;
	uint64_t too_few = 0, enough = UINT64_C(1) << 40;

	while (enough - too_few > 4096) {
		options.bytes = too_few + (enough - too_few) / 2;
		if (headway_open("/proc/self/none/arena", &options, &arena) == -EINVAL)
			too_few = options.bytes;
		else
			enough = options.bytes;
	}
	return (enough + 4095) / 4096 * 4096;
}

static int init_failed(const char *name, const struct init_values *values,
		       const struct headway_options *options, int error)
{
	if (error == -EEXIST)
		return say_failed("arena %s exists already", arena_label(name));
	if (error == -EINVAL && values->bytes.given)
		return say_failed("%" PRIu64 " bytes are too few for the slots and members asked "
				  "for: %" PRIu64 " bytes suffice; or give fewer --slots or "
				  "--members",
				  values->bytes.value, bytes_that_suffice(options));
	if (error == -ENOSPC)
		return say_failed("%s",
				  arena_no_room(name, values->bytes.given ? values->bytes.value
						      : values->slots.given || values->members.given
							      ? 0
							      : ARENA_DEFAULT_BYTES));
	if (error == -ENOENT && values->group && !getgrnam(values->group))
		return say_failed("--group: there is no group %s", values->group);
	return say_failed("%s", arena_trouble(name, error));
}

/* Print the geometry of the arena. */
static int init_report(const char *name, struct headway_arena *arena, int made)
{
	struct headway_info info = {.size = sizeof(info)};
	char size[UNITS_TEXT];
	int error = headway_info(arena, &info);

	if (error)
		return say_failed("%s", arena_trouble(name, error));
	printf("%s arena ", made ? "made" : "there is already an");
	term_clean(stdout, arena_label(name));
	printf(": %" PRIu32 " slots, %" PRIu32 " blocks of %" PRIu32 " bytes, %" PRIu32
	       " extents of %" PRIu32 " bytes, %" PRIu32 " members, %s\n",
	       info.slots, info.blocks, info.block_bytes, info.extents, info.extent_bytes,
	       info.members, unit_format_bytes(info.bytes, size));
	return EXIT_OK;
}

static int init_run(int argc, char **argv)
{
	struct init_values values = {.exclusive = 0};
	struct arguments arguments = options_parse(&cmd_init, argc, argv, &values);
	struct headway_options options = {
		.size = sizeof(options),
		.flags = HEADWAY_CREATE | HEADWAY_EXCLUSIVE,
		.slots = (uint32_t)values.slots.value,
		.bytes = values.bytes.value,
		.members = (uint32_t)values.members.value,
		.mode = (uint32_t)values.mode.value,
		.group = values.group,
		.base_path = values.base_path,
		.ttl_seconds = (uint32_t)values.ttl.value,
		.error_ttl_seconds = (uint32_t)values.error_ttl.value,
	};
	struct headway_arena *arena = NULL;
	int error, made, code;

	if (values.base_path && !base_path_is_good(values.base_path))
		return say_usage("--base-path: '%s' must begin and end in '/' and have at most 255 "
				 "bytes",
				 values.base_path);
	error = headway_open(arguments.arena, &options, &arena);
	made = !error;
	if (error == -EEXIST && !values.exclusive) {
		options.flags = HEADWAY_CREATE;
		error = headway_open(arguments.arena, &options, &arena);
	}
	if (error)
		return init_failed(arguments.arena, &values, &options, error);
	code = init_report(arguments.arena, arena, made);
	headway_close(arena);
	return code;
}
