/* SPDX-License-Identifier: BSD-3-Clause */
/* Compressing what is big, for clients that accept it. */
#ifndef HTTPD_GZIP_H
#define HTTPD_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "base/text.h"

enum { GZIP_LEAST = 2048 }; /* shorter bodies go out as they are */

/* Does the client accept it? */
bool gzip_wanted(struct MHD_Connection *);

/* Compressed; level 1 (fast) to 9.  text.failed: out of memory. */
struct text gzip_text(const char *data, size_t length, int level);

#endif
