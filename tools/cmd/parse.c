/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/parse.h"

#include "base/help.h"
#include "base/say.h"
#include "base/suggest.h"
#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_AT_MOST 10

/* The pattern for percentages ends with an empty group, which stands for a total of 100. */
static const char *expand(const char *pattern)
{
	if (!strcmp(pattern, "percent"))
		return "([0-9]+)(\\.[0-9]+)? ?%()";
	if (!strcmp(pattern, "fraction"))
		return "([0-9]+) ?(/|of) ?([0-9]+)";
	return pattern;
}

static void compile(regex_t *regex, const char *pattern)
{
	char why[128];
	int error = regcomp(regex, expand(pattern), REG_EXTENDED);
	struct suggestion suggestion;

	if (error) {
		regerror(error, regex, why, sizeof(why));
		exit(say_usage("--parse: '%s': %s", pattern, why));
	}
	if (regex->re_nsub >= 1 && regex->re_nsub < GROUPS_AT_MOST)
		return;
	suggest_start(&suggestion, pattern, strlen(pattern));
	suggest_words(&suggestion, PRESETS_NAMES " percent fraction");
	exit(say_usage("--parse: '%s' has no group (...), or too many, and is no preset%s", pattern,
		       suggestion.hint));
}

static int is_preset(const char *text)
{
	return !strcmp(text, "auto") || presets_find(text);
}

void parse_start(struct parse *parse, struct own_record *own, const struct parse_options *options,
		 char ***command)
{
	memset(parse, 0, sizeof(*parse));
	parse->own = own;
	parse->text = options->text;
	parse->total = options->total;
	if (!parse->text)
		return;
	parse->is_preset = is_preset(parse->text);
	if (parse->is_preset) {
		program_start(&parse->program, presets_find(parse->text), command,
			      !options->leaves_command, options->descriptor, options->total);
		if (options->reads_descriptor)
			parse->program.uses_descriptor = 1;
		parse->uses_descriptor = parse->program.uses_descriptor;
		return;
	}
	parse->uses_descriptor = options->reads_descriptor;
	compile(&parse->pattern, parse->text);
	parse->is_percent = !strcmp(parse->text, "percent");
}

/* A pattern has a group.  The name of a preset may also be that of the command, which it is unless
 * "--" or the command follows. */
int parse_is_value(char *const *words)
{
	int is_first;

	if (!strcmp(words[0], "percent") || !strcmp(words[0], "fraction") || strchr(words[0], '('))
		return 1;
	if (!is_preset(words[0]) || !words[1])
		return 0;
	return !strcmp(words[1], "--") || !strcmp(words[0], "auto") ||
	       presets_guess((char **)(uintptr_t)(words + 1), &is_first) == presets_find(words[0]);
}

int parse_help(const char *text)
{
	const struct preset *preset = text ? presets_find(text) : NULL;

	if (preset) {
		printf("headway run --parse=%s COMMAND [ARGUMENT...]\n\n", text);
		help_text(preset->notes);
		printf("\n");
		help_text("With --as-is, nothing is added.");
	} else if (text && !strcmp(text, "auto")) {
		printf("headway run --parse=auto COMMAND [ARGUMENT...]\n\n");
		help_text(
			"A preset is chosen by the command's name, also behind sudo, env, nice, "
			"time and "
			"the like, where no option is added. The output of another command is read "
			"until a line of progress of one of the presets comes. Presets:");
		help_text(PRESETS_NAMES);
	}
	return preset || (text && !strcmp(text, "auto"));
}

const char *parse_unit(const struct parse *parse)
{
	return parse->is_preset && parse->program.unit && *parse->program.unit ? parse->program.unit
									       : NULL;
}

unsigned parse_streams(const struct parse *parse)
{
	if (parse->is_preset)
		return program_streams(&parse->program);
	return (parse->text && !parse->uses_descriptor) || parse->counts_lines
		       ? PRESET_OUTPUT | PRESET_MESSAGES
		       : 0;
}

