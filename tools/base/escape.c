/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/escape.h"

enum { TEXT, ESCAPE, SEQUENCE, COMMAND };

/* CSI ends with a letter or @..~, OSC with BEL or ESC \. */
int escape_next(int *state, unsigned char c)
{
	switch (*state) {
	case ESCAPE:
		*state = c == '[' ? SEQUENCE : c == ']' ? COMMAND : TEXT;
		return 1;
	case SEQUENCE:
		if (c >= 0x40 && c <= 0x7e)
			*state = TEXT;
		return 1;
	case COMMAND:
		if (c == 7)
			*state = TEXT;
		else if (c == 27)
			*state = ESCAPE;
		return 1;
	default:
		if (c == 27)
			*state = ESCAPE;
		return c == 27;
	}
}
