/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/utf8.h"

#include <stdbool.h>

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

unsigned utf8_length(const char *string)
{
	const unsigned char *s = (const unsigned char *)string;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || !is_continuation(s[1]))
		return 0;
	if (s[0] < 0xe0)
		return 2;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    !is_continuation(s[2]))
		return 0;
	if (s[0] < 0xf0)
		return 3;
	if (s[0] > 0xf4 || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f) ||
	    !is_continuation(s[3]))
		return 0;
	return 4;
}
