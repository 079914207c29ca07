/* SPDX-License-Identifier: BSD-3-Clause */
/* headway completion: scripts for shells, written from the option tables. */
#include "cmd/cmd.h"
#include "base/options.h"
#include "base/say.h"

#include <stdio.h>
#include <string.h>

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };

static const char shells[] = "bash zsh fish";

static int completion_run(int argc, char **argv);

const struct command cmd_completion = {
	.name = "completion",
	.synopsis = "bash|zsh|fish",
	.summary = "print the completions for a shell",
	.notes =
		"For bash: source <(headway completion bash). For zsh: write it to a file _headway "
		"in a folder of $fpath. For fish: headway completion fish | source.",
	.least_operands = 1,
	.most_operands = 1,
	.run = completion_run,
};

/* Is the first operand of the command a record id? */
static int takes_ids(const struct command *command)
{
	return !strncmp(command->synopsis, "ID", 2) || !strncmp(command->synopsis, "[ID", 3);
}

/* Call fn for every row of a command, the common ones last. */
static void each_row(const struct command *command,
		     void (*fn)(const struct command *, const struct option_row *))
{
	for (const struct option_row *row = command->options; row && row->name; row++)
		fn(command, row);
	for (const struct option_row *row = options_common; row->name; row++)
		fn(command, row);
}

/* ---- bash ----------------------------------------------------------------------------- */

static void bash_word(const struct command *command, const struct option_row *row)
{
	(void)command;
	printf(" --%s", row->name);
}

static void bash_value(const struct command *command, const struct option_row *row)
{
	(void)command;
	if (!row->argument)
		return;
	printf("\t\t");
	if (row->letter)
		printf("-%c | ", row->letter);
	printf("--%s) words='%s' ;;\n", row->name, row->choices ? row->choices : "");
}

static void bash_command(const struct command *command)
{
	printf("\t%s)\n"
	       "\t\twords='",
	       command->name);
	each_row(command, bash_word);
	printf("'\n");
	if (takes_ids(command))
		printf("\t\t[[ $now == -* ]] || words=$(headway ${arena:+--arena \"$arena\"} dump "
		       "--format table --fields id 2>/dev/null | tail -n +2)\n");
	if (!strcmp(command->name, "run"))
		printf("\t\t[[ $now == -* ]] || words=$(compgen -c -- \"$now\")\n");
	printf("\t\tcase $before in\n");
	each_row(command, bash_value);
	printf("\t\tesac\n\t\t;;\n");
}

static void bash_script(void)
{
	printf("# bash completion for headway\n"
	       "_headway() {\n"
	       "\tlocal now=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	       "\tlocal command= arena= words= i\n"
	       "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	       "\t\tcase ${COMP_WORDS[i]} in\n"
	       "\t\t-a | --arena) arena=${COMP_WORDS[++i]} ;;\n"
	       "\t\t-*) ;;\n"
	       "\t\t*) command=${command:-${COMP_WORDS[i]}} ;;\n"
	       "\t\tesac\n"
	       "\tdone\n"
	       "\tcase $command in\n"
	       "\t'') words='--arena --help --version");
	for (int i = 0; commands[i]; i++)
		printf(" %s", commands[i]->name);
	printf("' ;;\n"
	       "\thelp) words='");
	for (int i = 0; commands[i]; i++)
		printf("%s ", commands[i]->name);
	printf("' ;;\n"
	       "\tcompletion) words='%s' ;;\n",
	       shells);
	for (int i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, "help") && commands[i] != &cmd_completion)
			bash_command(commands[i]);
	printf("\tesac\n"
	       "\tcase $before in\n"
	       "\t-a | --arena) words=$(cd /dev/shm && printf '/%%s\\n' headway* |\n"
	       "\t\tgrep -x '[-A-Za-z0-9./_]*') ;;\n"
	       "\tesac\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$now\")\n"
	       "}\n"
	       "complete -F _headway headway\n");
}

/* ---- zsh ------------------------------------------------------------------------------ */

