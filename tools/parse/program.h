/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the progress of a program by a preset, which the user has named or which is guessed. */
#ifndef TOOLS_PROGRAM_H
#define TOOLS_PROGRAM_H

#include "parse/lines.h"
#include "parse/presets.h"

enum { PROGRAM_STREAMS = 3 }; /* standard output, standard error, a descriptor of its own */

struct program_guess {
	const struct preset *preset;
	struct reader reader;
};

struct program {
	const struct preset *preset; /* NULL: not known yet */
	struct reader reader;
	const char *unit;
	int uses_descriptor;
	struct program_guess *guesses; /* presets to try on each line; NULL: none */
	struct lines lines[PROGRAM_STREAMS];
};

/*
 * Start with a preset, or NULL: it is guessed from the command's name, or else from its output.
 * *command is replaced by a copy, to which the preset's options are added unless adds is 0.
 * descriptor: one that the command may write to, -1: none; expected: the total that the user has
 * given, 0: none.
 */
void program_start(struct program *program, const struct preset *preset, char ***command, int adds,
		   int descriptor, uint64_t expected);

/* Which streams are read: PRESET_OUTPUT, PRESET_MESSAGES, and PRESET_TERMINAL. */
unsigned program_streams(const struct program *program);

/* Is a stream read? */
int program_reads(const struct program *program, int stream);

/* Add output of a stream; length 0: its end.  Returns 1 if it had progress. */
int program_add(struct program *program, int stream, const char *data, size_t length);

void program_end(struct program *program);

#endif
