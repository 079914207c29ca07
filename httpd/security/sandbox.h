/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox, entered before the first request: no new privileges, only the needed system calls
 * (seccomp), only the files that are read (Landlock), or written by the process that may. */
#ifndef HTTPD_SANDBOX_H
#define HTTPD_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

/* Operations that the sandbox allows. A mechanism that the kernel lacks is left out, with a warning. */
struct sandbox {
	bool has_arena;
	const char *arena;            /* its folder stays readable; NULL: the default one's */
	bool writes;                  /* the arena, and serves nobody: see canceller.h */
	const char *const *remove_in; /* folders in which a socket file is removed at the end */
	size_t remove_count;
	bool connects;              /* to other hosts: names are looked up, sockets made */
	const char *const *read_in; /* more folders that stay readable */
	size_t read_count;
};

/* Returns 0, or a negative errno. */
int sandbox_enter(const struct sandbox *);

#endif
