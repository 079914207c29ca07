/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/terminal_progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_NS INT64_C(10000000000)

enum { CLEAR = 0, PERCENT = 1, INDETERMINATE = 3 };

static int is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

/* Windows Terminal, ConEmu, Ghostty, and VTE since 0.80: others, and older ones, take OSC 9 for the text of
 * a notification.  Inside a multiplexer these variables are those of a terminal that does not see what
 * is written. */
static int is_understood(void)
{
	const char *program = getenv("TERM_PROGRAM"), *ansi = getenv("ConEmuANSI");
	const char *vte = getenv("VTE_VERSION");

	if (is_set("TMUX") || is_set("STY"))
		return 0;
	if (is_set("WT_SESSION") || (ansi && !strcmp(ansi, "ON")))
		return 1;
	if (program && !strcmp(program, "ghostty"))
		return 1;
	return vte && atoi(vte) >= 8000;
}

void terminal_progress_start(struct terminal_progress *progress)
{
	*progress = (struct terminal_progress){.percent = -1};
	progress->is_on = isatty(STDERR_FILENO) && is_understood();
}

static void write_state(int state, int percent)
{
	char text[32];
	int length = state == PERCENT
			     ? snprintf(text, sizeof(text), "\033]9;4;%d;%d\033\\", state, percent)
			     : snprintf(text, sizeof(text), "\033]9;4;%d\033\\", state);

	if (write(STDERR_FILENO, text, (size_t)length) < 0)
		return; /* the work goes on */
}

void terminal_progress_show(struct terminal_progress *progress, uint64_t done, uint64_t total,
			    int64_t now_ns)
{
	int percent = total ? (int)(done < total ? 100.0 * (double)done / (double)total : 100) : -1;

	if (!progress->is_on || (progress->is_shown && percent == progress->percent &&
				 now_ns - progress->shown_ns < AGAIN_NS))
		return;
	write_state(total ? PERCENT : INDETERMINATE, percent);
	progress->percent = percent;
	progress->shown_ns = now_ns;
	progress->is_shown = 1;
}

void terminal_progress_clear(struct terminal_progress *progress)
{
	if (progress->is_shown)
		write_state(CLEAR, 0);
	progress->is_shown = 0;
}
