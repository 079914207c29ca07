/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of text for a screen that scrolls: all about a record, and the keys. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include "base/term.h"
#include "base/watch.h"

#include <stddef.h>

#define TEXT_LABEL_COLUMNS 12 /* of a label, and of the blanks below it */

struct text_line {
	char *label; /* NULL: a continuation of the line before */
	char *text;
	enum term_colour colour;
};

struct text {
	struct text_line *lines;
	size_t count, room;
	int columns; /* width that texts are wrapped at */
};

/* All about a record; the watched item adds what earlier reads showed. */
void text_detail(struct text *text, const struct headway_snapshot *snapshot,
		 const struct watched *item, const struct watch *watch);

/* The keys of the live view. */
void text_help(struct text *text);

void text_free(struct text *text);

#endif
