/* SPDX-License-Identifier: BSD-3-Clause */
/* The signals that ask a program to end: SIGINT, SIGTERM, SIGHUP, SIGQUIT. */
#ifndef TOOLS_STOP_H
#define TOOLS_STOP_H

#include <signal.h>

/* Those of them that the caller did not make this program ignore, as nohup and '&' do. */
void stop_signals(sigset_t *set);

/*
 * From now on they are noted, so that what was begun can be ended.  With grace_seconds, the second one
 * ends the program at once, and the first does after so long, for whoever is stuck in a write; 0: never.
 */
void stop_catch(unsigned grace_seconds);

/* As if this signal had come. */
void stop_note(int signal_number);

/* The signal that was noted; 0: none. */
int stop_noted(void);

/* End by this signal as if it had never been caught; returns only when that fails. */
void stop_die_by(int signal_number);

#endif
