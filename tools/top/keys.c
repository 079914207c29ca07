/* SPDX-License-Identifier: BSD-3-Clause */
/* What the keys of the live view do. */
#include "top/screen.h"

#include <curses.h>
#include <string.h>

enum {
	KEY_ESCAPE = 27,
	KEY_DELETE = 127,
	KEY_CONTROL_H = 8,
	KEY_CONTROL_L = 12,
	KEY_CONTROL_U = 21,
	SORTS = TREE_ELAPSED + 1
};

static struct watched *chosen(const struct screen *screen)
{
	return screen->cursor < screen->tree.count ? screen->tree.rows[screen->cursor] : NULL;
}

static void move_to(struct screen *screen, size_t row)
{
	size_t count = screen->tree.count;

	screen->cursor = row < count ? row : count ? count - 1 : 0;
	if (count)
		screen->chosen = screen->tree.rows[screen->cursor]->id;
}

static void move_by(struct screen *screen, long rows)
{
	size_t cursor = screen->cursor;

	if (rows < 0)
		move_to(screen, cursor > (size_t)-rows ? cursor - (size_t)-rows : 0);
	else
		move_to(screen, cursor + (size_t)rows);
}

static void choose_item(struct screen *screen, const struct watched *item)
{
	for (size_t i = 0; i < screen->tree.count; i++)
		if (screen->tree.rows[i] == item)
			move_to(screen, i);
}

/* One character of the filter; bytes of UTF-8 come one at a time. */
static int type_filter(struct screen *screen, int key)
{
	size_t length = strlen(screen->filter);

	if (key == KEY_ESCAPE)
		screen->filter[0] = '\0';
	if (key == KEY_ESCAPE || key == '\r' || key == '\n' || key == KEY_ENTER)
		screen->is_typing = 0;
	else if (key == KEY_CONTROL_U)
		screen->filter[0] = '\0';
	else if (key == KEY_BACKSPACE || key == KEY_DELETE || key == KEY_CONTROL_H) {
		while (length && (screen->filter[length - 1] & 0xc0) == 0x80)
			length--;
		screen->filter[length ? length - 1 : 0] = '\0';
	} else if (key >= ' ' && key < 256 && length + 1 < sizeof(screen->filter)) {
		screen->filter[length] = (char)key;
		screen->filter[length + 1] = '\0';
	}
	return 0;
}

static void fold(struct screen *screen)
{
	struct watched *item = chosen(screen);

	if (!item)
		return;
	if (item->children && !item->is_folded)
		item->is_folded = 1;
	else if (item->up)
		choose_item(screen, item->up);
}

static void unfold(struct screen *screen)
{
	struct watched *item = chosen(screen);

	if (item && item->is_folded)
		item->is_folded = 0;
	else if (item && item->first)
		choose_item(screen, item->first);
}

static void follow(struct screen *screen)
{
	struct watched *item = chosen(screen);

	if (screen->tree.only) {
		screen->tree.only = NULL;
	} else if (item) {
		screen->followed = item->id;
		screen->tree.only = &screen->followed;
	}
}

static void escape(struct screen *screen)
{
	if (screen->shows_help)
		screen->shows_help = 0;
	else if (screen->filter[0])
		screen->filter[0] = '\0';
	else
		screen->tree.only = NULL;
}

/* Keys that move the cursor.  Returns 1 when it was one. */
static int key_moves(struct screen *screen, int key)
{
	long page = (long)screen_lines();

	switch (key) {
	case KEY_UP:
	case 'k':
		move_by(screen, -1);
		break;
	case KEY_DOWN:
	case 'j':
		move_by(screen, 1);
		break;
	case KEY_PPAGE:
		move_by(screen, -page);
		break;
	case KEY_NPAGE:
		move_by(screen, page);
		break;
	case KEY_HOME:
	case 'g':
		move_to(screen, 0);
		break;
	case KEY_END:
	case 'G':
		move_to(screen, screen->tree.count);
		break;
	case KEY_LEFT:
	case 'h':
		fold(screen);
		break;
	case KEY_RIGHT:
	case 'l':
		unfold(screen);
		break;
	default:
		return 0;
	}
	return 1;
}

int screen_key(struct screen *screen, int key)
{
	struct watched *item = chosen(screen);

	if (screen->is_typing && key != KEY_RESIZE)
		return type_filter(screen, key);
	if (key_moves(screen, key))
		return 0;
	switch (key) {
	case 'q':
	case 'Q':
		return 1;
	case 's':
		screen->tree.sort = (screen->tree.sort + 1) % SORTS;
		break;
	case 'r':
		screen->tree.reverse = !screen->tree.reverse;
		break;
	case 't':
		screen->tree.flat = !screen->tree.flat;
		break;
	case 'a':
		screen->tree.hide_over = !screen->tree.hide_over;
		break;
	case '/':
		screen->is_typing = 1;
		break;
	case 'f':
		follow(screen);
		break;
	case ' ':
	case '\r':
	case '\n':
	case KEY_ENTER:
		if (item)
			item->has_details = !item->has_details;
		break;
	case '?':
		screen->shows_help = !screen->shows_help;
		break;
	case KEY_ESCAPE:
		escape(screen);
		break;
	case KEY_CONTROL_L:
		clearok(stdscr, TRUE);
		break;
	}
	return 0;
}
