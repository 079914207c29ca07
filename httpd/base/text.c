/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

/* Reserves memory for more bytes and a NUL. */
static bool text_reserve(struct text *text, size_t more)
{
	size_t size = text->size ? text->size : 256;
	char *data;

	if (text->failed)
		return false;
	while (size - text->length <= more)
		size *= 2;
	if (size == text->size)
		return true;
	data = realloc(text->data, size);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->size = size;
	return true;
}

void text_add(struct text *text, const char *bytes, size_t length)
{
	if (!text_reserve(text, length))
		return;
	memcpy(text->data + text->length, bytes, length);
	text->length += length;
	text->data[text->length] = '\0';
}

char *text_room(struct text *text, size_t more)
{
	return text_reserve(text, more) ? text->data + text->length : NULL;
}

void text_put(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
	va_list ap, again;
	int length;

	va_start(ap, format);
	va_copy(again, ap);
	length = vsnprintf(NULL, 0, format, ap);
	if (length >= 0 && text_reserve(text, (size_t)length + 1)) {
		vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
		text->length += (size_t)length;
	}
	va_end(again);
	va_end(ap);
}

void text_json(struct text *text, const char *s)
{
	text_put(text, "\"");
	while (*s) {
		unsigned length = utf8_length(s);

		if (*s == '"' || *s == '\\')
			text_format(text, "\\%c", *s);
		else if (length == 1 && ((unsigned char)*s < 0x20 || *s == 0x7f))
			text_format(text, "\\u%04x", (unsigned char)*s);
		else if (length == 0)
			text_put(text, "\\ufffd");
		else
			text_add(text, s, length);
		s += length ? length : 1;
	}
	text_put(text, "\"");
}

void text_escaped(struct text *text, const char *s)
{
	for (; *s; s++) {
		if (*s <= ' ' || *s >= 0x7f || *s == '"' || *s == '\\')
			text_format(text, "\\x%02x", (unsigned char)*s);
		else
			text_add(text, s, 1);
	}
}
