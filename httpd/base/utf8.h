/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTPD_UTF8_H
#define HTTPD_UTF8_H

/* Bytes of the UTF-8 character at s (NUL-ended), or 0 when it is not one. */
unsigned utf8_length(const char *s);

#endif