/* Print text inside single quotes, with brackets and colons escaped for _arguments. */
static void zsh_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			printf("'\\''");
		else if (strchr("[]:\\", *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void zsh_row(const struct command *command, const struct option_row *row)
{
	const char *star = row->kind == OPTION_LIST ? "*" : "";

	(void)command;
	printf(" \\\n\t\t\t\t");
	if (row->letter && !*star)
		printf("'(-%c --%s)'{-%c,--%s}'[", row->letter, row->name, row->letter, row->name);
	else if (row->letter)
		printf("'*'{-%c,--%s}'[", row->letter, row->name);
	else
		printf("'%s--%s[", star, row->name);
	zsh_text(row->help);
	printf("]");
	if (row->argument) {
		printf(":");
		zsh_text(row->argument);
		printf(row->kind == OPTION_ARENA ? ":_headway_arenas" : ":");
		if (row->choices)
			printf("(%s)", row->choices);
	}
	printf("'");
}

static void zsh_command(const struct command *command)
{
	printf("\t\t%s)\n\t\t\t_arguments -s", command->name);
	each_row(command, zsh_row);
	if (takes_ids(command))
		printf(" \\\n\t\t\t\t'*:id:_headway_ids'");
	else if (command == &cmd_run)
		printf(" \\\n\t\t\t\t'*::command:_normal'");
	else if (command == &cmd_completion)
		printf(" \\\n\t\t\t\t'1:shell:(%s)'", shells);
	printf("\n\t\t\t;;\n");
}

static void zsh_script(void)
{
	printf("#compdef headway\n"
	       "_headway_arenas() { compadd -- /dev/shm/headway*(N:t:s/^/\\\\//) }\n"
	       "_headway_ids() {\n"
	       "\tcompadd -- ${(f)\"$(headway dump --format table --fields id 2>/dev/null | "
	       "tail -n +2)\"}\n"
	       "}\n"
	       "_headway() {\n"
	       "\tlocal context state state_descr line\n"
	       "\tlocal -A opt_args\n"
	       "\tlocal -a commands=(\n");
	for (int i = 0; commands[i]; i++) {
		printf("\t\t'%s:", commands[i]->name);
		zsh_text(commands[i]->summary);
		printf("'\n");
	}
	printf("\t)\n"
	       "\t_arguments -C '(-a --arena)'{-a,--arena}'[the arena]:NAME:_headway_arenas' \\\n"
	       "\t\t'1:command:->command' '*::argument:->argument'\n"
	       "\tcase $state in\n"
	       "\tcommand) _describe command commands ;;\n"
	       "\targument)\n"
	       "\t\tcase $line[1] in\n");
	for (int i = 0; commands[i]; i++)
		zsh_command(commands[i]);
	printf("\t\tesac\n\t\t;;\n\tesac\n}\n_headway \"$@\"\n");
}

/* ---- fish ----------------------------------------------------------------------------- */

static void fish_text(const char *text)
{
	putchar('\'');
	for (; *text; text++)
		printf(strchr("'\\", *text) ? "\\%c" : "%c", *text);
	putchar('\'');
}

static void fish_row(const struct command *command, const struct option_row *row)
{
	printf("complete -c headway -n '__fish_seen_subcommand_from %s'", command->name);
	if (row->letter)
		printf(" -s %c", row->letter);
	printf(" -l %s", row->name);
	if (row->argument)
		printf(" -x");
	if (row->choices)
		printf(" -a '%s'", row->choices);
	if (row->kind == OPTION_ARENA)
		printf(" -a '(__headway_arenas)'");
	printf(" -d ");
	fish_text(row->help);
	printf("\n");
}

static void fish_script(void)
{
	printf("# fish completion for headway\n"
	       "function __headway_arenas\n"
	       "\tfor file in /dev/shm/headway*\n"
	       "\t\techo /(basename $file)\n"
	       "\tend\n"
	       "end\n"
	       "function __headway_ids\n"
	       "\theadway dump --format table --fields id,name 2>/dev/null | tail -n +2 | "
	       "string replace -r '  +' \\t\n"
	       "end\n"
	       "complete -c headway -f\n"
	       "complete -c headway -n __fish_use_subcommand -s a -l arena -x -a "
	       "'(__headway_arenas)' -d 'the arena'\n");
	for (int i = 0; commands[i]; i++) {
		printf("complete -c headway -n __fish_use_subcommand -a %s -d ", commands[i]->name);
		fish_text(commands[i]->summary);
		printf("\n");
		each_row(commands[i], fish_row);
		if (takes_ids(commands[i]))
			printf("complete -c headway -n '__fish_seen_subcommand_from %s' -a "
			       "'(__headway_ids)'\n",
			       commands[i]->name);
	}
	printf("complete -c headway -n '__fish_seen_subcommand_from completion' -a '%s'\n", shells);
}

static int completion_run(int argc, char **argv)
{
	struct arguments arguments = options_parse(&cmd_completion, argc, argv, NULL);

	switch ((enum shell)options_word(shells, arguments.operands[0])) {
	case SHELL_BASH:
		bash_script();
		return EXIT_OK;
	case SHELL_ZSH:
		zsh_script();
		return EXIT_OK;
	case SHELL_FISH:
		fish_script();
		return EXIT_OK;
	}
	return say_usage("'%s' is not one of: %s", arguments.operands[0], shells);
}
