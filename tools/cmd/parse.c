/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/parse.h"

#include "base/say.h"
#include "base/units.h"

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

	if (error) {
		regerror(error, regex, why, sizeof(why));
		exit(say_usage("--parse: '%s': %s", pattern, why));
	}
	if (regex->re_nsub < 1 || regex->re_nsub >= GROUPS_AT_MOST)
		exit(say_usage("--parse: '%s' has no group (...), or too many", pattern));
}

void parse_start(struct parse *parse, struct own_record *own, const char *pattern, uint64_t total)
{
	*parse = (struct parse){.text = pattern, .own = own, .total = total};
	if (!pattern)
		return;
	compile(&parse->pattern, pattern);
	parse->is_percent = !strcmp(pattern, "percent");
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

/* Collect lines.  A carriage return or a backspace also ends one, since it is then overwritten. */
static void collect(struct parse *parse, struct parse_line *line, const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char c = data[i];

		if (c == '\n' || c == '\r' || c == '\b') {
			line->text[line->length] = '\0';
			search_line(parse, line->text);
			line->length = 0;
		} else if (line->length + 1 < sizeof(line->text) && c) {
			line->text[line->length++] = c;
		}
	}
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
	if (parse->text)
		collect(parse, &parse->lines[stream], length ? data : "\n", length ? length : 1);
	if (parse->counts_lines && stream == 0)
		count_lines(parse, data, length);
}

void parse_end(struct parse *parse)
{
	if (!parse->text)
		return;
	if (!parse->matches)
		say("warning: --parse: '%s' found no number in the output", parse->text);
	regfree(&parse->pattern);
}