/* Read the number in a group.  Returns 0 when there is none. */
static int group_number(const char *line, const regmatch_t *group, uint64_t *number)
{
	char digits[32];
	size_t length = group->rm_so < 0 ? 0 : (size_t)(group->rm_eo - group->rm_so);

	if (length == 0 || length >= sizeof(digits))
		return 0;
	memcpy(digits, line + group->rm_so, length);
	digits[length] = '\0';
	return !unit_parse_count(digits, number);
}

/* A match without a total: a percentage, or an amount of the total that was given. */
static void without_total(const struct parse *parse, uint64_t *done, uint64_t *total)
{
	*total = parse->total ? parse->total : 100;
	if (parse->total && parse->is_percent)
		*done = (uint64_t)((double)*done / 100 * (double)parse->total + 0.5);
}

/* Search a whole line; the last match in it counts. */
static void search_line(struct parse *parse, const char *line)
{
	regmatch_t groups[GROUPS_AT_MOST];
	size_t last = parse->pattern.re_nsub;
	uint64_t done, total;

	for (int flags = 0; *line && !regexec(&parse->pattern, line, GROUPS_AT_MOST, groups, flags);
	     flags = REG_NOTBOL) {
		if (group_number(line, &groups[1], &done)) {
			parse->matches++;
			if (last < 2 || !group_number(line, &groups[last], &total))
				without_total(parse, &done, &total);
			if (parse->own->record) {
				(void)headway_set_total(parse->own->record, total);
				(void)headway_set(parse->own->record, done);
			}
		}
		line += groups[0].rm_eo > 0 ? groups[0].rm_eo : 1;
	}
}

static void take_line(const char *line, int is_whole, void *parse)
{
	if (is_whole)
		search_line(parse, line);
}

static void tell_phase(struct parse *parse)
{
	const struct reader *reader = &parse->program.reader;
	const struct headway_message message = {"Phase", reader->phase};

	if (!*reader->phase || !strcmp(parse->phase, reader->phase))
		return;
	memcpy(parse->phase, reader->phase, sizeof(parse->phase));
	own_record_messages(parse->own, &message, 1);
}

/* Tell the record what the program has done, of the total that the user has given. */
static void tell_program(struct parse *parse)
{
	const struct reader *reader = &parse->program.reader;
	uint64_t done = reader->done, total = reader->total;

	parse->matches = reader->reports;
	if (!parse->own->record)
		return;
	if (parse->total && total && total != parse->total) {
		done = (uint64_t)((double)done / (double)total * (double)parse->total + 0.5);
		total = parse->total;
	}
	(void)headway_set_total(parse->own->record, total);
	(void)headway_set(parse->own->record, done);
	tell_phase(parse);
}

static void count_lines(const struct parse *parse, const char *data, size_t length)
{
	const char *end = data + length;
	uint64_t lines = 0;

	while ((data = memchr(data, '\n', (size_t)(end - data)))) {
		data++;
		lines++;
	}
	if (lines && parse->own->record)
		(void)headway_add(parse->own->record, lines);
}

void parse_add(struct parse *parse, int stream, const char *data, size_t length)
{
	if (parse->is_preset) {
		if ((parse->is_mixed || program_reads(&parse->program, stream)) &&
		    program_add(&parse->program, stream, data, length))
			tell_program(parse);
	} else if (parse->text && (stream == 2) == parse->uses_descriptor) {
		lines_add(&parse->lines[stream], data, length, take_line, parse);
	}
	if (parse->counts_lines && stream == 0)
		count_lines(parse, data, length);
}

void parse_succeeded(struct parse *parse)
{
	struct reader *reader = &parse->program.reader;

	if (!parse->is_preset || !reader->total)
		return;
	if ((parse->program.preset->flags & PRESET_EXACT) && !parse->total)
		reader->total = reader->done;
	else
		reader->done = reader->total;
	tell_program(parse);
}

void parse_end(struct parse *parse)
{
	if (!parse->text)
		return;
	if (!parse->matches && (!parse->is_preset || strcmp(parse->text, "auto") != 0))
		say("warning: --parse: '%s' found no number in the output", parse->text);
	if (parse->is_preset)
		program_end(&parse->program);
	else
		regfree(&parse->pattern);
}
