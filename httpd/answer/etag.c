/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/etag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void etag_status(const struct reading *s, char etag[ETAG_BYTES])
{
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&s->id, id);
	snprintf(etag, ETAG_BYTES, "\"%s.%" PRIx64 ".%d%s\"", id, s->version, s->status,
		 s->lost ? "l" : "");
}

void etag_full(const struct reading *s, char etag[ETAG_BYTES])
{
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&s->id, id);
	snprintf(etag, ETAG_BYTES, "W/\"%s.%016" PRIx64 "\"", id, s->fingerprint);
}

static const char *opaque(const char *etag)
{
	return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

static bool list_has(const char *header, const char *etag, bool strong)
{
	size_t length = strlen(opaque(etag));

	while (header && *header) {
		bool comparable;

		header += strspn(header, " \t,");
		if (*header == '*')
			return true;
		comparable = !strong || (opaque(header) == header && opaque(etag) == etag);
		header = opaque(header);
		if (comparable && strncmp(header, opaque(etag), length) == 0)
			return true;
		/* on to the next one: a tag has no comma outside its quotes */
		header += *header == '"';
		header += strcspn(header, "\"");
		header += *header == '"';
	}
	return false;
}

bool etag_matches(const char *header, const char *etag)
{
	return list_has(header, etag, false);
}

bool etag_allowed(const char *header, const char *etag)
{
	return !header || list_has(header, etag, true);
}
