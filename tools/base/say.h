/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages on standard error, and errors of standard output. */
#ifndef TOOLS_SAY_H
#define TOOLS_SAY_H

#include <signal.h>

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_TIMEOUT = 124 };

/* Name of the command in all messages from now on. */
void say_command(const char *name);

/* Print the line "headway dump: ...".  say_failed() returns EXIT_FAILED, say_usage() EXIT_USAGE. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
int say_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));
int say_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Flush standard output.  Returns code, or EXIT_FAILED when output was lost; prints a message then,
 * unless the reader closed the pipe. */
int say_done(int code);

/* Flush standard output between two refreshes of a continuing view.  Returns an exit status, or
 * SAY_GONE when the reader closed the pipe, which ends the view and is no failure. */
enum { SAY_GONE = -1 };
int say_flush(void);

/* Wait for a time or a signal, with this signal mask unless NULL.  Returns 1 at once when the reader
 * of standard output has closed the pipe. */
int say_pause(int milliseconds, const sigset_t *mask);

/* Returns memory; exits with a message when it is NULL. */
void *say_memory(void *memory);

#endif
