/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The terminal: safe text, its width in columns, and colours.
 *
 * Names and messages may hold any bytes, from any writer.  A scan turns them into pieces that are
 * safe to print on one line.  Control characters, bidirectional and other invisible format
 * characters, line separators, bytes that are not UTF-8 and characters that the locale cannot show
 * are printed as escapes: \n, \x1b, \u202e.  At most four combining marks follow a base character.
 * Joiners and variation selectors are left out, because terminals disagree about the width of the
 * characters beside them.
 */
#ifndef TOOLS_TERM_H
#define TOOLS_TERM_H

#include <stddef.h>
#include <stdio.h>

enum term_colour { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_RED, TERM_GREEN, TERM_YELLOW, TERM_CYAN };

struct term_scan {
	const char *at; /* rest of the text */
	int marks;      /* combining marks since the last base character; -1: no base yet */
	char piece[16]; /* the next piece, NUL-ended */
	int width;      /* its columns */
};

/* Set the locale and examine standard output; call this before the functions below. */
void term_start(void);

int term_is_terminal(void);    /* is standard output a terminal? */
int term_is_utf8(void);        /* may UTF-8 be written to standard output? */
int term_locale_is_utf8(void); /* and to a terminal? */
int term_has_colour(void);     /* a terminal, not a dumb one, and no NO_COLOR */
int term_columns(void);        /* width of standard output's terminal, else 80 */

void term_scan_start(struct term_scan *scan, const char *text);
int term_scan_next(struct term_scan *scan); /* 0 at the end */

void term_clean(FILE *out, const char *text);
int term_width(const char *text);

/* Like term_clean(), but cut at that many columns, with "…" at the end ("~" outside UTF-8).
 * Returns the columns used. */
int term_clean_cut(FILE *out, const char *text, int columns);

/* Print JSON text; on a terminal, harmful characters become JSON escapes like \u202e. */
void term_json(FILE *out, const char *json, size_t length);

const char *term_on(enum term_colour colour); /* "" without colour */
const char *term_off(void);

#endif
