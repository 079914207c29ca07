/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Progress that the terminal itself shows, in its tab or on its icon: OSC 9;4, where standard error is a
 * terminal that understands it.
 */
#ifndef TOOLS_TERMINAL_PROGRESS_H
#define TOOLS_TERMINAL_PROGRESS_H

#include <stdint.h>

struct terminal_progress {
	int is_on;    /* the terminal understands it */
	int is_shown; /* it is to be cleared at the end */
	int percent;  /* last shown; -1: unknown */
	int64_t shown_ns;
};

/* Start when standard error is a terminal that is known to understand it. */
void terminal_progress_start(struct terminal_progress *progress);

/* Show done of total; total 0: that something is going on.  Written when the percentage has changed, and
 * again within 15 seconds, after which terminals may take it away. */
void terminal_progress_show(struct terminal_progress *progress, uint64_t done, uint64_t total,
			    int64_t now_ns);

/* Remove it. */
void terminal_progress_clear(struct terminal_progress *progress);

#endif
