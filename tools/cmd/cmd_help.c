/* SPDX-License-Identifier: BSD-3-Clause */
/* headway help: show what a command does. */
#include "cmd/cmd.h"
#include "base/help.h"
#include "base/options.h"
#include "base/say.h"

static int help_run(int argc, char **argv);

const struct command cmd_help = {
	.name = "help",
	.synopsis = "[COMMAND]",
	.summary = "show what a command does",
	.most_operands = 1,
	.run = help_run,
};

static int help_run(int argc, char **argv)
{
	struct arguments arguments = options_parse(&cmd_help, argc, argv, NULL);
	const struct command *command;

	if (!arguments.count) {
		help_overview(commands);
		return EXIT_OK;
	}
	command = command_find(commands, arguments.operands[0]);
	if (!command)
		return command_unknown(commands, arguments.operands[0]);
	help_command(command);
	return EXIT_OK;
}
