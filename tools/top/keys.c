/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/keys.h"

#include <curses.h>
#include <string.h>

enum {
	KEY_ESCAPE = 27,
	KEY_DELETE = 127,
	KEY_CONTROL_H = 8,
	KEY_CONTROL_L = 12,
	KEY_CONTROL_U = 21
};

static struct watched *chosen(const struct live *live)
{
	return live->cursor < live->tree.count ? live->tree.rows[live->cursor] : NULL;
}

static void move_to(struct live *live, size_t row)
{
	size_t count = live->tree.count;

	live->cursor = row < count ? row : count ? count - 1 : 0;
	if (count)
		live->chosen = live->tree.rows[live->cursor]->id;
}

static void move_by(struct live *live, long rows)
{
	size_t cursor = live->cursor;

	if (rows < 0)
		move_to(live, cursor > (size_t)-rows ? cursor - (size_t)-rows : 0);
	else
		move_to(live, cursor + (size_t)rows);
}

static void choose_item(struct live *live, const struct watched *item)
{
	for (size_t i = 0; i < live->tree.count; i++)
		if (live->tree.rows[i] == item)
			move_to(live, i);
}

/* Edit the filter; the bytes of a UTF-8 character arrive one at a time. */
static int type_filter(struct live *live, int key)
{
	size_t length = strlen(live->filter);

	if (key == KEY_ESCAPE)
		live->filter[0] = '\0';
	if (key == KEY_ESCAPE || key == '\r' || key == '\n' || key == KEY_ENTER)
		live->is_typing = 0;
	else if (key == KEY_CONTROL_U)
		live->filter[0] = '\0';
	else if (key == KEY_BACKSPACE || key == KEY_DELETE || key == KEY_CONTROL_H) {
		while (length && (live->filter[length - 1] & 0xc0) == 0x80)
			length--;
		live->filter[length ? length - 1 : 0] = '\0';
	} else if (key >= ' ' && key < 256 && length + 1 < sizeof(live->filter)) {
		live->filter[length] = (char)key;
		live->filter[length + 1] = '\0';
	}
	return 0;
}

static void fold(struct live *live)
{
	struct watched *item = chosen(live);

	if (!item)
		return;
	if (item->children && !item->is_folded)
		item->is_folded = 1;
	else if (item->up)
		choose_item(live, item->up);
}

static void unfold(struct live *live)
{
	struct watched *item = chosen(live);

	if (item && item->is_folded)
		item->is_folded = 0;
	else if (item && item->first)
		choose_item(live, item->first);
}

static void follow(struct live *live)
{
	struct watched *item = chosen(live);

	if (live->tree.only) {
		live->tree.only = NULL;
	} else if (item) {
		live->followed = item->id;
		live->tree.only = &live->followed;
	}
}

static void escape(struct live *live)
{
	if (live->shows_help)
		live->shows_help = 0;
	else if (live->filter[0])
		live->filter[0] = '\0';
	else
		live->tree.only = NULL;
}

/* Handle a key that moves the cursor.  Returns 1 when it was one. */
static int key_moves(struct live *live, int key)
{
	long page = (long)live->lines;

	switch (key) {
	case KEY_UP:
	case 'k':
		move_by(live, -1);
		break;
	case KEY_DOWN:
	case 'j':
		move_by(live, 1);
		break;
	case KEY_PPAGE:
		move_by(live, -page);
		break;
	case KEY_NPAGE:
		move_by(live, page);
		break;
	case KEY_HOME:
	case 'g':
		move_to(live, 0);
		break;
	case KEY_END:
	case 'G':
		move_to(live, live->tree.count);
		break;
	case KEY_LEFT:
	case 'h':
		fold(live);
		break;
	case KEY_RIGHT:
	case 'l':
		unfold(live);
		break;
	default:
		return 0;
	}
	return 1;
}

int keys_handle(struct live *live, int key)
{
	struct watched *item = chosen(live);

	if (live->is_typing && key != KEY_RESIZE)
		return type_filter(live, key);
	if (key_moves(live, key))
		return 0;
	switch (key) {
	case 'q':
	case 'Q':
		return 1;
	case 's':
		live->tree.order.key = (live->tree.order.key + 1) % ORDER_KEYS;
		break;
	case 'r':
		live->tree.order.reverse = !live->tree.order.reverse;
		break;
	case 't':
		live->tree.flat = !live->tree.flat;
		break;
	case 'a':
		live->tree.statuses = live->tree.statuses == STATUS_RUNNING ? 0 : STATUS_RUNNING;
		break;
	case '/':
		live->is_typing = 1;
		break;
	case 'f':
		follow(live);
		break;
	case ' ':
	case '\r':
	case '\n':
	case KEY_ENTER:
		if (item)
			item->has_details = !item->has_details;
		break;
	case '?':
		live->shows_help = !live->shows_help;
		break;
	case KEY_ESCAPE:
		escape(live);
		break;
	case KEY_CONTROL_L:
		clearok(stdscr, TRUE);
		break;
	}
	return 0;
}
