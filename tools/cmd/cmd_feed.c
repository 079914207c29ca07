/* SPDX-License-Identifier: BSD-3-Clause */
/* headway feed: updates of a record, read from standard input, one on a line. */
#include "cmd/cmd.h"
#include "base/json.h"
#include "base/options.h"
#include "base/record.h"
#include "base/say.h"
#include "base/suggest.h"
#include "base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int feed_run(int argc, char **argv);

const struct command cmd_feed = {
	.name = "feed",
	.synopsis = "ID",
	.summary = "update a record by lines from standard input",
	.notes = "Each line is one update, made at once:\n"
		 "add [COUNTER] N\nset [COUNTER] N\ntotal N\nmessage KEY VALUE\n"
		 "message KEY=VALUE\nresults JSON\nurl URL\nfinish [JSON]\nerror [MESSAGE]\n"
		 "Empty lines are ignored, and so are blanks before an update and after a number, "
		 "and "
		 "a carriage return at the end of a line. Other text is taken to the end of the "
		 "line. A wrong line is reported and skipped, and the exit "
		 "status is then 1. The end of the input does not end the record.",
	.least_operands = 1,
	.most_operands = 1,
	.run = feed_run,
};

#define BLANKS " \t"

struct feed {
	struct writer writer;
	unsigned long long line;
	const char *word; /* the first one of the line */
	int is_over;      /* the record is over: nothing can be changed any more */
	/* the counter of the last add: looking it up is slower than adding */
	char *counter;
	unsigned index;
};

/* Print a message that begins with the number of the line. */
static void name_line(const struct feed *feed)
{
	static char label[64];

	snprintf(label, sizeof(label), "feed: line %llu", feed->line);
	say_command(label);
}

static int result(struct feed *feed, int error)
{
	if (!error)
		return EXIT_OK;
	name_line(feed);
	feed->is_over = error == -EALREADY || error == -ESTALE;
	return record_result(feed->writer.record, &feed->writer.id, error);
}

static int wrong(const struct feed *feed, const char *why, const char *text)
{
	name_line(feed);
	return say_failed("%s: '%.80s'", why, text);
}

static void cut_blanks(char *text, size_t length)
{
	while (length > 0 && strchr(BLANKS, text[length - 1]))
		length--;
	text[length] = '\0';
}

static int parse_number(const struct feed *feed, const char *number, uint64_t *n)
{
	if (!*number)
		return wrong(feed, "the number is missing after", feed->word);
	return unit_parse_bytes(number, n)
		       ? wrong(feed, "not a number like 4096, 64M or 1GiB", number)
		       : EXIT_OK;
}

/* Split "COUNTER N" at its last blank; the counter is NULL when there is only N. */
static int parse_counted(const struct feed *feed, char *rest, char **counter, uint64_t *n)
{
	char *number;

	cut_blanks(rest, strlen(rest));
	for (number = rest + strlen(rest); number > rest && !strchr(BLANKS, number[-1]);)
		number--;
	*counter = number > rest ? rest : NULL;
	if (parse_number(feed, number, n))
		return EXIT_FAILED;
	if (*counter)
		cut_blanks(rest, (size_t)(number - rest));
	return EXIT_OK;
}

/* Find a counter, unless it is the last one. */
static int find_counter(struct feed *feed, const char *name)
{
	uint64_t value;

	if (feed->counter && !strcmp(feed->counter, name))
		return EXIT_OK;
	name_line(feed);
	free(feed->counter);
	feed->counter = NULL;
	if (writer_counter(&feed->writer, name, &feed->index, &value))
		return EXIT_FAILED;
	feed->counter = say_memory(strdup(name));
	return EXIT_OK;
}

static int feed_add(struct feed *feed, char *rest)
{
	char *counter;
	uint64_t n;

	if (parse_counted(feed, rest, &counter, &n))
		return EXIT_FAILED;
	if (!counter)
		return result(feed, headway_add(feed->writer.record, n));
	if (find_counter(feed, counter))
		return EXIT_FAILED;
	return result(feed, headway_counter_add(feed->writer.record, feed->index, n));
}

static int feed_set(struct feed *feed, char *rest)
{
	uint64_t n, value;
	unsigned index;
	char *counter;
	int error;

	if (parse_counted(feed, rest, &counter, &n))
		return EXIT_FAILED;
	if (counter) {
		name_line(feed);
		if (writer_counter(&feed->writer, counter, &index, &value))
			return EXIT_FAILED;
		return result(feed, headway_counter_add(feed->writer.record, index, n - value));
	}
	error = headway_set(feed->writer.record, n);
	if (error == -EINVAL)
		return wrong(feed, "the record's counters are striped: use add", rest);
	return result(feed, error);
}

