/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of headway-relay. */
#ifndef RELAY_OPTIONS_H
#define RELAY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "shared/link.h"

struct relay_options {
	const char *arena; /* NULL: $HEADWAY_ARENA or /headway */
	struct link_options link;
	const char *host; /* never NULL after relay_options_parse() */
	const char *bucket;
	int64_t period_ns, age_ns;
	uint32_t replicas, window;
	const char *listen; /* NULL: do not listen */
	bool no_sandbox;
};

extern struct relay_options relay_options;

/* Returns -1 to go on, else the exit status. */
int relay_options_parse(int argc, char **argv);

#endif
