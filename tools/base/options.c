/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/options.h"

#include "base/help.h"
#include "base/say.h"
#include "base/suggest.h"
#include "base/units.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_AT_MOST 32
#define LONG_ONLY    1000 /* getopt's value of row i is LONG_ONLY + i */

static const char *arena_name;

/* The rows of a command and the common ones, as getopt_long() needs them. */
struct getopt_tables {
	const struct option_row *rows[ROWS_AT_MOST];
	struct option longs[ROWS_AT_MOST + 1];
	char shorts[2 * ROWS_AT_MOST + 3];
	int count;
};

static void add_rows(struct getopt_tables *t, const struct option_row *row)
{
	for (; row && row->name; row++) {
		size_t end = strlen(t->shorts);

		if (t->count == ROWS_AT_MOST)
			abort();
		t->longs[t->count].name = row->name;
		t->longs[t->count].has_arg = row->argument ? required_argument : no_argument;
		t->longs[t->count].val = LONG_ONLY + t->count;
		if (row->letter)
			snprintf(t->shorts + end, sizeof(t->shorts) - end, "%c%s", row->letter,
				 row->argument ? ":" : "");
		t->rows[t->count++] = row;
	}
}

static const struct option_row *row_of(const struct getopt_tables *t, int value)
{
	if (value >= LONG_ONLY)
		return t->rows[value - LONG_ONLY];
	for (int i = 0; i < t->count; i++)
		if (t->rows[i]->letter == value)
			return t->rows[i];
	return NULL;
}

static char lowered(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Compares in either case, the same in all locales: in Turkish the small letter of I is a different
 * one. */
static bool is_word(const char *word, const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && lowered(word[i]) == lowered(text[i]))
		i++;
	return i == length;
}

/* Index of text[0..length) in the words of choices, in either case; -1: it is none of them. */
static int choice_index(const char *choices, const char *text, size_t length)
{
	for (int i = 0; *choices; i++) {
		size_t word = strcspn(choices, " ");

		if (word == length && is_word(choices, text, length))
			return i;
		choices += word + (choices[word] == ' ');
	}
	return -1;
}

/* The same for an option's value; exits with a usage error when it is none of them. */
static int choice_or_exit(const char *option, const char *choices, const char *text, size_t length)
{
	int index = choice_index(choices, text, length);
	struct suggestion suggestion;

	if (index >= 0)
		return index;
	suggest_start(&suggestion, text, length);
	suggest_words(&suggestion, choices);
	exit(say_usage("--%s: '%.*s' is not one of: %s%s", option, (int)length, text, choices,
		       suggestion.hint));
}

int options_word(const char *choices, const char *text)
{
	return choice_index(choices, text, strlen(text));
}

int options_choice(const char *option, const char *choices, const char *text)
{
	return choice_or_exit(option, choices, text, strlen(text));
}

static unsigned parse_choices(const struct option_row *row, const char *text)
{
	unsigned set = 0;

	for (;; text++) {
		size_t length = strcspn(text, ",");

		set |= 1u << choice_or_exit(row->name, row->choices, text, length);
		text += length;
		if (!*text)
			return set;
	}
}

static void number_failed(const struct option_row *row, const char *text, int error)
{
	static const char *const forms[] = {
		[OPTION_COUNT] = "a number like 4096",
		[OPTION_AMOUNT] = "a number like 4096, 64M or 1GiB",
		[OPTION_BYTES] = "a size like 64M or 1GiB",
		[OPTION_SECONDS] = "a time like 90, 60s, 5m or 2h",
		[OPTION_MILLIS] = "a time like 90, 60s, 5m or 2h",
		[OPTION_OCTAL] = "permission bits like 640",
	};

	if (error == -ERANGE && row->most)
		exit(say_usage(row->kind == OPTION_OCTAL
				       ? "--%s: '%s' is out of range: %" PRIo64 " to %" PRIo64
				       : "--%s: '%s' is out of range: %" PRIu64 " to %" PRIu64,
			       row->name, text, row->least, row->most));
	if (error == -ERANGE)
		exit(say_usage("--%s: '%s' is too %s", row->name, text,
			       row->least ? "small or too big" : "big"));
	exit(say_usage("--%s: '%s' is not %s", row->name, text, forms[row->kind]));
}

static void parse_number(const struct option_row *row, const char *text,
			 struct option_number *number)
{
	int error = row->kind == OPTION_COUNT ? unit_parse_count(text, &number->value)
		    : row->kind == OPTION_BYTES || row->kind == OPTION_AMOUNT
			    ? unit_parse_bytes(text, &number->value)
		    : row->kind == OPTION_OCTAL ? unit_parse_octal(text, &number->value)
						: unit_parse_duration(text, &number->value);

	if (!error && row->kind == OPTION_SECONDS)
		number->value = (number->value + 999) / 1000;
	if (!error && (number->value < row->least || (row->most && number->value > row->most)))
		error = -ERANGE;
	if (error)
		number_failed(row, text, error);
	number->given = 1;
}

