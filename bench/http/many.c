/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many of something, for bench_http.sh:
 *   many records COUNT          records in $HEADWAY_ARENA, with a few messages each
 *   many changes ID RATE SECONDS     so many additions a second to one record
 *   many followers PORT COUNT SECONDS    event streams, read as fast as they come; prints how many events came
 */
#include <headway.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int die(const char *what)
{
	fprintf(stderr, "many: %s\n", what);
	return 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int records(int count)
{
	static const struct headway_message messages[] = {
		{"Step", "3/7"},
		{"Query", "select id, size from parts where kind = 4"},
		{"Stage", "3 of 7: sort the parts"}};
	struct headway_spec spec = {.size = sizeof spec, .flags = HEADWAY_DETACHED, .total = 100};
	struct headway_arena *arena;
	struct headway_record *record;
	int error = headway_open(NULL, NULL, &arena);

	for (int i = 0; i < count && !error; i++) {
		error = headway_start(arena, &spec, &record);
		if (!error)
			error = headway_update(record, messages, 3);
		if (!error)
			headway_release(record);
	}
	return error ? die(headway_strerror(error)) : 0;
}

static int changes(const char *text, int rate, double seconds)
{
	struct headway_arena *arena;
	struct headway_record *record;
	struct headway_id id;
	int error = headway_parse_id(text, &id);
	double end = now() + seconds;

	if (!error)
		error = headway_open(NULL, NULL, &arena);
	if (!error)
		error = headway_resume(arena, &id, &record);
	while (!error && now() < end) {
		error = headway_add(record, 1);
		usleep((useconds_t)(1000000 / rate));
	}
	return error ? die(headway_strerror(error)) : 0;
}

static int follower(int poll, int port)
{
	static const char request[] = "GET /_/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct epoll_event event = {.events = EPOLLIN};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	event.data.fd = fd;
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
	    write(fd, request, sizeof request - 1) != (ssize_t)sizeof request - 1)
		return -1;
	return epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

static int followers(int port, int count, double seconds)
{
	struct rlimit files = {(rlim_t)count + 64, (rlim_t)count + 64};
	int poll = epoll_create1(EPOLL_CLOEXEC), closed = 0;
	unsigned long events = 0;
	double end;

	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < count; i++)
		if (follower(poll, port) != 0)
			return die("cannot connect");
	printf("up\n");
	fflush(stdout);
	for (end = now() + seconds; now() < end;) {
		struct epoll_event ready[64];
		int n = epoll_wait(poll, ready, 64, 100);

		for (int i = 0; i < n; i++) {
			char text[16385];
			ssize_t got = read(ready[i].data.fd, text, sizeof text - 1);

			closed += got <= 0;
			text[got > 0 ? got : 0] = '\0';
			for (char *at = text; (at = strstr(at, "event: progress")); at++)
				events++;
		}
		if (closed)
			return die("a stream was closed");
	}
	printf("%lu\n", events);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "records"))
		return records(atoi(argv[2]));
	if (argc == 5 && !strcmp(argv[1], "changes"))
		return changes(argv[2], atoi(argv[3]), atof(argv[4]));
	if (argc == 5 && !strcmp(argv[1], "followers"))
		return followers(atoi(argv[2]), atoi(argv[3]), atof(argv[4]));
	return die("usage: see the head of many.c");
}
