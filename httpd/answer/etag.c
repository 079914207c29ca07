/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/etag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

uint64_t etag_fingerprint(const struct headway_snapshot *s)
{
	uint64_t hash = mix(0x68656164776179, s->version);

	hash = mix(hash, (uint64_t)s->status << 8 | (uint64_t)(s->lost != 0) << 4 |
				 (uint64_t)(s->owner_alive + 1));
	hash = mix(mix(hash, s->done), s->total);
	for (size_t i = 0; i < s->counter_count; i++)
		hash = mix(hash, s->counters[i]);
	return hash;
}

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
	snprintf(etag, ETAG_BYTES, "W/\"%s.%016" PRIx64 "\"", id, etag_fingerprint(s));
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
