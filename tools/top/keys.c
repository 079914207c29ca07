/* SPDX-License-Identifier: BSD-3-Clause */
#include "top/keys.h"

#include <curses.h>
#include <string.h>

enum {
	KEY_ESCAPE = 27,
	KEY_DELETE = 127,
	KEY_CONTROL_H = 8,
	KEY_CONTROL_L = 12,
	KEY_CONTROL_U = 21,
	WHEEL_LINES = 3
};

static void choose_item(struct live *live, const struct watched *item)
{
	for (size_t i = 0; i < live->tree.count; i++)
		if (live->tree.rows[i] == item)
			live_move_to(live, i);
}

/* Edit the filter; the bytes of a UTF-8 character arrive one at a time. */
static void type_filter(struct live *live, int key)
{
	size_t length = strlen(live->filter);

	live->is_search = 1;
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
}

static void fold(struct live *live)
{
	struct watched *item = live_chosen(live);

	if (!item)
		return;
	if (item->children && !item->is_folded)
		item->is_folded = 1;
	else if (item->up)
		choose_item(live, item->up);
}

static void unfold(struct live *live)
{
	struct watched *item = live_chosen(live);

	if (item && item->is_folded)
		item->is_folded = 0;
	else if (item && item->first)
		choose_item(live, item->first);
}

static void follow(struct live *live)
{
	struct watched *item = live_chosen(live);

	if (live->tree.only) {
		live->tree.only = NULL;
	} else if (item) {
		live->followed = item->id;
		live->tree.only = &live->followed;
	}
}

static void show(struct live *live, enum live_view view)
{
	live->view = live->view == view ? LIVE_LIST : view;
	live->scroll = 0;
}

static void escape(struct live *live)
{
	if (live->filter[0])
		live->filter[0] = '\0';
	else
		live->tree.only = NULL;
}

/* Move the cursor of the list, or the text of detail and help. */
static void move_by(struct live *live, long lines)
{
	if (live->view == LIVE_LIST)
		live_move_by(live, lines);
	else
		live_scroll_by(live, lines);
}

/* Handle a key that moves.  Returns 1 when it was one. */
static int key_moves(struct live *live, int key)
{
	long page = live->lines > 1 ? (long)live->lines - 1 : 1;

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
		move_by(live, -1000000);
		break;
	case KEY_END:
	case 'G':
		move_by(live, 1000000);
		break;
	default:
		return 0;
	}
	return 1;
}

static void click(struct live *live, const MEVENT *event)
{
	int column = layout_at(&live->layout, event->x), line = event->y - live->first_y;
	size_t row;

	if (live->view != LIVE_LIST) {
		show(live, live->view);
		return;
	}
	if (event->y == live->first_y - 1 && column >= 0 && layout_titles[column].key >= 0)
		live_sort_by(live, (enum order_key)layout_titles[column].key);
	if (line < 0 || event->y >= live->next_y)
		return;
	row = live->line_rows[line];
	if (row == live->cursor)
		show(live, LIVE_DETAIL);
	live_move_to(live, row);
}

static void handle_mouse(struct live *live)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return;
	if (event.bstate & BUTTON4_PRESSED)
		move_by(live, -WHEEL_LINES);
	else if (event.bstate & BUTTON5_PRESSED)
		move_by(live, WHEEL_LINES);
	else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED))
		click(live, &event);
}

/* Keys of detail and help.  Returns 1 when the key was one. */
static int handle_text_key(struct live *live, int key)
{
	switch (key) {
	case 'q':
	case KEY_ESCAPE:
	case ' ':
	case '\r':
	case '\n':
	case KEY_ENTER:
	case KEY_LEFT:
	case 'h':
		show(live, live->view);
		return 1;
	case '?':
		show(live, LIVE_HELP);
		return 1;
	}
	return 0;
}

static void toggle_statuses(struct live *live, unsigned statuses)
{
	live->tree.statuses = live->tree.statuses == statuses ? 0 : statuses;
}

/* Keys that change what the list shows. */
static void handle_list_key(struct live *live, int key)
{
	switch (key) {
	case KEY_LEFT:
	case 'h':
		fold(live);
		break;
	case KEY_RIGHT:
	case 'l':
		unfold(live);
		break;
	case 's':
		live->tree.order.key = (live->tree.order.key + 1) % ORDER_KEYS;
		live->tree.running_first = 0;
		break;
	case 'r':
		live->tree.order.reverse = !live->tree.order.reverse;
		live->tree.running_first = 0;
		break;
	case 't':
		live->tree.flat = !live->tree.flat;
		break;
	case 'a':
		toggle_statuses(live, STATUS_RUNNING);
		break;
	case 'x':
		toggle_statuses(live, STATUS_ERROR | STATUS_LOST);
		break;
	case 'f':
		follow(live);
		break;
	case '/':
		live->is_typing = 1;
		break;
	case KEY_ESCAPE:
		escape(live);
		break;
	case ' ':
	case '\r':
	case '\n':
	case KEY_ENTER:
		if (live_chosen(live))
			show(live, LIVE_DETAIL);
		break;
	}
}

int keys_handle(struct live *live, int key)
{
	if (key == KEY_RESIZE) {
		memset(&live->needs, 0, sizeof(live->needs));
		return 0;
	}
	if (key == KEY_MOUSE) {
		handle_mouse(live);
		return 0;
	}
	if (live->is_typing) {
		type_filter(live, key);
		return 0;
	}
	if (key == KEY_CONTROL_L)
		clearok(stdscr, TRUE);
	if (key_moves(live, key))
		return 0;
	if (key == 'e' || key == 'E') {
		live_next_error(live, key == 'e' ? 1 : -1);
		return 0;
	}
	if (key == 'Q' || (key == 'q' && live->view == LIVE_LIST))
		return 1;
	if (live->view != LIVE_LIST) {
		(void)handle_text_key(live, key);
		return 0;
	}
	if (key == '?')
		show(live, LIVE_HELP);
	else
		handle_list_key(live, key);
	return 0;
}
