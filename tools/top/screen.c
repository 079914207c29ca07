/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The terminal's life: set up, a loop of looking, painting and keys, put back.
 *
 * It is put back on every way out: the loop ends by itself on the signals that end a program,
 * exit() is covered by atexit(), and for SIGTSTP and SIGCONT curses has handlers of its own.
 */
#include "top/screen.h"

#include "base/say.h"
#include "base/stop.h"
#include "base/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static void leave(void)
{
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

/* The keyboard, also when standard input is something else. */
static FILE *keyboard(void)
{
	return isatty(STDIN_FILENO) ? stdin : fopen("/dev/tty", "re");
}

static int enter(FILE *in)
{
	if (!in || !newterm(NULL, stdout, in))
		return -1;
	atexit(leave);
	stop_catch(0);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	set_escdelay(50);
	curs_set(0);
	set_colours();
	return 0;
}

static void look(struct screen *screen)
{
	int seen = watch_look(&screen->watch, screen->arena);

	screen->trouble = seen < 0 ? seen : 0;
	tree_build(&screen->tree, &screen->watch);
}

/* Wait for a key until the next look is due.  A terminal that went away answers at once, for ever:
 * that ends the view. */
static int next_key(int64_t due_ns, int keyboard_fd)
{
	int64_t left_ms = (due_ns - watch_clock_ns()) / 1000000;
	struct termios settings;
	int key;

	timeout(left_ms > 0 ? (int)left_ms + 1 : 0);
	key = getch();
	if (key == ERR && left_ms > 0 && !stop_noted() && watch_clock_ns() < due_ns &&
	    tcgetattr(keyboard_fd, &settings))
		stop_note(SIGHUP);
	return key;
}

static int loop(struct screen *screen, int keyboard_fd)
{
	int64_t due_ns = 0;

	while (!stop_noted()) {
		int key;

		if (watch_clock_ns() >= due_ns) {
			due_ns = watch_clock_ns() + screen->interval_ms * 1000000;
			look(screen);
		}
		screen_settle(screen, screen_lines());
		screen_paint(screen);
		key = next_key(due_ns, keyboard_fd);
		if (key == ERR)
			continue;
		if (screen_key(screen, key))
			return EXIT_OK;
		tree_build(&screen->tree, &screen->watch);
	}
	return EXIT_OK;
}

int screen_run(struct screen *screen)
{
	FILE *in = keyboard();
	int code;

	if (enter(in))
		return -1;
	screen->tree.filter = screen->filter;
	code = loop(screen, fileno(in));
	leave();
	if (stop_noted() && stop_noted() != SIGINT) /* that is how people quit, and no failure */
		stop_die_by(stop_noted());
	return code;
}

size_t screen_lines(void)
{
	return LINES > 3 ? (size_t)LINES - 3 : 1; /* titles above and keys below */
}

static void find_chosen(struct screen *screen)
{
	for (size_t i = 0; screen->has_chosen && i < screen->tree.count; i++) {
		if (!memcmp(&screen->tree.rows[i]->id, &screen->chosen, sizeof(screen->chosen))) {
			screen->cursor = i;
			return;
		}
	}
}

void screen_settle(struct screen *screen, size_t lines)
{
	size_t count = screen->tree.count;

	find_chosen(screen);
	if (screen->cursor >= count)
		screen->cursor = count ? count - 1 : 0;
	screen->has_chosen = count > 0;
	if (count)
		screen->chosen = screen->tree.rows[screen->cursor]->id;
	if (screen->cursor < screen->top)
		screen->top = screen->cursor;
	if (screen->cursor >= screen->top + lines)
		screen->top = screen->cursor - lines + 1;
	if (screen->top && screen->top + lines > count)
		screen->top = count > lines ? count - lines : 0;
}
