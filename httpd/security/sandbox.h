/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox, entered before the first request: no new privileges, only the needed system calls
 * (seccomp), only the files that are read (Landlock). */
#ifndef HTTPD_SANDBOX_H
#define HTTPD_SANDBOX_H

#include <stddef.h>

/* Enters the sandbox. remove_in: folders in which a socket file is removed at the end. A mechanism
 * that the kernel lacks is left out, with a warning. Returns 0, or a negative errno. */
int sandbox_enter(const char *const *remove_in, size_t count);

#endif
