/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals that end a program: SIGINT, SIGTERM, SIGHUP, SIGQUIT; and SIGPIPE. */
#ifndef TOOLS_STOP_H
#define TOOLS_STOP_H

#include <signal.h>

/* Ignore SIGPIPE, so that writes fail with EPIPE; called once at the start. */
void stop_ignore_sigpipe(void);

/* True if SIGPIPE was ignored before that. */
int stop_sigpipe_was_ignored(void);

/* Restore the original SIGPIPE disposition, before exec. */
void stop_restore_sigpipe(void);

/* The stop signals, without those that were ignored when the program started (as under nohup, or
 * with '&'). */
void stop_signals(sigset_t *set);

/*
 * Catch the stop signals and remember the last one.  With grace_seconds, a second signal ends the
 * program at once, and so does the first one when the program still runs after that time, for
 * example because it blocks in a write.  0: no such limit.
 */
void stop_catch(unsigned grace_seconds);

/* Act as if this signal had been caught. */
void stop_request(int signal_number);

/* The signal that was caught; 0: none. */
int stop_requested(void);

/* Waits for a time or a stop signal; an earlier stop signal returns at once. Returns 1 if the
 * reader of standard output has closed the pipe. */
int stop_wait(int milliseconds);

/* End the process by this signal, with its default action.  Returns only when that fails. */
void stop_die_by(int signal_number);

#endif