/* Did getopt_long() take a word for the value that is none?  Then the option has its bare value. */
static int is_bare(const struct option_row *row, int value, char **argv)
{
	return row->bare && value >= LONG_ONLY && optarg == argv[optind - 1] &&
	       !row->is_value(argv + optind - 1);
}

static void list_add(struct option_list *list, const char *text)
{
	list->values = say_memory(realloc(list->values, (list->count + 2) * sizeof(*list->values)));
	list->values[list->count++] = text;
	list->values[list->count] = NULL;
}

static void set_arena(const char *text)
{
	if (!*text)
		exit(say_usage("--arena: the name is empty"));
	arena_name = text;
}

static void set_value(const struct option_row *row, const char *text, void *values)
{
	void *to = (char *)values + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		*(int *)to = 1;
		break;
	case OPTION_TEXT:
	case OPTION_ID:
		*(const char **)to = text;
		break;
	case OPTION_LIST:
		list_add(to, text);
		break;
	case OPTION_CHOICE:
		*(int *)to = options_choice(row->name, row->choices, text);
		break;
	case OPTION_CHOICES:
		*(unsigned *)to = parse_choices(row, text);
		break;
	case OPTION_ARENA:
		set_arena(text);
		break;
	default:
		parse_number(row, text, to);
	}
}

/* Explains a long option that does not exist, or that abbreviates several. */
static void unknown_option(const struct getopt_tables *t, const char *text)
{
	const char *name = text + strspn(text, "-");
	size_t length = strcspn(name, "=");
	char several[256] = "";
	struct suggestion suggestion;

	suggest_start(&suggestion, name, length);
	for (int i = 0; i < t->count; i++) {
		const char *known = t->rows[i]->name;
		size_t end = strlen(several);

		suggest_word(&suggestion, "--", known, strlen(known));
		if (length && !strncmp(known, name, length))
			snprintf(several + end, sizeof(several) - end, " --%s", known);
	}
	if (*several)
		exit(say_usage("ambiguous option '%.*s':%s", (int)(name - text) + (int)length, text,
			       several));
	exit(say_usage("unknown option '%s'%s", text, suggestion.hint));
}

/* Explain an error of getopt_long(), which returned '?' or ':'. */
static void option_failed(const struct getopt_tables *t, int result, char **argv)
{
	const struct option_row *row = optopt ? row_of(t, optopt) : NULL;
	const char *text = argv[optind - 1];

	if (result == ':')
		exit(say_usage("--%s needs a value: %s", row->name, row->argument));
	if (row)
		exit(say_usage("--%s takes no value", row->name));
	if (optopt)
		exit(say_usage("unknown option '-%c'", optopt));
	unknown_option(t, text);
}

static void check_operands(const struct command *command, const struct arguments *arguments)
{
	int most = command->most_operands;

	if (arguments->count < command->least_operands)
		exit(say_usage("missing operand: usage is 'headway %s %s'", command->name,
			       command->synopsis));
	if (most >= 0 && arguments->count > most && command->options_first && most > 0 &&
	    arguments->operands[most][0] == '-')
		exit(say_usage("'%s' is one operand too many: options come before the first",
			       arguments->operands[most]));
	if (most >= 0 && arguments->count > most)
		exit(say_usage("'%s' is one operand too many", arguments->operands[most]));
}

struct arguments options_parse(const struct command *command, int argc, char **argv, void *values)
{
	struct getopt_tables t = {.count = 0};
	struct arguments arguments = {0};
	int value;

	snprintf(t.shorts, sizeof(t.shorts), "%s:", command->options_first ? "+" : "");
	add_rows(&t, command->options);
	add_rows(&t, options_common);
	opterr = 0;
	optind = 0;
	while ((value = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		const struct option_row *row = value == '?' || value == ':' ? NULL
									    : row_of(&t, value);

		if (!row)
			option_failed(&t, value, argv);
		if (row == &options_common[1]) {
			if (!command->help || !command->help(values))
				help_command(command);
			exit(say_done(EXIT_OK));
		}
		if (is_bare(row, value, argv)) {
			optind--;
			optarg = (char *)(uintptr_t)row->bare;
		}
		set_value(row, optarg, values);
	}
	arguments.arena = arena_name;
	arguments.operands = argv + optind;
	arguments.count = argc - optind;
	arguments.dashes = optind > 1 && !strcmp(argv[optind - 1], "--");
	check_operands(command, &arguments);
	return arguments;
}

uint64_t options_amount(const char *what, const char *text)
{
	uint64_t amount;
	int error = unit_parse_bytes(text, &amount);

	if (error)
		exit(say_usage("%s: '%s' is %s", what, text,
			       error == -ERANGE ? "too big"
						: "not a number like 4096, 64M or 1GiB"));
	return amount;
}
