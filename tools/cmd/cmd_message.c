/* SPDX-License-Identifier: BSD-3-Clause */
/* headway message: set messages of a record. */
#include "cmd/cmd.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"

#include <stdlib.h>
#include <string.h>

static int message_run(int argc, char **argv);

const struct command cmd_message = {
	.name = "message",
	.synopsis = "ID KEY VALUE | ID KEY=VALUE...",
	.summary = "set messages of a record",
	.notes = "With two operands after ID, and no '=' in the first of them, they are a key and "
		 "its value. Otherwise each operand is KEY=VALUE, split at its first '=', and all "
		 "are set in one step.\n"
		 "Options come before ID; a key that begins with '-' comes after '--'.",
	.least_operands = 2,
	.most_operands = -1,
	.options_first = 1,
	.run = message_run,
};

/* Parse the operands into messages; *count is their number. */
static struct headway_message *parse_messages(char **operands, size_t given, size_t *count)
{
	struct headway_message *messages = say_memory(calloc(given + 1, sizeof(*messages)));

	if (given == 2 && !strchr(operands[0], '=')) {
		if (!*operands[0])
			exit(say_usage("the key is empty"));
		messages[0].key = say_memory(strdup(operands[0]));
		messages[0].value = operands[1];
		*count = 1;
		return messages;
	}
	for (size_t i = 0; i < given; i++)
		messages[i] = message_parse(operands[i]);
	*count = given;
	return messages;
}

static int message_run(int argc, char **argv)
{
	struct arguments arguments = options_parse(&cmd_message, argc, argv, NULL);
	char **operands = arguments.operands + 1;
	struct headway_message *messages;
	struct writer w;
	size_t count;
	int code;

	if (!strcmp(*operands, "--")) {
		operands++;
		arguments.dashes = 1;
	}
	if (!*operands)
		return say_usage("missing operand: usage is 'headway message %s'",
				 cmd_message.synopsis);
	if (**operands == '-' && !arguments.dashes)
		return say_usage("'%s': options come before ID, and such a key after '--'",
				 *operands);
	messages = parse_messages(operands, (size_t)(argv + argc - operands), &count);
	w = writer_open(arguments.arena, arguments.operands[0]);
	code = record_result(w.record, &w.id, headway_update(w.record, messages, count));
	writer_close(&w);
	messages_free(messages, count);
	return code;
}
