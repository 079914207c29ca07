/* SPDX-License-Identifier: BSD-3-Clause */
/* UTF-8 by RFC 3629, as in Go's utf8.DecodeRune: no overlong forms, no surrogates, nothing above
 * U+10FFFF; an invalid sequence counts as one invalid byte. */
#ifndef HEADWAY_UTF8_H
#define HEADWAY_UTF8_H

#include "base/private.h"

#include <stddef.h>

static inline int hw__utf8_is_tail(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Number of bytes of the character at text: 1 to 4, or 0 if the first byte is invalid. At most
 * limit (at least 1) bytes are read. A byte is read only if those before it were valid, so reading
 * stops at a NUL; for NUL-terminated text limit may be 4. */
static inline unsigned hw__utf8_length(const unsigned char *text, size_t limit)
{
	unsigned first = text[0], top; /* top: the character without its last six or twelve bits */

	if (first < 0x80)
		return 1;
	if (limit < 2 || first < 0xc2 || !hw__utf8_is_tail(text[1]))
		return 0;
	if (first < 0xe0)
		return 2;
	top = (first & 0x0f) << 6 | (text[1] & 0x3f);
	if (limit < 3 || !hw__utf8_is_tail(text[2]))
		return 0;
	if (first < 0xf0) /* neither overlong nor a surrogate */
		return top >= 0x800 >> 6 && top >> 5 != 0xd800 >> 11 ? 3 : 0;
	if (limit < 4 || first > 0xf4 || !hw__utf8_is_tail(text[3]))
		return 0;
	return top >= 0x10000 >> 12 && top <= 0x10ffff >> 12 ? 4 : 0;
}

/* True if the character at text (valid, three bytes long) is U+2028 or U+2029. */
static inline int hw__utf8_is_separator(const unsigned char *text)
{
	return text[0] == 0xe2 && text[1] == 0x80 && (text[2] | 1) == 0xa9;
}

#endif