static int feed_total(struct feed *feed, char *rest)
{
	uint64_t n;

	cut_blanks(rest, strlen(rest));
	if (parse_number(feed, rest, &n))
		return EXIT_FAILED;
	return result(feed, headway_set_total(feed->writer.record, n));
}

static int feed_message(struct feed *feed, char *rest)
{
	char *end = rest + strcspn(rest, BLANKS "="), *value = end;

	if (end == rest)
		return wrong(feed, "the key is empty", rest);
	if (!*end)
		return wrong(feed, "the value is missing; KEY= sets an empty one", rest);
	if (*value == '=')
		value++;
	else
		value += strspn(value, BLANKS);
	*end = '\0';
	return result(feed, headway_message(feed->writer.record, rest, value));
}

static int json_done(struct feed *feed, const char *json, int error)
{
	if (error == -EINVAL) {
		name_line(feed);
		return json_result(feed->writer.record, &feed->writer.id, json, strlen(json),
				   error);
	}
	return result(feed, error);
}

static int feed_results(struct feed *feed, char *rest)
{
	return json_done(feed, rest, headway_results(feed->writer.record, rest, strlen(rest)));
}

static int feed_url(struct feed *feed, char *rest)
{
	return *rest ? result(feed, headway_url(feed->writer.record, rest))
		     : wrong(feed, "the URL is missing", "url");
}

static int feed_finish(struct feed *feed, char *rest)
{
	struct headway_record *record = feed->writer.record;

	if (!*rest)
		return result(feed, headway_finish(record));
	return json_done(feed, rest, headway_finish_with_results(record, rest, strlen(rest)));
}

static int feed_error(struct feed *feed, char *rest)
{
	return result(feed, headway_error(feed->writer.record, *rest ? rest : NULL));
}

static const struct {
	const char *word;
	int (*fn)(struct feed *feed, char *rest);
} updates[] = {
	{"add", feed_add},         {"set", feed_set},     {"total", feed_total},
	{"message", feed_message}, {"url", feed_url},     {"results", feed_results},
	{"finish", feed_finish},   {"error", feed_error},
};

static int unknown_word(const struct feed *feed, const char *word)
{
	struct suggestion suggestion;

	suggest_start(&suggestion, word, strlen(word));
	for (size_t i = 0; i < sizeof(updates) / sizeof(*updates); i++)
		suggest_word(&suggestion, "", updates[i].word, strlen(updates[i].word));
	name_line(feed);
	return say_failed("'%.80s' is no update%s", word, suggestion.hint);
}

static int feed_line(struct feed *feed, char *line)
{
	char *word = line + strspn(line, BLANKS), *rest = word + strcspn(word, BLANKS);

	if (!*word)
		return EXIT_OK;
	if (*rest) {
		*rest++ = '\0';
		rest += strspn(rest, BLANKS);
	}
	feed->word = word;
	for (size_t i = 0; i < sizeof(updates) / sizeof(*updates); i++)
		if (!strcmp(updates[i].word, word))
			return updates[i].fn(feed, rest);
	return unknown_word(feed, word);
}

/* Removes the newline, or CR and newline. Returns the length that is left. */
static size_t cut_end(char *line, size_t length)
{
	if (length && line[length - 1] == '\n')
		length--;
	if (length && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return length;
}

static int feed_run(int argc, char **argv)
{
	struct arguments arguments = options_parse(&cmd_feed, argc, argv, NULL);
	struct feed feed = {.writer = writer_open(arguments.arena, arguments.operands[0])};
	int code = EXIT_OK;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while (!feed.is_over && (length = getline(&line, &room, stdin)) >= 0) {
		feed.line++;
		length = (ssize_t)cut_end(line, (size_t)length);
		if (strlen(line) < (size_t)length)
			code = wrong(&feed, "the line has a NUL byte after", line);
		else if (feed_line(&feed, line))
			code = EXIT_FAILED;
	}
	say_command("feed");
	if (ferror(stdin))
		code = say_failed("cannot read standard input: %s", strerror(errno));
	free(feed.counter);
	free(line);
	writer_close(&feed.writer);
	return code;
}
