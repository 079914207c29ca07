/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The progress of a program, put together from what it prints.
 *
 * A program often counts several times from the start: for each file, or for each phase.  The done
 * that comes out never falls: what the phases before had in total is added.
 */
#ifndef TOOLS_READER_H
#define TOOLS_READER_H

#include <stdint.h>

#define READER_PHASE 64
#define READER_ITEMS 128

struct reader_item { /* one of several things that are done at the same time */
	char name[20];
	unsigned share; /* done of it, of its total */
	unsigned total;
};

struct reader {
	uint64_t done, total;     /* of all phases so far; total 0: unknown */
	uint64_t base;            /* total of the phases before */
	uint64_t reports;         /* calls that told a number */
	char phase[READER_PHASE]; /* "": the program has no phases */
	unsigned phases;          /* number of the phase, from 0 */
	uint64_t expected;        /* total that is known from the command's words; 0: unknown */
	/* for the families: */
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

/* The next phase: it counts from 0, and its total comes on top.  The same name again changes nothing;
 * NULL always begins a phase, without a name. */
void reader_phase(struct reader *reader, const char *name);

/* Phases that are known from the start: a fraction from 0 to 1 of one of them.  Returns 1. */
int reader_part(struct reader *reader, const struct reader_part *parts,
		const struct reader_part *part, double fraction);

/* The item of this name, which is added when it is new; NULL: there is no room. */
struct reader_item *reader_item(struct reader *reader, const char *name, unsigned long length);

/* The sum of all items.  Returns 1. */
int reader_items(struct reader *reader);

#endif
