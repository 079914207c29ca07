/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer/query.h"

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

bool header_wait(struct request *request, int64_t *ns)
{
	const char *prefer = header_get(request, "Prefer");
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

/* The weight in "; q=0.5" among an item's parameters, in thousandths; 1000 without it. */
static int quality_of(const char *parameters, size_t length)
{
	const char *end = parameters + length, *at = memchr(parameters, ';', length);
	int quality = 0, unit = 1000;

	for (; at; at = memchr(at, ';', (size_t)(end - at))) {
		do
			at++;
		while (at < end && (*at == ' ' || *at == '\t'));
		if (end - at >= 3 && (*at == 'q' || *at == 'Q') && at[1] == '=')
			break;
	}
	if (!at)
		return 1000;
	for (at += 2; at < end && unit > 0; at++) {
		if (*at >= '0' && *at <= '9')
			quality += (*at - '0') * unit, unit /= 10;
		else if (*at != '.')
			break;
	}
	return quality > 1000 ? 1000 : quality;
}

/* Returns 3 for the name itself, 2 for "type/ *", 1 for "*" or "* / *", 0 for anything else. */
static int specificity(const char *item, size_t length, const char *wanted)
{
	const char *slash = strchr(wanted, '/');
	size_t type = slash ? (size_t)(slash - wanted) + 1 : 0;

	if (length == strlen(wanted) && strncasecmp(item, wanted, length) == 0)
		return 3;
	if (type && length == type + 1 && item[type] == '*' && strncasecmp(item, wanted, type) == 0)
		return 2;
	return (length == 1 && *item == '*') || (length == 3 && strncmp(item, "*/*", 3) == 0);
}

/* The highest weight of the most specific matching items; -1: none matches. */
static int quality_in(const char *list, const char *wanted, int least_specific)
{
	int found = least_specific, best = -1;

	while (list && *list) {
		size_t item, name;
		int specific, quality;

		list += strspn(list, " \t,");
		item = strcspn(list, ",");
		name = strcspn(list, ",; \t");
		specific = name ? specificity(list, name, wanted) : 0;
		quality = specific >= found && specific ? quality_of(list + name, item - name) : -1;
		if (specific > found || (specific == found && quality > best))
			best = quality, found = specific;
		list += item;
	}
	return best;
}

bool header_prefers(const char *list, const char *wanted, const char *otherwise)
{
	int quality = quality_in(list, wanted, 3);

	return quality > 0 && quality >= quality_in(list, otherwise, 1);
}

bool header_accepts_gzip(struct request *request)
{
	const char *list = header_get(request, "Accept-Encoding");
	int quality = quality_in(list, "gzip", 1);

	return quality > 0 && quality >= quality_in(list, "identity", 3);
}

unsigned query_statuses(const char *text)
{
	static const char *const names[] = {"Running", "Finished", "Error", "Lost"};
	unsigned bits = 0;

	while (*text) {
		size_t length = strcspn(text, ",");
		unsigned bit = 0;

		for (int i = 0; i < 4; i++) {
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
