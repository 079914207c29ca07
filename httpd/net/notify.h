/* SPDX-License-Identifier: BSD-3-Clause */
/* The service manager's protocol: sockets handed over, "ready", the watchdog.  All of it does
 * nothing when the environment does not name a service manager. */
#ifndef HTTPD_NOTIFY_H
#define HTTPD_NOTIFY_H

#include <stdint.h>

#define NOTIFY_FIRST_FD 3

/* The number of listening sockets that systemd passed, from descriptor 3 up; 0 without systemd. */
int notify_listen_fds(void);

/* Connect to the service manager; to be called before the process is confined. */
void notify_open(void);

/* "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..." */
void notify_send(const char *state);

/* Milliseconds between two watchdog pings, or 0 when none are expected. */
int64_t notify_watchdog_ms(void);

#endif
