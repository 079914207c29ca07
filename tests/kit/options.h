/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments of the programs that have a short form for every check and a long one for check-long. */
#ifndef TESTS_OPTIONS_H
#define TESTS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct test_options {
	bool all;        /* --long, or --all */
	bool everything; /* --all: every point instead of a sample */
	uint64_t sample; /* --sample: points of a kind in the long form; 0: its own number */
	uint64_t seed;
	uint64_t from;    /* --from: the instruction to begin at */
	const char *only; /* --only: this scene alone; NULL: all */
	uint64_t hold;    /* --hold: the instruction after which to wait for a debugger; 0: none */
};

/* Anything else ends the program with exit code 2. */
struct test_options options_read(int argc, char **argv);

/* Whether one of so many points belongs to the sample of the long form, which has about usual of them. */
bool options_sampled(const struct test_options *o, uint64_t usual, uint64_t points,
		     uint64_t *chance);

#endif
