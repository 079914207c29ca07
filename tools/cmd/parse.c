/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/parse.h"

#include "base/help.h"
#include "base/say.h"
#include "base/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS_AT_MOST 10

#define NUMBER "([0-9]+(,[0-9]{3})*(\\.[0-9]+)?)"

static const char *expand(const char *pattern)
{
	if (!strcmp(pattern, "percent"))
		return NUMBER " ?%";
	if (!strcmp(pattern, "fraction"))
		return NUMBER " ?(/|of) ?" NUMBER;
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
		parse->has_own_descriptor = parse->program.uses_descriptor;
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

/* ---- numbers in the groups of a pattern ----------------------------------------------------- */

struct number {
	uint64_t whole;
	unsigned thousandths;
	int has_fraction;
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Is a comma at this place followed by a group of three digits? */
static int separates(const char *at, const char *end)
{
	return *at == ',' && end - at > 3 && is_digit(at[1]) && is_digit(at[2]) &&
	       is_digit(at[3]) && (end - at == 4 || !is_digit(at[4]));
}

/* Read "1500", "1,500" or "1.5".  Returns 0 if it does not begin with a digit, or a negative errno. */
static int read_number(const char *at, const char *end, struct number *number)
{
	unsigned place = 100;
	int is_too_large = 0;

	*number = (struct number){.whole = 0};
	if (at >= end || !is_digit(*at))
		return 0;
	for (; at < end && (is_digit(*at) || separates(at, end)); at++)
		if (*at != ',')
			is_too_large |= __builtin_mul_overflow(number->whole, 10, &number->whole) ||
					__builtin_add_overflow(number->whole, *at - '0',
							       &number->whole);
	if (at < end && *at == '.') {
		for (at++; at < end && is_digit(*at); at++, place /= 10)
			number->thousandths += (unsigned)(*at - '0') * place;
		number->has_fraction = is_digit(at[-1]);
	}
	return at < end ? -EINVAL : is_too_large ? -ERANGE : 1;
}

/* The first and the last number among the groups; a group inside of a number is none of its own.
 * Returns how many there are; 0 also if one cannot be read, so that no other is taken for it. */
static int group_numbers(const char *line, const regmatch_t *groups, size_t last_group,
			 struct number *first, struct number *last)
{
	regoff_t end = 0;
	int count = 0;

	for (size_t i = 1; i <= last_group; i++) {
		struct number number;
		int is_number = groups[i].rm_so < end
					? 0
					: read_number(line + groups[i].rm_so,
						      line + groups[i].rm_eo, &number);

		if (is_number < 0)
			return 0;
		if (!is_number)
			continue;
		*last = number;
		if (count++ == 0)
			*first = number;
		end = groups[i].rm_eo;
	}
	return count;
}

/* A match with one number: a percentage, or an amount of the total that was given. */
static void take_amount(const struct parse *parse, const struct number *number, uint64_t *done,
			uint64_t *total)
{
	double percent = (double)number->whole + number->thousandths / 1000.0;

	*done = number->whole;
	*total = parse->total ? parse->total : 100;
	if (parse->total && parse->is_percent)
		*done = (uint64_t)(percent / 100 * (double)parse->total + 0.5);
}

static uint64_t in_thousandths(const struct number *number)
{
	uint64_t value;

	return __builtin_mul_overflow(number->whole, 1000, &value) ||
			       __builtin_add_overflow(value, number->thousandths, &value)
		       ? UINT64_MAX
		       : value;
}

/* A match with done and total.  Once one of them had a fraction, both are counted in thousandths. */
static void take_pair(struct parse *parse, const struct number *first, const struct number *last,
		      uint64_t *done, uint64_t *total)
{
	if (first->has_fraction || last->has_fraction)
		parse->in_thousandths = 1;
	*done = parse->in_thousandths ? in_thousandths(first) : first->whole;
	*total = parse->in_thousandths ? in_thousandths(last) : last->whole;
}

static void take_match(struct parse *parse, const char *line, const regmatch_t *groups)
{
	struct number first = {0}, last = {0};
	int count = group_numbers(line, groups, parse->pattern.re_nsub, &first, &last);
	uint64_t done, total;

	if (!count) {
		parse->has_odd_match = 1;
		return;
	}
	if (count == 1)
		take_amount(parse, &first, &done, &total);
	else
		take_pair(parse, &first, &last, &done, &total);
	parse->matches++;
	if (parse->own->record) {
		(void)headway_set_total(parse->own->record, total);
		(void)headway_set(parse->own->record, done);
	}
}

/* Search a whole line; the last match in it counts. */
static void search_line(struct parse *parse, const char *line)
{
	regmatch_t groups[GROUPS_AT_MOST];

	for (int flags = 0; *line && !regexec(&parse->pattern, line, GROUPS_AT_MOST, groups, flags);
	     flags = REG_NOTBOL) {
		take_match(parse, line, groups);
		line += groups[0].rm_eo > 0 ? groups[0].rm_eo : 1;
	}
}

/* ---- what was read --------------------------------------------------------------------------- */

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
	if (parse->total && !reader->has_total) {
		total = parse->total;
	} else if (parse->total && total != parse->total) {
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

uint64_t parse_expected(const struct parse *parse)
{
	return parse->is_preset ? parse->program.reader.expected : parse->total;
}

void parse_succeeded(struct parse *parse)
{
	struct reader *reader = &parse->program.reader;
	int is_exact;

	parse->has_succeeded = 1;
	if (!parse->is_preset || !parse->program.preset)
		return;
	if (!reader->total)
		reader->total = reader->expected;
	if (!reader->total)
		return;
	is_exact = (parse->program.preset->flags & PRESET_EXACT) && reader->reports;
	if (is_exact && !parse->total)
		reader->total = reader->done;
	else if (reader->done < reader->total)
		reader->done = reader->total;
	tell_program(parse);
}

/* On a descriptor that a preset has given to the command, a short one may print nothing. A command that has failed
 * says itself what is wrong. */
static int may_print_nothing(const struct parse *parse)
{
	const struct preset *preset = parse->program.preset;

	return parse->is_preset && (!strcmp(parse->text, "auto") || parse->has_own_descriptor ||
				    !parse->has_succeeded || preset->flags & PRESET_IDLE);
}

static void warn(const struct parse *parse)
{
	if (parse->matches || may_print_nothing(parse))
		return;
	if (parse->has_odd_match)
		say("warning: --parse: '%s' matched, but no group had a number like 1500, 1,500 "
		    "or 1.5",
		    parse->text);
	else if (parse->is_preset)
		say("warning: --parse: '%s' found no number in the output; see headway run "
		    "--parse=%s --help",
		    parse->text, parse->text);
	else
		say("warning: --parse: '%s' found no number in the output", parse->text);
}

void parse_end(struct parse *parse)
{
	if (!parse->text)
		return;
	warn(parse);
	if (parse->is_preset)
		program_end(&parse->program);
	else
		regfree(&parse->pattern);
}
