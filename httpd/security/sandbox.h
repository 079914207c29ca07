/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the process gives up before it serves anybody: new privileges, system calls that it has no use
 * for (seccomp), and all files but those it reads (Landlock).
 */
#ifndef HTTPD_SANDBOX_H
#define HTTPD_SANDBOX_H

#include <stddef.h>

/* Paths: folders that stay readable.  remove_in: folders in which a socket file is removed at the end.
 * What the kernel cannot do is left out, with a line.  Returns 0, or a negative errno. */
int sandbox_enter(const char *const *remove_in, size_t count);

#endif
