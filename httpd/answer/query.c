/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/query.h"

#include <headway.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/parse.h"

struct lookup {
	const char *name, *value;
};

static enum MHD_Result on_argument(void *cls, enum MHD_ValueKind kind, const char *key,
				   const char *value)
{
	struct lookup *lookup = cls;

	(void)kind;
	if (strcmp(key, lookup->name) != 0)
		return MHD_YES;
	lookup->value = value ? value : "";
	return MHD_NO;
}

const char *query_get(struct MHD_Connection *connection, const char *name)
{
	struct lookup lookup = {name, NULL};

	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, on_argument, &lookup);
	return lookup.value;
}

const char *header_get(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

bool header_wait(struct MHD_Connection *connection, int64_t *ns)
{
	const char *prefer = header_get(connection, "Prefer");
	char digits[16];
	size_t length;

	while (prefer && *prefer) {
		prefer += strspn(prefer, " \t,;");
		if (strncasecmp(prefer, "wait=", 5) == 0) {
			prefer += 5;
			length = strspn(prefer, "0123456789");
			if (length == 0 || length >= sizeof(digits))
				return false;
			memcpy(digits, prefer, length);
			digits[length] = '\0';
			return parse_duration(digits, ns);
		}
		prefer += strcspn(prefer, ",;");
	}
	return false;
}

/* "; q=0", "; q=0.0": spelled out as not wanted. */
static bool is_refused(const char *parameters, size_t length)
{
	for (size_t i = 0; i + 1 < length; i++) {
		if ((parameters[i] != 'q' && parameters[i] != 'Q') || parameters[i + 1] != '=')
			continue;
		for (i += 2; i < length && strchr("0. \t", parameters[i]); i++)
			;
		return i == length;
	}
	return false;
}

bool header_accepts(const char *list, const char *wanted)
{
	size_t wanted_length = strlen(wanted);

	while (list && *list) {
		size_t item, name;

		list += strspn(list, " \t,");
		item = strcspn(list, ",");
		name = strcspn(list, ",; \t");
		if (name == wanted_length && strncasecmp(list, wanted, name) == 0)
			return !is_refused(list + name, item - name);
		list += item;
	}
	return false;
}

unsigned query_statuses(const char *text)
{
	static const char *const names[] = {"Running", "Finished", "Error"};
	unsigned bits = 0;

	while (*text) {
		size_t length = strcspn(text, ",");
		unsigned bit = 0;

		for (int i = 0; i < 3; i++) {
			if (strlen(names[i]) == length && strncasecmp(text, names[i], length) == 0)
				bit = 1u << (HEADWAY_RUNNING + i);
		}
		if (!bit)
			return 0;
		bits |= bit;
		text += length;
		text += *text == ',';
	}
	return bits;
}

bool header_accepts_gzip(struct MHD_Connection *connection)
{
	return header_accepts(header_get(connection, "Accept-Encoding"), "gzip");
}
