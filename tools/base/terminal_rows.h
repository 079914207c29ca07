/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rows of the terminal on standard error, one for each command that draws a line there at the same time.
 *
 * The rows are a block at the bottom; the cursor is in the last of them. A command that draws holds a
 * lock on one byte of the terminal's device, its ticket; the order of the tickets is that of the rows. So
 * the kernel keeps the list, and a command that is killed is no longer in it. All that is written to
 * the block is written under a lock on byte 0, which pv -c takes, too. Where that lock cannot be had for
 * a while, because its holder was stopped, a line is not drawn.
 *
 * The cursor is left in the first column: a terminal that wraps the rows anew when it becomes narrower keeps it
 * there, so the rest of the last row is below it. Where the rows above it begin then is not known, since not all
 * terminals do this: beginnings of them may stay on the screen.
 *
 * A command that ends moves its row to the top of the block and leaves the block. When one is killed,
 * the rows above its own move down by one, and the first of them is on the screen twice.
 *
 * Rows of commands in the background do not count: they are not drawn. Other programs that write to the
 * terminal know nothing of the block, and their text may be overwritten.
 */
#ifndef TOOLS_TERMINAL_ROWS_H
#define TOOLS_TERMINAL_ROWS_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct terminal_rows {
	off_t ticket;           /* 0: this command has no row */
	off_t least, greatest;  /* tickets of all other commands; 0: there are none */
	int above, below, seen; /* rows of others, around the own one or where it would be */
	int inserts;            /* text is written into rows that were inserted for it */
	int is_broken;          /* the own row holds the beginning of a line of text */
};

/* Take the terminal, for one write. Returns 0, or -EAGAIN: it is taken, or this command is in the
 * background. */
int terminal_rows_enter(struct terminal_rows *rows);
void terminal_rows_leave(const struct terminal_rows *rows);

/* The rest is called between these two. */

/* Print what moves the cursor to the own row, which is new if there was none; is_last: to the row
 * where the line can stay. Returns 0 or -ENOSPC: the terminal has no row for it, nothing is
 * printed. */
int terminal_rows_reach(struct terminal_rows *rows, FILE *out, int is_last);

/* Print what moves the cursor back; is_last: the own row is given up. */
void terminal_rows_return(struct terminal_rows *rows, FILE *out, int is_last);

/* Print what makes room for a text above all rows, and moves the cursor there. */
void terminal_rows_open(struct terminal_rows *rows, FILE *out, const char *text, size_t length);

/* Print what moves the cursor back into the last row. ends_line: the text ended with a newline, or
 * there was none. Returns 1 if its line was ended for it. */
int terminal_rows_close(struct terminal_rows *rows, FILE *out, int ends_line);

#endif
