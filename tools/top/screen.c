/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The terminal's setup, the loop of refresh, paint and keys, and the terminal's restoration.
 *
 * The terminal is restored on every exit: the loop ends on the signals that end a program, exit()
 * is covered by atexit(), and curses handles SIGTSTP and SIGCONT itself.
 */
#include "top/screen.h"

#include "base/say.h"
#include "base/stop.h"
#include "base/term.h"
#include "base/terminal_progress.h"
#include "top/keys.h"
#include "top/paint.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct terminal_progress tab;

static void leave(void)
{
	terminal_progress_clear(&tab);
	if (!isendwin())
		endwin();
}

static void set_colours(void)
{
	if (!term_has_colour() || !has_colors() || start_color() == ERR)
		return;
	use_default_colors();
	init_pair(TERM_RED, COLOR_RED, -1);
	init_pair(TERM_GREEN, COLOR_GREEN, -1);
	init_pair(TERM_YELLOW, COLOR_YELLOW, -1);
	init_pair(TERM_CYAN, COLOR_CYAN, -1);
}

/* The keyboard; the controlling terminal when standard input is something else. */
static FILE *keyboard(void)
{
	return isatty(STDIN_FILENO) ? stdin : fopen("/dev/tty", "re");
}

static int enter(FILE *in)
{
	if (!in || !newterm(NULL, stdout, in))
		return -1;
	atexit(leave);
	terminal_progress_start(&tab);
	stop_catch(0);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	mouseinterval(0); /* a press is a click at once */
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	set_colours();
	return 0;
}

/* Wait for a key until the next refresh is due.  When the terminal is gone, getch() returns at once
 * every time: that ends the view. */
static int next_key(int64_t due_ns, int keyboard_fd)
{
	int64_t left_ms = (due_ns - watch_clock_ns()) / 1000000;
	struct termios settings;
	int key;

	timeout(left_ms > 0 ? (int)left_ms + 1 : 0);
	key = getch();
	if (key == ERR && left_ms > 0 && !stop_requested() && watch_clock_ns() < due_ns &&
	    tcgetattr(keyboard_fd, &settings))
		stop_request(SIGHUP);
	return key;
}

/* Lines between the heads of the list, which detail and help have none of, and the keys. */
static size_t lines_for(const struct live *live)
{
	int other = live->view == LIVE_LIST ? 3 : 1;

	return LINES > other ? (size_t)(LINES - other) : 1;
}

/* The mean of what runs and is part of nothing else. */
static void show_in_tab(const struct live *live)
{
	uint64_t thousandths = 0, known = 0, running = 0;

	for (size_t i = 0; i < live->watch.count; i++) {
		const struct watched *item = live->watch.items[i];

		if (item->status != HEADWAY_RUNNING || item->is_gone || item->is_part)
			continue;
		running++;
		if (item->fraction < 0)
			continue;
		known++;
		thousandths += (uint64_t)(1000 * (item->fraction < 1 ? item->fraction : 1));
	}
	if (running)
		terminal_progress_show(&tab, thousandths, 1000 * known, live->watch.now_ns);
	else
		terminal_progress_clear(&tab);
}

static int loop(struct live *live, int keyboard_fd)
{
	int64_t due_ns = 0;

	while (!stop_requested()) {
		int key;

		if (watch_clock_ns() >= due_ns) {
			due_ns = watch_clock_ns();
			live_refresh(live);
			show_in_tab(live);
			due_ns += watch_interval_ms(&live->watch, live->interval_ms) * 1000000;
		}
		live->lines = lines_for(live);
		live_settle(live);
		paint_screen(live);
		key = next_key(due_ns, keyboard_fd);
		if (key == ERR)
			continue;
		if (keys_handle(live, key))
			return EXIT_OK;
		tree_build(&live->tree, &live->watch);
	}
	return EXIT_OK;
}

int screen_run(struct live *live)
{
	FILE *in = keyboard();
	int code;

	if (enter(in))
		return -1;
	live->tree.filter = live->filter;
	code = loop(live, fileno(in));
	leave();
	if (stop_requested() && stop_requested() != SIGINT) /* ^C quits, and is no failure */
		stop_die_by(stop_requested());
	return code;
}
