/* SPDX-License-Identifier: BSD-3-Clause */
/* Talk on standard error, and the end of standard output. */
#ifndef TOOLS_SAY_H
#define TOOLS_SAY_H

#include <signal.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_TIMEOUT = 124 };

/* "dump": what messages are about from now on. */
void say_command(const char *name);

/* One line "headway dump: ..."; say_failed() and say_usage() return the exit code that fits. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flush standard output.  Returns code; EXIT_FAILED when what was written got lost, after a message
 * unless the reader just went away. */
int say_done(int code);

/* The same between two pictures of a view that goes on: SAY_GONE when its reader went away, which
 * ends a view and is no failure. */
enum { SAY_GONE = -1 };
int say_shown(void);

/* Wait for so long, or for a signal, with this mask of signals unless NULL.  Returns 1 as soon as nobody
 * reads standard output any more. */
int say_pause(int milliseconds, const sigset_t *mask);

/* For what cannot go on without memory. */
void *say_memory(void *memory);

#endif
