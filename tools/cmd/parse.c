/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd/parse.h"

#include "base/say.h"
#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

void parse_start(struct parse *parse, struct own_record *own, const char *pattern)
{
	compile(&parse->pattern, pattern);
	parse->own = own;
	for (int i = 0; i < 2; i++) {
		struct parse_stream *stream = &parse->streams[i];
		int ends[2];

		if (pipe2(ends, O_CLOEXEC)) {
			say("cannot make a pipe: %s", strerror(errno));
			exit(EXIT_FAILED);
		}
		stream->from = ends[0];
		stream->child_end = ends[1];
		stream->to = i ? STDERR_FILENO : STDOUT_FILENO;
		stream->length = 0;
	}
}

void parse_in_child(struct parse *parse)
{
	for (int i = 0; i < 2; i++)
		dup2(parse->streams[i].child_end, parse->streams[i].to);
}

void parse_in_parent(struct parse *parse)
{
	for (int i = 0; i < 2; i++) {
		close(parse->streams[i].child_end);
		parse->streams[i].child_end = -1;
	}
}

int parse_is_open(const struct parse *parse)
{
	return parse->streams[0].from >= 0 || parse->streams[1].from >= 0;
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

/* Search a whole line; the last match in it counts. */
static void search_line(struct parse *parse, const char *line)
{
	regmatch_t groups[GROUPS_AT_MOST];
	size_t last = parse->pattern.re_nsub;
	uint64_t done, total;

	for (int flags = 0; *line && !regexec(&parse->pattern, line, GROUPS_AT_MOST, groups, flags);
	     flags = REG_NOTBOL) {
		if (group_number(line, &groups[1], &done) && parse->own->record) {
			if (last < 2 || !group_number(line, &groups[last], &total))
				total = 100;
			(void)headway_set_total(parse->own->record, total);
			(void)headway_set(parse->own->record, done);
		}
		line += groups[0].rm_eo > 0 ? groups[0].rm_eo : 1;
	}
}

/* Collect lines.  A carriage return or a backspace also ends one, since it is then overwritten. */
static void take(struct parse *parse, struct parse_stream *stream, const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char c = data[i];

		if (c == '\n' || c == '\r' || c == '\b') {
			stream->line[stream->length] = '\0';
			search_line(parse, stream->line);
			stream->length = 0;
		} else if (stream->length + 1 < sizeof(stream->line) && c) {
			stream->line[stream->length++] = c;
		}
	}
}

static void end_stream(struct parse *parse, struct parse_stream *stream)
{
	take(parse, stream, "\n", 1);
	close(stream->from);
	stream->from = -1;
}

/* Write to the original stream.  When that fails, the caller closes the pipe, so that the command
 * sees the failure as it would without headway. */
static int pass_on(const struct parse_stream *stream, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t written = write(stream->to, data, length);

		if (written < 0 && errno != EINTR)
			return -errno;
		data += written > 0 ? written : 0;
		length -= written > 0 ? (size_t)written : 0;
	}
	return 0;
}

void parse_pump(struct parse *parse, int number)
{
	struct parse_stream *stream = &parse->streams[number];
	char data[65536];
	ssize_t got = read(stream->from, data, sizeof(data));
	int error;

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0) {
		end_stream(parse, stream);
		return;
	}
	take(parse, stream, data, (size_t)got);
	error = pass_on(stream, data, (size_t)got);
	if (error && error != -EPIPE)
		say("cannot write to standard %s: %s", number ? "error" : "output",
		    strerror(-error));
	if (error)
		end_stream(parse, stream);
}

void parse_give_up(struct parse *parse)
{
	for (int i = 0; i < 2; i++)
		if (parse->streams[i].from >= 0)
			end_stream(parse, &parse->streams[i]);
}

void parse_end(struct parse *parse)
{
	regfree(&parse->pattern);
}
