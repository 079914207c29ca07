/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the part of a test that needs root. If an ordinary user started the program and sudo needs
 * no password, the program runs itself a second time as root. */
#ifndef TESTS_AS_ROOT_H
#define TESTS_AS_ROOT_H

#include <stdbool.h>

/* wait status of the run as root; -1: there was none */
extern int as_root_status;

/* To be called first in main(). */
void run_as_root(void);

/* True if the run as root failed; then this run has to fail too. */
bool as_root_failed(void);

/* Prints that a part was left out for lack of rights, unless the run as root did it. */
void note_left_out(const char *what);

#endif
