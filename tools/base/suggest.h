/* SPDX-License-Identifier: BSD-3-Clause */
/* "Did you mean": finds the known word closest to an unknown one. */
#ifndef TOOLS_SUGGEST_H
#define TOOLS_SUGGEST_H

#include <stddef.h>

#define SUGGEST_TEXT 96

struct suggestion {
	const char *text; /* the unknown word */
	size_t length;
	unsigned distance; /* of the best word so far */
	char hint[SUGGEST_TEXT];
};

void suggest_start(struct suggestion *suggestion, const char *text, size_t length);

/* Compare with a known word; prefix is written before it in the hint, like "--". */
void suggest_word(struct suggestion *suggestion, const char *prefix, const char *word,
		  size_t length);

/* The same for each of the space-separated words of a list. */
void suggest_words(struct suggestion *suggestion, const char *words);

#endif
