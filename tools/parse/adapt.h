/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads a command's words, and adds options that make the command print progress. */
#ifndef TOOLS_ADAPT_H
#define TOOLS_ADAPT_H

#include "parse/reader.h"

#include <stddef.h>

struct adapt {
	char **words; /* NULL-ended; the caller frees the array */
	int count;
	int descriptor;        /* that the command may write its progress to; -1: none */
	int uses_descriptor;   /* out: the command writes to it */
	int adds;              /* 1: options may be added; 0: the words are only read */
	const char *unit;      /* in and out: what is counted */
	struct reader *reader; /* its mode and expected total are set */
};

/* Start with a copy of a command's array of words. */
void adapt_start(struct adapt *adapt, char **command);

/* Index of the first word, before "--", that is one of the options of this blank-separated list, or
 * begins with one of them and '='; 0: there is none. */
int adapt_find(const struct adapt *adapt, const char *options);

/* Returns 1 if a word with one '-' has this letter, before any of the letters in valued, which the rest of the
 * word is a value of.  Without them the letter may be in an option's value: leave them out only where a mistake
 * does no harm. */
int adapt_letter(const struct adapt *adapt, char letter, const char *valued);

/* The value of an option: "--file=X", "--file X", "-f X", "-fX"; NULL: it is not there. */
const char *adapt_value(const struct adapt *adapt, const char *option);

/* Index of the first word after index that is no option; 0: none.  valued: options with blanks around,
 * whose value is the next word. */
int adapt_operand(const struct adapt *adapt, int index, const char *valued);

/* Add a word: after the word at index, or after all words but before "--".  The text is copied. */
void adapt_insert(struct adapt *adapt, int index, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void adapt_append(struct adapt *adapt, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Set a variable of the command's environment, unless the user has set it. */
void adapt_environment(struct adapt *adapt, const char *name, const char *value);

/* Size of a regular file or a block device; 0: unknown. */
uint64_t adapt_file_bytes(const char *path);

#endif
