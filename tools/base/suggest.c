/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

#define WORD_AT_MOST 48

void suggest_start(struct suggestion *suggestion, const char *text, size_t length)
{
	suggestion->text = text;
	suggestion->length = length;
	suggestion->hint[0] = '\0';
	/* at most one typing error in three characters */
	suggestion->distance = length > 8 ? 3 : length > 3 ? 2 : 1;
	if (length < 2 || length > WORD_AT_MOST)
		suggestion->distance = 0;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn a into b. */
static unsigned edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][WORD_AT_MOST + 1];
	unsigned *above2 = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_length; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *spare = above2;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = least(above[j], row[j - 1]) + 1;
			row[j] = least(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], above2[j - 2] + 1);
		}
		above2 = above;
		above = row;
		row = spare;
	}
	return above[b_length];
}

void suggest_word(struct suggestion *suggestion, const char *prefix, const char *word,
		  size_t length)
{
	unsigned distance;

	if (!suggestion->distance || length > WORD_AT_MOST)
		return;
	distance = edit_distance(suggestion->text, suggestion->length, word, length);
	/* of equally close words the first counts */
	if (distance > suggestion->distance ||
	    (suggestion->hint[0] && distance == suggestion->distance))
		return;
	suggestion->distance = distance;
	snprintf(suggestion->hint, sizeof(suggestion->hint), "; did you mean '%s%.*s'?", prefix,
		 (int)length, word);
}

void suggest_words(struct suggestion *suggestion, const char *words)
{
	while (*words) {
		size_t length = strcspn(words, " ");

		suggest_word(suggestion, "", words, length);
		words += length + (words[length] == ' ');
	}
}
