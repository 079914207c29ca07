/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Surviving a truncated arena.  Whoever may write the file may also shorten it, and touching what is
 * missing raises SIGBUS.  Between fault_begin() and fault_end() a thread's fault is answered by a
 * page of zeroes mapped over the missing one: the library finds nothing there, returns as it always
 * does, with its locks released, and fault_end() says that the answer is not to be believed.
 */
#ifndef HTTPD_FAULT_H
#define HTTPD_FAULT_H

#include <stdbool.h>

/* Returns 0 or a negative errno. */
int fault_install(void);

void fault_begin(void);
bool fault_end(void); /* true: the arena was not all there */

#endif
