/* SPDX-License-Identifier: BSD-3-Clause */
/* UTF-8 as RFC 3629 and Go's utf8.DecodeRune have it: no overlong forms, no surrogates, nothing above
 * U+10FFFF; what does not decode is one invalid byte. */
#ifndef HEADWAY_UTF8_H
#define HEADWAY_UTF8_H

#include <stddef.h>

static inline int hw__utf8_is_tail(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* The range of the second byte tells overlong forms, surrogates and too big ones from the rest. */
static inline int hw__utf8_is_second(unsigned char first, unsigned char second)
{
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

/*
 * Bytes of the character at text, of which limit (at least 1) may be looked at: 1 to 4, or 0 when the
 * first byte is invalid.  Looks at a byte only when those before it were right, so it never passes a
 * NUL: with NUL-ended text limit may be 4.
 */
static inline unsigned hw__utf8_length(const unsigned char *text, size_t limit)
{
	unsigned char first = text[0];
	unsigned length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4 || length > limit || !hw__utf8_is_second(first, text[1]))
		return 0;
	for (unsigned i = 2; i < length; i++) {
		if (!hw__utf8_is_tail(text[i]))
			return 0;
	}
	return length;
}

/* Is the character at text (known to be valid, three bytes long) U+2028 or U+2029? */
static inline int hw__utf8_is_separator(const unsigned char *text)
{
	return text[0] == 0xe2 && text[1] == 0x80 && (text[2] | 1) == 0xa9;
}

#endif
