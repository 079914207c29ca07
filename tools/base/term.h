/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The terminal: what may be written to it, how wide that is, and in what colour.
 *
 * Names and messages are anybody's bytes.  A scan turns them into pieces that are safe to print
 * on one line: control characters, bidirectional and other invisible format characters, line
 * separators, bytes that are not UTF-8 and what the locale cannot show are spelled \n, \x1b,
 * \u202e; at most four combining marks stay on a base; joiners and variation selectors, of which
 * terminals disagree how wide they make their neighbours, are left out.
 */
#ifndef TOOLS_TERM_H
#define TOOLS_TERM_H

#include <stddef.h>
#include <stdio.h>

enum term_colour { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_RED, TERM_GREEN, TERM_YELLOW, TERM_CYAN };

struct term_scan {
	const char *at; /* what is left */
	int marks;      /* combining marks since the last base; -1: no base yet */
	char piece[16]; /* the next piece, NUL-ended */
	int width;      /* its columns */
};

/* Sets the locale and looks at standard output; before anything else here. */
void term_start(void);

int term_is_terminal(void); /* is standard output one? */
int term_is_utf8(void);     /* may UTF-8 be written? */
int term_has_colour(void);  /* a terminal, not a dumb one, and no NO_COLOR */
int term_columns(void);     /* of standard output's terminal, else 80 */

void term_scan_start(struct term_scan *scan, const char *text);
int term_scan_next(struct term_scan *scan); /* 0 at the end */

void term_clean(FILE *out, const char *text);
int term_width(const char *text);

/* Like term_clean, but at most columns wide: what is longer ends in "…" ("~" outside UTF-8).
 * Returns the columns used. */
int term_clean_cut(FILE *out, const char *text, int columns);

/* JSON text; on a terminal what it must not see is spelled \u202e, which JSON reads the same. */
void term_json(FILE *out, const char *json, size_t length);

const char *term_on(enum term_colour colour); /* "" without colour */
const char *term_off(void);

#endif
