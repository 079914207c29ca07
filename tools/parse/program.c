/* SPDX-License-Identifier: BSD-3-Clause */
#include "parse/program.h"

#include "base/say.h"

#include <stdlib.h>
#include <string.h>

enum { GUESSES_AT_MOST = 32 };

static void start_guesses(struct program *program, uint64_t expected)
{
	int count = 0;

	program->guesses = say_memory(calloc(GUESSES_AT_MOST, sizeof(*program->guesses)));
	for (int i = 0; presets[i] && count < GUESSES_AT_MOST - 1; i++) {
		if (presets[i]->flags & PRESET_PLAIN)
			continue;
		program->guesses[count].preset = presets[i];
		program->guesses[count++].reader.expected = expected;
	}
}

void program_start(struct program *program, const struct preset *preset, char ***command, int adds,
		   int descriptor, uint64_t expected)
{
	struct adapt adapt = {.descriptor = descriptor, .adds = adds, .reader = &program->reader};
	int is_first;

	memset(program, 0, sizeof(*program));
	if (preset)
		is_first = presets_is_program(preset, **command);
	else
		preset = presets_guess(*command, &is_first);
	program->preset = preset;
	if (!preset) {
		start_guesses(program, expected);
		return;
	}
	adapt_start(&adapt, *command);
	adapt.unit = preset->unit;
	if (preset->adapt && is_first)
		preset->adapt(&adapt);
	*command = adapt.words;
	program->unit = adapt.unit;
	program->uses_descriptor = adapt.uses_descriptor;
	if (expected)
		program->reader.expected = expected;
}

unsigned program_streams(const struct program *program)
{
	unsigned both = PRESET_OUTPUT | PRESET_MESSAGES;

	if (!program->preset)
		return both;
	if (program->uses_descriptor) /* ffmpeg prints the duration on standard error */
		return program->preset->flags & PRESET_MESSAGES;
	return program->preset->flags & (both | PRESET_TERMINAL | PRESET_PIPE);
}

int program_reads(const struct program *program, int stream)
{
	return stream == 2 ||
	       (program_streams(program) & (stream ? PRESET_MESSAGES : PRESET_OUTPUT)) != 0;
}

/* The first preset that finds progress in a line is used from then on. */
static void guess(struct program *program, struct scan line)
{
	for (struct program_guess *one = program->guesses; one->preset; one++) {
		if (!one->preset->read(&one->reader, line))
			continue;
		program->preset = one->preset;
		program->reader = one->reader;
		return;
	}
}

static void read_line(const char *text, int is_whole, void *argument)
{
	struct program *program = argument;
	struct scan line = {text, is_whole};

	if (program->preset)
		(void)program->preset->read(&program->reader, line);
	else
		guess(program, line);
}

int program_add(struct program *program, int stream, const char *data, size_t length)
{
	uint64_t reports = program->reader.reports;

	lines_add(&program->lines[stream], data, length, read_line, program);
	return program->reader.reports != reports;
}

void program_end(struct program *program)
{
	free(program->guesses);
	program->guesses = NULL;
}
