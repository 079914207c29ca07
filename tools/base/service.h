/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Progress that the service manager shows: sd_notify's STATUS=, under systemd.  Its protocol is a datagram
 * to the socket that NOTIFY_SOCKET names, which needs no library.
 */
#ifndef TOOLS_SERVICE_H
#define TOOLS_SERVICE_H

#include <headway.h>

struct service {
	int fd; /* below 0: there is no service manager that listens */
	int64_t told_ns;
	uint64_t told_done;
};

/* Connect, where NOTIFY_SOCKET is set. */
void service_start(struct service *service);

/* Tell how far the record is, at most once a second.  While done moves, the time limit of a start or a
 * stop is put off by another minute. */
void service_tell(struct service *service, const struct headway_snapshot *snapshot, int64_t now_ns);

#endif
