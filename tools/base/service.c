/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/service.h"

#include "base/meter.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PERIOD_NS  INT64_C(1000000000)
#define EXTEND_US  60000000
#define NAME_BYTES 64

void service_start(struct service *service)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path ? strlen(path) : 0;
	int fd;

	*service = (struct service){.fd = -1, .told_ns = -PERIOD_NS};
	if (length < 2 || length >= sizeof(address.sun_path) || !strchr("/@", *path))
		return;
	memcpy(address.sun_path, path, length);
	if (*path == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	length += offsetof(struct sockaddr_un, sun_path);
	if (connect(fd, (struct sockaddr *)&address, (socklen_t)length) == 0)
		service->fd = fd;
	else
		close(fd);
}

/* "job: 45%  1.2 GiB/2.0 GiB, 12s left" */
static int compose(const struct headway_snapshot *s, char *text, size_t size)
{
	struct headway_estimate estimate = {.size = sizeof(estimate)};
	char percent[METER_TEXT] = "", amount[METER_TEXT] = "running", left[METER_TEXT];

	(void)headway_estimate(s, &estimate);
	if (s->total)
		meter_percent((double)s->done / (double)s->total, percent);
	if (s->done || s->total)
		meter_amount(s->done, s->total, s->unit, amount);
	meter_seconds(estimate.eta_seconds, left);
	return snprintf(text, size, "STATUS=%.*s: %s%s%s%s%s", NAME_BYTES, s->name, percent,
			*percent ? "  " : "", amount, estimate.eta_seconds >= 0 ? ", " : "",
			estimate.eta_seconds >= 0 ? strcat(left, " left") : "");
}

void service_tell(struct service *service, const struct headway_snapshot *s, int64_t now_ns)
{
	char text[1024];
	int length;

	if (service->fd < 0 || !s || now_ns - service->told_ns < PERIOD_NS)
		return;
	length = compose(s, text, sizeof(text) - 64);
	if (length < 0 || length >= (int)sizeof(text) - 64)
		return;
	for (char *at = text; (at = strchr(at, '\n'));) /* which would begin another variable */
		*at = ' ';
	if (s->done != service->told_done)
		length += snprintf(text + length, 64, "\nEXTEND_TIMEOUT_USEC=%d", EXTEND_US);
	service->told_done = s->done;
	service->told_ns = now_ns;
	if (send(service->fd, text, (size_t)length, MSG_NOSIGNAL) < 0)
		return; /* the work goes on */
}
