/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_BYTES = 4096 };

const char *log_program = "headway-httpd";

/* Control characters, including 8-bit ones, would let a client forge log lines or control the
 * terminal of their reader. */
static bool is_control(const char *character, unsigned length)
{
	unsigned char c = (unsigned char)character[0];

	if (length == 2)
		return c == 0xc2 && (unsigned char)character[1] < 0xa0;
	return length == 0 || (length == 1 && (c < ' ' || c == 0x7f));
}

/* Control characters and bytes that are not UTF-8 become question marks. */
static void line_clean(char *line)
{
	while (*line) {
		unsigned length = utf8_length(line), bytes = length ? length : 1;

		if (is_control(line, length))
			memset(line, '?', bytes);
		line += bytes;
	}
}

static void line_write(const char *priority, const char *format, va_list ap)
{
	char line[LINE_BYTES];
	size_t start = (size_t)snprintf(line, sizeof(line), "%s%s: ", priority, log_program);
	int length = vsnprintf(line + start, sizeof(line) - start - 1, format, ap);
	size_t end;
	ssize_t unused;

	if (length < 0)
		return;
	end = start + (size_t)length;
	if (end > sizeof(line) - 2)
		end = sizeof(line) - 2;
	line[end] = '\0';
	line_clean(line + start);
	line[end] = '\n';
	unused = write(STDERR_FILENO, line, end + 1); /* a failure could not be reported */
	(void)unused;
}

void log_line(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line_write("", format, ap);
	va_end(ap);
}

void log_warning(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line_write(getenv("JOURNAL_STREAM") ? "<4>" : "", format, ap);
	va_end(ap);
}
