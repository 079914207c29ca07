/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of a test that only root can do.  A program that an ordinary user started runs itself once
 * more as root, where sudo needs no password.
 */
#ifndef TESTS_AS_ROOT_H
#define TESTS_AS_ROOT_H

#include <stdbool.h>

/* The wait status of the process that ran as root; -1: there was none. */
extern int as_root_status;

/* Called first in main(). */
void run_as_root(void);

/* True when root's run failed: to be a failure of this one. */
bool as_root_failed(void);

/* Prints that a part was left out for want of rights, unless root has run it. */
void note_left_out(const char *what);

#endif
