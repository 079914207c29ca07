/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of test programs that have a short form for every check and a long one for check-long. */
#ifndef TESTS_OPTIONS_H
#define TESTS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct test_options {
	bool all;        /* --long, or --all */
	bool everything; /* --all: every point instead of a sample */
	/* --sample: number of points of each kind in the long form; 0: the default */
	uint64_t sample;
	uint64_t seed;
	uint64_t from;    /* --from: the instruction to begin at */
	const char *only; /* --only: run this scene only; NULL: all */
	uint64_t hold;    /* --hold: the instruction after which to wait for a debugger; 0: none */
};

/* Reads the options. An unknown argument ends the program with exit code 2. */
struct test_options options_read(int argc, char **argv);

/* True if the given one of points points belongs to the sample of the long form. The sample has
 * about usual points. */
bool options_sampled(const struct test_options *o, uint64_t usual, uint64_t points,
		     uint64_t *chance);

#endif
