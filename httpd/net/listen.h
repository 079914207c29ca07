/* SPDX-License-Identifier: BSD-3-Clause */
/* The listening sockets: made for --listen, or passed by systemd. */
#ifndef HTTPD_LISTEN_H
#define HTTPD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/option_table.h"

struct listener {
	int fd;
	bool is_unix;
	char *unlink_path; /* removed at the end; NULL: not made by this program */
	char name[160];    /* "http://127.0.0.1:8080/" or "unix:PATH", with the port in use */
	char host[64];     /* numeric address, without port; "" for Unix */
};

/* Make or take over every listener; mode: of Unix sockets.  On failure a line was logged.
 * Returns how many, or -1; -2 when a name could not be understood. */
int listen_all(const struct string_list *names, mode_t mode, struct listener **listeners);

/* Closes the listeners and removes their socket files. */
void listen_close(struct listener *listeners, int count);

#endif
