/* SPDX-License-Identifier: BSD-3-Clause */
/* Compression of large bodies, for clients that accept it. */
#ifndef HTTPD_GZIP_H
#define HTTPD_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { GZIP_LEAST = 2048 }; /* shorter bodies are not compressed */

/* Compresses data; level 1 (fast) to 9. text.failed: out of memory. */
struct text gzip_text(const char *data, size_t length, int level);

#endif
