/* SPDX-License-Identifier: BSD-3-Clause */
/* headway: the list of commands, and the options before the command. */
#include "base/help.h"
#include "base/options.h"
#include "base/say.h"
#include "base/stop.h"
#include "base/term.h"
#include "cmd/cmd.h"

#include <headway.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command *const commands[] = {
	&cmd_start,   &cmd_message,    &cmd_add,  &cmd_set,  &cmd_results, &cmd_url,    &cmd_finish,
	&cmd_error,   &cmd_feed,       &cmd_run,  &cmd_pipe, &cmd_dump,    &cmd_top,    &cmd_wait,
	&cmd_init,    &cmd_info,       &cmd_reap, &cmd_fsck, &cmd_rm,      &cmd_cancel, &cmd_watch,
	&cmd_history, &cmd_completion, &cmd_help, NULL,
};

/* Options before the command. */
struct global_values {
	int version, help;
};

static const struct option_row global_rows[] = {
	ROW("version", 'V', OPTION_FLAG, offsetof(struct global_values, version), NULL,
	    "show the version"),
	ROW("help", 'h', OPTION_FLAG, offsetof(struct global_values, help), NULL, "show this text"),
	{.name = NULL},
};

static const struct command global_table = {
	.name = "",
	.synopsis = "COMMAND",
	.summary = "",
	.options = global_rows,
	.most_operands = -1,
	.options_first = 1,
};

static int dispatch(int argc, char **argv)
{
	struct global_values values = {0, 0};
	struct arguments arguments = options_parse(&global_table, argc, argv, &values);
	const struct command *command;

	if (values.version) {
		printf("headway %s\n", headway_version());
		return EXIT_OK;
	}
	if (values.help) {
		help_overview(commands);
		return EXIT_OK;
	}
	if (!arguments.count)
		return say_usage("no command");
	command = command_find(commands, arguments.operands[0]);
	if (!command)
		return command_unknown(commands, arguments.operands[0]);
	say_command(command->name);
	return command->run(arguments.count, arguments.operands);
}

/* If the caller closed a standard stream, the next opened file would get its number. Opens a file
 * there on which reading and writing fail, as on a closed stream. */
static void guard_streams(void)
{
	static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", modes[fd]) != fd)
			exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
	guard_streams();
	stop_ignore_sigpipe();
	term_start();
	return say_done(dispatch(argc, argv));
}
