/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/etag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "snapshot/fingerprint.h"

void etag_status(const struct headway_snapshot *s, char etag[ETAG_BYTES])
{
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&s->id, id);
	snprintf(etag, ETAG_BYTES, "\"%s.%" PRIx64 ".%d%s\"", id, s->version, s->status,
		 s->lost ? "l" : "");
}

void etag_full(const struct headway_snapshot *s, char etag[ETAG_BYTES])
{
	char id[HEADWAY_ID_TEXT];

	headway_format_id(&s->id, id);
	snprintf(etag, ETAG_BYTES, "W/\"%s.%016" PRIx64 "\"", id, snapshot_fingerprint(s));
}

static const char *opaque(const char *etag)
{
	return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

bool etag_matches(const char *header, const char *etag)
{
	size_t length = strlen(opaque(etag));

	while (header && *header) {
		header += strspn(header, " \t,");
		if (*header == '*')
			return true;
		header = opaque(header);
		if (strncmp(header, opaque(etag), length) == 0)
			return true;
		/* on to the next one: a tag has no comma outside its quotes */
		header += *header == '"';
		header += strcspn(header, "\"");
		header += *header == '"';
	}
	return false;
}
