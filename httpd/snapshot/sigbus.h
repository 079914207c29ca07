/* SPDX-License-Identifier: BSD-3-Clause */
/* A guard against a truncated arena. A process that may write the file may also truncate it, and an
 * access to a missing page raises SIGBUS. Between sigbus_guard_begin() and sigbus_guard_end() the
 * signal handler maps a page of zeros over the missing one: the library reads zeros, returns
 * normally with its locks released, and sigbus_guard_end() reports that the result is invalid. */
#ifndef HTTPD_SIGBUS_H
#define HTTPD_SIGBUS_H

#include <stdbool.h>

/* Returns 0 or a negative errno. */
int sigbus_install(void);

void sigbus_guard_begin(void);
bool sigbus_guard_end(void); /* true: a page was missing */

#endif
