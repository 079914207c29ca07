/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/notify.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/parse.h"

static int notify_fd = -1;

/* True if this variable contains this process's id. The environment may be inherited from another
 * process. */
static bool is_for_us(const char *variable)
{
	const char *text = getenv(variable);
	uint64_t pid;

	return text && parse_number(text, 1, INT32_MAX, &pid) && (pid_t)pid == getpid();
}

int notify_listen_fds(void)
{
	const char *text = getenv("LISTEN_FDS");
	uint64_t count = 0;

	if (!text || !is_for_us("LISTEN_PID") || !parse_number(text, 1, 64, &count))
		return 0;
	for (int i = 0; i < (int)count; i++) {
		int fd = NOTIFY_FIRST_FD + i;

		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	}
	return (int)count;
}

void notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = path ? strlen(path) : 0;

	if (length < 2 || length >= sizeof(address.sun_path) || !strchr("/@", path[0]))
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify_fd < 0)
		return;
	length += offsetof(struct sockaddr_un, sun_path);
	if (connect(notify_fd, (struct sockaddr *)&address, (socklen_t)length) != 0) {
		close(notify_fd);
		notify_fd = -1;
	}
}

void notify_send(const char *state)
{
	if (notify_fd >= 0)
		send(notify_fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT);
}

int64_t notify_watchdog_ms(void)
{
	const char *text = getenv("WATCHDOG_USEC");
	uint64_t usec;

	if (notify_fd < 0 || !text || !parse_number(text, 1000, INT64_MAX, &usec))
		return 0;
	if (getenv("WATCHDOG_PID") && !is_for_us("WATCHDOG_PID"))
		return 0;
	return (int64_t)(usec / 1000 / 3) + 1;
}
