/* SPDX-License-Identifier: BSD-3-Clause */
#include "net/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "net/notify.h"

enum { BACKLOG = 4096, UNSENT_BYTES = 256 * 1024 };

/* Stores the bound address: the kernel chose a port if 0 was given. */
static void name_inet(struct listener *l)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char port[16] = "?";

	snprintf(l->host, sizeof(l->host), "?");
	if (getsockname(l->fd, (struct sockaddr *)&address, &length) == 0)
		getnameinfo((struct sockaddr *)&address, length, l->host, sizeof(l->host), port,
			    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(l->name, sizeof(l->name),
		 strchr(l->host, ':') ? "http://[%s]:%s/" : "http://%s:%s/", l->host, port);
}

static int bind_inet(const struct addrinfo *ai)
{
	int on = 1, unsent = UNSENT_BYTES, saved;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Inherited by accepted sockets: limits how much of an answer to a slow client the kernel
	 * buffers. */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Splits "HOST:PORT" or "[HOST]:PORT". The host must not be empty, which would mean all
 * addresses. */
static bool split_inet(const char *spec, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(spec, ':');
	size_t length = colon ? (size_t)(colon - spec) : 0;
	uint64_t number;

	if (length > 2 && spec[0] == '[' && spec[length - 1] == ']') {
		spec++;
		length -= 2;
	} else if (memchr(spec, ':', length)) {
		return false; /* an IPv6 address without brackets */
	}
	if (length == 0 || length >= size)
		return false;
	memcpy(host, spec, length);
	host[length] = '\0';
	*port = colon + 1;
	return parse_number(*port, 0, 65535, &number);
}

static int open_inet(const char *spec, struct listener *l)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list;
	char host[256];
	const char *port;
	int rc;

	if (!split_inet(spec, host, sizeof(host), &port)) {
		log_line("--listen: '%s' is not HOST:PORT, [IPV6]:PORT or unix:PATH", spec);
		return -2;
	}
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0) {
		log_line("--listen: no address for '%s': %s", host, gai_strerror(rc));
		return -1;
	}
	l->fd = bind_inet(list);
	if (l->fd < 0)
		log_line("cannot listen on %s: %s", spec, strerror(errno));
	freeaddrinfo(list);
	if (l->fd < 0)
		return -1;
	name_inet(l);
	return 0;
}

/* Removes the socket file of a program that has ended; leaves a socket in use and other files
 * alone. */
static bool clear_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, rc;

	if (lstat(address->sun_path, &st) != 0)
		return true;
	if (!S_ISSOCK(st.st_mode)) {
		log_line("cannot listen on unix:%s: there is a file that is not a socket",
			 address->sun_path);
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	if (rc != 0 && errno == ECONNREFUSED)
		rc = unlink(address->sun_path) == 0 ? 1 : -1;
	close(fd);
	if (rc == 1)
		return true;
	log_line("cannot listen on unix:%s: another program listens there", address->sun_path);
	return false;
}

/* The umask prevents other users from connecting before chmod(). */
static int bind_unix(const struct sockaddr_un *address, mode_t mode)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t old = umask(0777);
	int rc = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)address, sizeof(*address));

	umask(old);
	if (rc == 0)
		rc = listen(fd, BACKLOG);
	if (rc == 0)
		rc = chmod(address->sun_path, mode);
	if (rc == 0)
		return fd;
	log_line("cannot listen on unix:%s: %s", address->sun_path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_unix(const char *path, mode_t mode, struct listener *l)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (*path == '\0' || strlen(path) >= sizeof(address.sun_path)) {
		log_line("--listen: the path of a Unix socket has 1 to %zu bytes: '%s'",
			 sizeof(address.sun_path) - 1, path);
		return -2;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (!clear_stale(&address))
		return -1;
	l->fd = bind_unix(&address, mode);
	if (l->fd < 0)
		return -1;
	l->is_unix = true;
	l->unlink_path = realpath(path, NULL);
	snprintf(l->name, sizeof(l->name), "unix:%s", path);
	return 0;
}

static int adopt(int fd, struct listener *l)
{
	struct sockaddr_un address;
	socklen_t length = sizeof(address);
	int listening = 0;
	socklen_t size = sizeof(listening);

	l->fd = fd;
	if (getsockname(fd, (struct sockaddr *)&address, &length) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening) {
		log_line("descriptor %d from systemd is not a listening socket", fd);
		return -1;
	}
	l->is_unix = address.sun_family == AF_UNIX;
	if (l->is_unix)
		snprintf(l->name, sizeof(l->name), "unix:%.*s",
			 (int)(length - offsetof(struct sockaddr_un, sun_path)), address.sun_path);
	else
		name_inet(l);
	return 0;
}

int listen_all(const struct string_list *names, mode_t mode, struct listener **listeners)
{
	int adopted = notify_listen_fds();
	int count = adopted > 0 ? adopted : (int)names->count;
	struct listener *list = calloc((size_t)count, sizeof(*list));

	if (!list) {
		log_line("out of memory");
		return -1;
	}
	for (int i = 0; i < count; i++) {
		const char *spec = adopted > 0 ? "" : names->item[i];
		int rc = adopted > 0                      ? adopt(NOTIFY_FIRST_FD + i, &list[i])
			 : strncmp(spec, "unix:", 5) == 0 ? open_unix(spec + 5, mode, &list[i])
							  : open_inet(spec, &list[i]);

		if (rc != 0) {
			listen_close(list, i);
			return rc;
		}
	}
	*listeners = list;
	return count;
}

void listen_close(struct listener *listeners, int count)
{
	for (int i = 0; i < count; i++) {
		if (listeners[i].fd >= 0)
			close(listeners[i].fd);
		if (listeners[i].unlink_path)
			unlink(listeners[i].unlink_path);
		free(listeners[i].unlink_path);
	}
	free(listeners);
}
