/* SPDX-License-Identifier: BSD-3-Clause */
/* The service manager's protocol: passed sockets, "ready", the watchdog. Without a service manager
 * in the environment these functions do nothing. */
#ifndef HTTPD_NOTIFY_H
#define HTTPD_NOTIFY_H

#include <stdint.h>

#define NOTIFY_FIRST_FD 3

/* The number of listening sockets that systemd passed, from descriptor 3 up; 0 without systemd. */
int notify_listen_fds(void);

/* Connects to the service manager; to be called before the sandbox is entered. */
void notify_open(void);

/* Sends "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..." */
void notify_send(const char *state);

/* Milliseconds between two watchdog pings, or 0 if none are expected. */
int64_t notify_watchdog_ms(void);

#endif
