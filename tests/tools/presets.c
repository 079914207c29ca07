/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The presets of headway run --parse on what the real programs print: presets FOLDER
 *
 * Each fixture is cut at every byte.  What the preset makes of the part is within 1 % of the truth at
 * that byte, never over 100 %, and never less than before; what auto makes of it is that or nothing.
 */
#include "parse/program.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 40, REPORTS = 4096, BYTES = 1 << 16, SHORT = 4096 };

struct report { /* by the bytes before offset, so much of total is done */
	size_t offset;
	double done, total;
};

struct fixture {
	char name[64], preset[32], line[1024];
	int stream;
	char *command[WORDS + 1];
	char data[BYTES];
	size_t length;
	struct report reports[REPORTS];
	size_t count;
};

static int failures, failures_of_fixture;

static void fail(const struct fixture *fixture, const char *how, size_t at,
		 const struct reader *reader)
{
	failures++;
	if (failures_of_fixture++ < 2)
		printf("FAILED: %s, cut at byte %zu of %zu: %s: %llu of %llu\n", fixture->name, at,
		       fixture->length, how, (unsigned long long)reader->done,
		       (unsigned long long)reader->total);
}

/* In percent; without a total, the amount itself. */
static double value_of(double done, double total)
{
	return total > 0 ? 100 * done / total : done;
}

static int is_near(const struct reader *reader, const struct report *report)
{
	double is = value_of((double)reader->done, (double)reader->total);
	double should = value_of(report->done, report->total);

	if ((reader->total > 0) != (report->total > 0))
		return 0;
	return fabs(is - should) <= (report->total > 0 ? 1 : 1 + should / 100);
}

/* A report may be understood before its last byte, so the one that is being written is right, too. */
static void check(const struct fixture *fixture, const struct reader *reader, size_t at)
{
	size_t next = 0;

	while (next < fixture->count && fixture->reports[next].offset <= at)
		next++;
	if (reader->total && reader->done > reader->total)
		fail(fixture, "over 100 %", at, reader);
	if (!reader->reports) {
		if (next > 0)
			fail(fixture, "nothing is understood", at, reader);
		return;
	}
	if ((next > 0 && is_near(reader, &fixture->reports[next - 1])) ||
	    (next < fixture->count && is_near(reader, &fixture->reports[next])))
		return;
	fail(fixture, next > 0 ? "not the truth" : "before its program told any", at, reader);
}

static void start(struct program *program, const struct fixture *fixture)
{
	char **command = (char **)(uintptr_t)fixture->command;

	program_start(program, presets_find(fixture->preset), &command, 0, -1, 0);
	if (fixture->stream == 3)
		program->uses_descriptor = 1;
	if (command != fixture->command)
		free(command);
}

/* The bytes come one by one: the state after each. */
static void test_growing(const struct fixture *fixture)
{
	struct program *program = malloc(sizeof(*program));
	uint64_t before = 0;
	unsigned phases = 0;

	start(program, fixture);
	for (size_t at = 0; at < fixture->length; at++) {
		program_add(program, fixture->stream - 1, fixture->data + at, 1);
		check(fixture, &program->reader, at + 1);
		if (program->reader.done < before && program->reader.phases == phases)
			fail(fixture, "backwards", at + 1, &program->reader);
		before = program->reader.done;
		phases = program->reader.phases;
	}
	if (fixture->reports[0].total > 0 && !program->reader.total)
		fail(fixture, "no total", fixture->length, &program->reader);
	program_end(program);
	free(program);
}

/* The bytes come at once: only what was not overwritten is looked at, so long ones are cut less often. */
static void test_cuts(const struct fixture *fixture)
{
	struct program *program = malloc(sizeof(*program));
	size_t step = fixture->length / SHORT + 1;

	for (size_t at = 1; at <= fixture->length; at += step) {
		start(program, fixture);
		program_add(program, fixture->stream - 1, fixture->data, at);
		check(fixture, &program->reader, at);
		program_end(program);
	}
	free(program);
}

/* A command of another name: the output is known by itself, or not at all. */
static void test_guess(const struct fixture *fixture)
{
	static char *command[] = {"sh", NULL};
	char **words = command;
	struct program *program = malloc(sizeof(*program));

	program_start(program, NULL, &words, 1, -1, 0);
	for (size_t at = 0; at < fixture->length; at++) {
		program_add(program, fixture->stream - 1, fixture->data + at, 1);
		if (program->reader.total && program->reader.done > program->reader.total)
			fail(fixture, "auto: over 100 %", at + 1, &program->reader);
		/* rsync's files are another measure than its bytes; others may lack what the words told */
		if (program->reader.total && strcmp(fixture->name, "rsync-overall") != 0 &&
		    strcmp(fixture->name, "ffmpeg-part") != 0)
			check(fixture, &program->reader, at + 1);
	}
	program_end(program);
	free(program);
}

static size_t read_file(const char *folder, const char *name, const char *end, char *data,
			size_t size)
{
	char path[512];
	FILE *in;
	size_t length;

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, end);
	in = fopen(path, "r");
	if (!in) {
		perror(path);
		exit(1);
	}
	length = fread(data, 1, size - 1, in);
	data[length] = '\0';
	fclose(in);
	return length;
}

static void read_truth(struct fixture *fixture, const char *folder)
{
	static char text[BYTES * 2];
	char *at = text, *end;

	read_file(folder, fixture->name, ".truth", text, sizeof(text));
	for (fixture->count = 0; *at && fixture->count < REPORTS; fixture->count++) {
		struct report *report = &fixture->reports[fixture->count];

		report->offset = strtoul(at, &end, 10);
		report->done = strtod(end, &end);
		report->total = strtod(end, &end);
		at = end + strspn(end, "\n");
	}
}

/* "rsync-overall rsync 1 rsync -a --info=progress2 files/ to/" */
static void read_fixture(struct fixture *fixture, const char *folder)
{
	char *word, *rest = fixture->line;
	int count = 0;

	for (int i = 0; (word = strtok_r(rest, " \n", &rest)) && count < WORDS; i++) {
		if (i == 0)
			snprintf(fixture->name, sizeof(fixture->name), "%s", word);
		else if (i == 1)
			snprintf(fixture->preset, sizeof(fixture->preset), "%s", word);
		else if (i == 2)
			fixture->stream = atoi(word);
		else
			fixture->command[count++] = word;
	}
	fixture->command[count] = NULL;
	fixture->length = read_file(folder, fixture->name, "", fixture->data,
				    sizeof(fixture->data));
	read_truth(fixture, folder);
}

int main(int argc, char **argv)
{
	static struct fixture fixture;
	static char index[BYTES];
	char *line, *rest = index;
	int fixtures = 0;

	if (argc < 2)
		return 2;
	read_file(argv[1], "index", "", index, sizeof(index));
	while ((line = strtok_r(rest, "\n", &rest))) {
		snprintf(fixture.line, sizeof(fixture.line), "%s", line);
		read_fixture(&fixture, argv[1]);
		if (argc > 2 && strcmp(argv[2], fixture.name) != 0)
			continue;
		failures_of_fixture = 0;
		test_growing(&fixture);
		test_cuts(&fixture);
		if (fixture.stream != 3)
			test_guess(&fixture);
		fixtures++;
	}
	printf("%d fixtures, %d failed\n", fixtures, failures);
	return failures || !fixtures;
}
