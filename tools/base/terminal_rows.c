/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/terminal_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define TURN         0          /* byte that is locked for one write */
#define FIRST        (1L << 20) /* tickets are from here */
#define MIDDLE       (1L << 40) /* the first one, which leaves room for earlier rows */
#define END          (1L << 41)
#define TRIES        20  /* a millisecond apart */
#define SEEN_AT_MOST 512 /* whoever may write to the terminal may lock any number of bytes */
#define TAB_COLUMNS  8

static volatile sig_atomic_t was_continued;

static void note_continued(int unused)
{
	(void)unused;
	was_continued = 1;
}

static int set_lock(off_t at, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};

	return fcntl(STDERR_FILENO, F_SETLK, &lock) ? -errno : 0;
}

static int take_turn(void)
{
	const struct timespec pause = {0, 1000000};

	for (int i = 0; set_lock(TURN, F_WRLCK); i++) {
		if (i == TRIES)
			return -EAGAIN;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* A job in the background must not draw over the output of the foreground. */
static int is_drawn(pid_t group)
{
	pid_t foreground = tcgetpgrp(STDERR_FILENO); /* fails if it is not ours */

	return foreground < 0 || group < 0 || group == foreground;
}

static void note_ticket(struct terminal_rows *rows, off_t ticket, pid_t pid)
{
	if (!rows->least || ticket < rows->least)
		rows->least = ticket;
	if (ticket > rows->greatest)
		rows->greatest = ticket;
	if (!is_drawn(pid > 0 ? getpgid(pid) : -1))
		return;
	rows->above += !rows->ticket || ticket < rows->ticket;
	rows->below += rows->ticket && ticket > rows->ticket;
}

/* The kernel tells any of the locks in a range: look at what lies on both sides of it. */
static void look(struct terminal_rows *rows, off_t from, off_t end)
{
	struct flock lock = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = end - from};

	if (from >= end || rows->seen == SEEN_AT_MOST || fcntl(STDERR_FILENO, F_GETLK, &lock) ||
	    lock.l_type == F_UNLCK || lock.l_len != 1)
		return;
	rows->seen++;
	note_ticket(rows, lock.l_start, lock.l_pid);
	look(rows, from, lock.l_start);
	look(rows, lock.l_start + 1, end);
}

static void drop_ticket(struct terminal_rows *rows)
{
	if (rows->ticket)
		(void)set_lock(rows->ticket, F_UNLCK);
	rows->ticket = 0;
	rows->is_broken = 0;
}

static void take_ticket(struct terminal_rows *rows, off_t ticket)
{
	if (ticket > FIRST && ticket < END && !set_lock(ticket, F_WRLCK))
		rows->ticket = ticket;
}

/* While this command was stopped or in the background, others wrote to the terminal: its row is not
 * where it was. */
int terminal_rows_enter(struct terminal_rows *rows)
{
	const struct sigaction note = {.sa_handler = note_continued, .sa_flags = SA_RESTART};
	int is_foreground = is_drawn(getpgrp());

	if (was_continued || !is_foreground)
		drop_ticket(rows);
	was_continued = 0;
	if (!is_foreground || take_turn())
		return -EAGAIN;
	if (!rows->ticket)
		(void)sigaction(SIGCONT, &note, NULL);
	rows->least = rows->greatest = 0;
	rows->above = rows->below = rows->seen = 0;
	look(rows, FIRST, END);
	return 0;
}

void terminal_rows_leave(const struct terminal_rows *rows)
{
	(void)rows;
	(void)set_lock(TURN, F_UNLCK);
}

static struct winsize terminal_size(void)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		size = (struct winsize){.ws_row = 24, .ws_col = 80};
	return size;
}

/* A count of 0 would mean 1 to the terminal. */
static void move(FILE *out, int count, char how)
{
	if (count > 0)
		fprintf(out, "\033[%d%c", count, how);
}

int terminal_rows_reach(struct terminal_rows *rows, FILE *out, int is_last)
{
	int height = terminal_size().ws_row;

	if (!rows->ticket) {
		if (rows->above + !is_last >= height)
			return -ENOSPC;
		take_ticket(rows, rows->greatest ? rows->greatest + 1 : MIDDLE);
		if (rows->above)
			fputs("\r\n", out);
	}
	if (rows->below >= height)
		return -ENOSPC;
	if (rows->below && !is_last)
		fputs("\0337", out);
	fputs("\r", out);
	move(out, rows->below, 'A');
	if (is_last && rows->above) {
		fputs("\033[M", out);
		move(out, rows->above, 'A');
		fputs("\033[L", out);
	}
	return 0;
}

void terminal_rows_return(struct terminal_rows *rows, FILE *out, int is_last)
{
	int others = rows->above + rows->below;

	if (!is_last) {
		fputs(rows->below ? "\0338" : "\r", out);
		return;
	}
	fputs(others ? "\r" : "\n", out);
	move(out, others, 'B');
	drop_ticket(rows);
}

/* The length of a change of colour at the start of the text; 0: it is something else. */
static size_t colour_length(const char *text, size_t length)
{
	size_t i = 1;

	while (i < length &&
	       (text[i] == '[' || text[i] == ';' || (text[i] >= '0' && text[i] <= '9')))
		i++;
	return i < length && text[i] == 'm' ? i + 1 : 0;
}

/* The rows that a text of whole lines takes; -1: not known. No character has more columns than
 * bytes. */
static int rows_of(const char *text, size_t length, int columns)
{
	int count = 0, used = 0;

	if (!length || text[length - 1] != '\n')
		return -1;
	for (size_t i = 0; i < length; i++) {
		size_t colour = text[i] == '\033' ? colour_length(text + i, length - i) : 0;

		if (text[i] == '\n') {
			count++;
			used = 0;
		} else if (colour) {
			i += colour - 1;
		} else if ((unsigned char)text[i] >= ' ' || text[i] == '\t') {
			used += text[i] == '\t' ? TAB_COLUMNS : 1;
		} else {
			return -1;
		}
		if (used >= columns)
			return -1;
	}
	return count;
}

/* With rows of others, these stay on the screen if it is known how much room the text needs. */
void terminal_rows_open(struct terminal_rows *rows, FILE *out, const char *text, size_t length)
{
	struct winsize size = terminal_size();
	int others = rows->above + rows->below, all = others + (rows->ticket != 0);
	int needs = others && !rows->is_broken ? rows_of(text, length, size.ws_col) : -1;

	rows->inserts = needs > 0 && needs + all <= size.ws_row;
	if (rows->inserts) {
		for (int i = 0; i < needs; i++)
			fputs("\n", out);
		fputs("\r", out);
		move(out, needs + all - 1, 'A');
		move(out, needs, 'L');
	} else if (all > rows->is_broken) {
		fputs("\r", out);
		move(out, all - 1 - rows->is_broken, 'A');
		fputs("\033[J", out);
	}
}

int terminal_rows_close(struct terminal_rows *rows, FILE *out, int ends_line)
{
	int others = rows->above + rows->below, all = others + (rows->ticket != 0);

	rows->is_broken = !ends_line && !others;
	if (rows->is_broken && !rows->ticket)
		take_ticket(rows, MIDDLE); /* the next one draws below it */
	if (rows->inserts) {
		move(out, all - 1, 'B');
		return 0;
	}
	for (int i = !ends_line && others ? 0 : 1; i < all; i++)
		fputs("\n", out);
	return !ends_line && others;
}
