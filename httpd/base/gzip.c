/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/gzip.h"

#include <stdint.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8 };

struct text gzip_text(const char *data, size_t length, int level)
{
	struct text out = {0};
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)data, .avail_in = (uInt)length};
	unsigned char buffer[16384];

	if (length > UINT32_MAX || deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
						Z_DEFAULT_STRATEGY) != Z_OK) {
		out.failed = true;
		return out;
	}
	do {
		z.next_out = buffer;
		z.avail_out = sizeof(buffer);
		deflate(&z, Z_FINISH);
		text_add(&out, (const char *)buffer, sizeof(buffer) - z.avail_out);
	} while (z.avail_out == 0 && !out.failed);
	deflateEnd(&z);
	return out;
}
