/* SPDX-License-Identifier: BSD-3-Clause */
#include "gzip.h"

#include <stdint.h>
#include <zlib.h>

#include "query.h"

enum { GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8 };

bool gzip_wanted(struct MHD_Connection *connection)
{
	return header_accepts(header_get(connection, "Accept-Encoding"), "gzip");
}

static void squeeze(z_stream *z, int flush, struct text *out)
{
	unsigned char buffer[16384];

	do {
		z->next_out = buffer;
		z->avail_out = sizeof(buffer);
		deflate(z, flush);
		text_add(out, (const char *)buffer, sizeof(buffer) - z->avail_out);
	} while (z->avail_out == 0);
}

struct text gzip_pieces(const struct MHD_IoVec *pieces, size_t count, int level)
{
	struct text out = {0};
	z_stream z = {0};

	if (deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) !=
	    Z_OK) {
		out.failed = true;
		return out;
	}
	for (size_t i = 0; i < count && !out.failed; i++) {
		z.next_in = (unsigned char *)(uintptr_t)pieces[i].iov_base;
		z.avail_in = (uInt)pieces[i].iov_len;
		squeeze(&z, Z_NO_FLUSH, &out);
	}
	squeeze(&z, Z_FINISH, &out);
	deflateEnd(&z);
	return out;
}
