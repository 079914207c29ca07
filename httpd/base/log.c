/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4096 };

/* Control characters would let a client forge lines, or drive the reader's terminal. */
static void line_clean(char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	}
}

static void line_write(const char *prefix, const char *format, va_list ap)
{
	char line[LINE_BYTES];
	size_t start = (size_t)snprintf(line, sizeof(line), "%s", prefix);
	int length = vsnprintf(line + start, sizeof(line) - start - 1, format, ap);
	size_t end;
	ssize_t unused;

	if (length < 0)
		return;
	end = start + (size_t)length;
	if (end > sizeof(line) - 2)
		end = sizeof(line) - 2;
	line_clean(line + start, end - start);
	line[end] = '\n';
	unused = write(STDERR_FILENO, line, end + 1); /* nobody to tell when stderr is gone */
	(void)unused;
}

void log_line(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line_write("headway-httpd: ", format, ap);
	va_end(ap);
}

void log_warning(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	line_write(getenv("JOURNAL_STREAM") ? "<4>headway-httpd: " : "headway-httpd: ", format, ap);
	va_end(ap);
}
