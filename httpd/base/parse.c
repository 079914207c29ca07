/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *number >= least && *number <= most;
}

bool parse_duration(const char *text, int64_t *ns)
{
	unsigned long long number;
	int64_t unit = SECOND_NS;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	number = strtoull(text, &end, 10);
	if (strcmp(end, "ms") == 0)
		unit = MILLISECOND_NS;
	else if (strcmp(end, "m") == 0)
		unit = 60 * SECOND_NS;
	else if (*end && strcmp(end, "s") != 0)
		return false;
	if (number > 1000000)
		number = 1000000; /* cut to --max-wait anyway */
	*ns = (int64_t)number * unit;
	return true;
}
