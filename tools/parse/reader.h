/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The progress of a program, from the numbers that it prints.
 *
 * Many programs count from 0 again for each file or phase.  The totals of earlier phases are added, so that
 * done never falls.
 */
#ifndef TOOLS_READER_H
#define TOOLS_READER_H

#include <stdint.h>

#define READER_PHASE 64
#define READER_ITEMS 128

struct reader_item { /* one of several things that are done at the same time */
	char name[20];
	unsigned share; /* how much of its total is done */
	unsigned total;
};

struct reader {
	uint64_t done, total;     /* of all phases so far; total 0: unknown */
	uint64_t base;            /* total of the phases before */
	uint64_t reports;         /* calls of reader_set() */
	char phase[READER_PHASE]; /* "": the program has no phases */
	unsigned phases;          /* number of the phase, from 0 */
	int has_total;            /* the program prints one */
	uint64_t expected;        /* total from the user or the command's words; 0: unknown */
	/* used by the presets as they like: */
	int mode;
	uint64_t last, size;
	struct reader_item items[READER_ITEMS];
	unsigned item_count;
};

struct reader_part { /* of a list that ends with text NULL */
	const char *text;
	unsigned share; /* of the whole, in percent */
};

/* done of total in the current phase; total 0: unknown.  Returns 1. */
int reader_set(struct reader *reader, uint64_t done, uint64_t total);

/* A percentage in the current phase.  Returns 1. */
int reader_percent(struct reader *reader, double percent);

/* Begin the next phase, which counts from 0 and whose total is added.  The name of the present phase changes
 * nothing; NULL always begins a phase, without a name. */
void reader_phase(struct reader *reader, const char *name);

/* Of phases that are known from the start: the fraction of one that is done, 0 to 1.  Returns 1. */
int reader_part(struct reader *reader, const struct reader_part *parts,
		const struct reader_part *part, double fraction);

/* The item of this name, which is added if it is new; NULL: there are READER_ITEMS already. */
struct reader_item *reader_item(struct reader *reader, const char *name, unsigned long length);

/* Set done and total to the sums over all items.  Returns 1. */
int reader_items(struct reader *reader);

#endif
